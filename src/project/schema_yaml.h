// Properties files: what YAML beside models, seeds and sources says of them. As written, but with the Jinja in
// everything except tests and descriptions rendered; nodes are made of it elsewhere.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "project/node.h"
#include "project/source_files.h"
#include "project/yaml_values.h"

namespace weir::project {

// An entry of `data_tests:` (or `tests:`).
struct TestEntry {
  Yaml yaml;
  std::string column;  // "" = of the whole table
  bool quote = false;  // the column's name is to be quoted
  std::vector<std::string> tags;
};

// What is said of one model, seed, snapshot, analysis or function.
struct Patch {
  std::string kind;  // "models", "seeds", "snapshots", "analyses", "functions", "data_tests" (those that are files)
  std::string name, description;
  Json config = Json::object(), written_config = Json::object();  // rendered, and as written
  std::vector<Column> columns;
  std::vector<TestEntry> tests;
  std::string relation;  // snapshots in YAML: "ref('x')"
  SourceFile file;
  Span span, config_span;
  Json described = Json::object();  // see Node::described
  struct Version {
    std::string version, defined_in;  // defined_in: the file's stem; "" = <name>_v<version>, or <name> of the latest
    std::string description;
    Json config = Json::object(), written_config = Json::object();
    std::vector<Column> columns;
    std::vector<TestEntry> tests;
  };
  std::vector<Version> versions;
  std::string latest_version;
};

struct SourceTable {
  std::string source, name, schema, database, identifier, description;
  Json config = Json::object(), written_config = Json::object();  // the block's and the table's, merged
  bool enabled = true;
  std::vector<Column> columns;
  std::vector<TestEntry> tests;
  SourceFile file;
  Span span, config_span;
  std::map<std::string, Span> ingest_spans;  // of the keys below meta.weir.ingest, dotted; "" = of `ingest` itself
  Json described = Json::object();           // see Node::described
};

// An entry of `unit_tests:`, not understood yet (unit_tests.h).
struct UnitTestEntry {
  Yaml yaml;
  std::string name, model, description;
  Json config = Json::object();
  SourceFile file;
};

// What `macros:` says of one.
struct MacroPatch {
  std::string name, file;
  Json described = Json::object();  // see Macro::described
  Span span;
  std::vector<Span> argument_spans;
};

struct SchemaFile {
  std::vector<Patch> patches;
  std::vector<SourceTable> sources;
  std::vector<UnitTestEntry> unit_tests;
  std::vector<Declared> declared;
  std::vector<MacroPatch> macros;
};

class SourceOverrides;

// Mistakes are added to `errors` and the entry is left out; the rest of the file is read. `overrides`: what others say
// of the file's sources; nullptr: nothing.
SchemaFile read_schema_file(const std::string& text, const SourceFile& file, const YamlValues& values,
                            std::vector<Error>& errors, std::vector<Diagnostic>& warnings,
                            const SourceOverrides* overrides = nullptr);

}  // namespace weir::project
