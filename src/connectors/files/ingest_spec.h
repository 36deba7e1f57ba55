// What `config.meta.weir.ingest` of a source table says.
//
//   files: data/*.csv.gz            one glob or a list; `**` crosses folders; relative to the project, absolute, ~/… or
//                                   URIs of one store (docs/stores.md): s3://bucket/in/*.csv
//   base: data                      what _file is relative to; default: the project's folder if all patterns lie in it,
//                                   else the deepest folder (of the store) that holds them all
//   format: csv                     csv | parquet | {type: csv, delimiter: ';', header: true, null_texts: ['', NA], …};
//                                   default: by the files' names. What is not given of a dialect is inferred and pinned
//   columns: {id: bigint, …}        declared types, or a list of {name, data_type, timestamp_format}; columns of the
//                                   source table with a data_type count too; others are inferred and pinned
//   hive_partitions: true           folders key=value become columns
//   write_disposition: append       append | replace | merge (by primary_key)
//   primary_key: id                 one name or a list
//   schema_contract: evolve         evolve | freeze, or {columns: …, data_type: …} as dlt has it
//   on_changed_file: error          error | reload | append
//   quarantine: {max_ratio: 0.01}
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/options.h"
#include "engine/file_scan.h"
#include "project/project.h"

namespace weir::files {

enum class WriteDisposition { append, replace, merge };
enum class OnChangedFile { error, reload, append };
enum class Contract { evolve, freeze };

struct DeclaredColumn {
  std::string name, type;
  std::optional<std::string> timestamp_format;
};

struct IngestSpec {
  std::string asset;                  // for messages
  Span span;                          // of the ingest mapping
  std::filesystem::path project_dir;  // patterns are relative to it
  std::vector<std::string> excluded;  // weir's own folders (the lake), absolute paths or URIs: never looked into
  std::vector<std::string> patterns;
  std::optional<std::string> base;
  std::optional<engine::FileFormat> format;  // nullopt: by the files' names
  engine::Compression compression = engine::Compression::detect;
  Json dialect = Json::object();  // what was declared of the CSV dialect, by the names of CsvDialect
  bool hive_partitions = true;
  std::vector<DeclaredColumn> columns;
  WriteDisposition disposition = WriteDisposition::append;
  std::vector<std::string> primary_key;
  Contract columns_contract = Contract::evolve, data_type_contract = Contract::evolve;
  OnChangedFile on_changed_file = OnChangedFile::error;
  double max_ratio = 0.01;  // quarantined / (loaded + quarantined) rows of one attempt
  const DeclaredColumn* declared(const std::string& column) const;  // case-insensitive
};

// `ingest` is the mapping; `declared` the columns of the source table in dbt's YAML that carry a data_type
// (ingest.columns win). Throws Error{unknown_option | bad_option_value} with "did you mean", at the key of `key_spans`
// (dotted names) that is to blame, else at `span`.
IngestSpec read_ingest_spec(const Json& ingest, const std::vector<DeclaredColumn>& declared, std::string asset,
                            const std::filesystem::path& project_dir, const Span& span,
                            const std::map<std::string, Span>& key_spans = {});
// The same of a source node, with the project's lake excluded.
IngestSpec ingest_spec_of(const project::Project& project, const project::Node& source);
std::vector<OptionSpec> ingest_options();  // for the reference page and `weir config show`

// Declared types as data, in the order of the declaration: {"id":"bigint",…}. Part of the pin.
Json declared_types(const IngestSpec& spec);

// A dialect with what was declared laid over `inferred`.
engine::CsvDialect dialect_of(const Json& declared, engine::CsvDialect inferred);
Json to_json(const engine::CsvDialect& dialect);
engine::CsvDialect dialect_from_json(const Json& json);  // absent members keep their default

}  // namespace weir::files
