// From a file, or an entry in YAML, to a Node: template compiled and rendered once with execute = false, configuration
// merged, names made. What it depends on is known by name only; resolve.h finds the nodes. Thread-safe: one parser
// serves all threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "project/generic_tests.h"
#include "project/host.h"
#include "project/project_file.h"
#include "project/schema_yaml.h"

namespace weir::project {

struct ParsedNode {
  Node node;
  std::vector<RefCall> refs;
  std::vector<SourceCall> sources;
  std::vector<RefCall> functions;
  std::shared_ptr<const tmpl::Template> file;  // of nodes with SQL
  std::vector<Error> errors;                   // mistakes beside which parsing went on
  std::vector<Diagnostic> warnings;            // likewise
  LogLines logged;                             // log(..., info=true), exceptions.warn
  bool of_this_call = false;  // what it is may differ in another call: it looked at the clock and the like
};

// Each in a place of its own: a node is large, and goes from one list to another.
using ParsedNodes = std::vector<std::shared_ptr<ParsedNode>>;

class NodeParser {
 public:
  NodeParser(const Rendering& rendering, const std::vector<ProjectFile>& packages)
      : rendering_(rendering), packages_(packages) {}

  // A model, analysis, function or singular test. `patch` may be null; `version` is one of its versions, or null.
  ParsedNode sql_file(const SourceFile& file, ResourceType type, std::string text, const Patch* patch,
                      const Patch::Version* version = nullptr) const;
  ParsedNode seed(const SourceFile& file, const std::string& text, const Patch* patch) const;
  // Each {% snapshot %} block of a file.
  std::vector<ParsedNode> snapshots(const SourceFile& file, const std::vector<const Patch*>& patches) const;
  ParsedNode yaml_snapshot(const Patch& patch) const;
  ParsedNode source(const SourceTable& table) const;
  ParsedNode generic_test(const TestEntry& entry, const TestTarget& target, const SourceFile& file) const;
  // `model` is the version that is tested. Rows that are not given are those of one of `seeds`.
  ParsedNode unit_test(const UnitTestEntry& entry, const Node& model, const std::vector<const Node*>& seeds,
                       const SourceFiles& files) const;

 private:
  std::string seed_text(const std::string& input, const Span& span, const std::string& package,
                        const std::vector<const Node*>& seeds, const SourceFiles& files) const;
  ParsedNode begin(const SourceFile& file, ResourceType type, const std::string& name) const;
  void apply_patch(Node& node, const Patch* patch) const;
  static void apply_version(Node& node, const Patch& patch, const Patch::Version& version);
  void render(ParsedNode& parsed, Capture& capture, const Json& patch_config) const;
  void finish(ParsedNode& parsed, Capture& capture, const Json& own, const Json& called) const;
  Json merged_config(const Node& node, const Json& patch, const Json& called) const;
  Json unrendered_config(const Node& node, const Json& patch, const Json& called) const;
  const Json& tree(const ProjectFile& project, ResourceType type) const;
  const ProjectFile& project_of(const Node& node) const;
  void make_names(ParsedNode& parsed) const;
  void render_beside(ParsedNode& parsed, const std::string& text, const std::string& label, Capture& capture) const;
  void render_hooks(ParsedNode& parsed, Capture& capture) const;
  void render_foreign_keys(ParsedNode& parsed, Capture& capture) const;
  void record(ParsedNode& parsed, Capture& capture) const;
  void take_text(ParsedNode& parsed, std::string text) const;
  std::string naming_macro(const std::string& macro, ParsedNode& parsed, const std::optional<std::string>& custom,
                           std::string otherwise) const;

  const Rendering& rendering_;
  const std::vector<ProjectFile>& packages_;
};

}  // namespace weir::project
