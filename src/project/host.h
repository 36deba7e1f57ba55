// One rendering's answers to a template: dbt's context. Three modes:
//   yaml   values of YAML files: target, var, env_var, no nodes
//   parse  execute = false: ref, source, config, var are recorded into a Capture; the graph is not known yet
//   final  execute = true: ref and source give relations, is_incremental and queries answer truly
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "project/log_line.h"
#include "project/node.h"
#include "project/render.h"
#include "project/rendering.h"
#include "template/evaluation.h"
#include "template/host.h"

namespace weir::project {

enum class RenderMode { yaml, parse, final };

struct UnitInputs;  // unit_tests.h

struct RefCall {
  Ref ref;
  Span span;
};
struct SourceCall {
  std::string source, table;
  Span span;
};

// What a rendering read and said.
struct Capture {
  std::vector<RefCall> refs;  // in order of first use, each once
  std::vector<Ref> each_ref;  // as often as it was asked for
  std::vector<SourceCall> sources;
  std::vector<std::pair<std::string, std::string>> each_source;
  std::vector<RefCall> functions;
  std::vector<std::string> metrics;  // names, in order of first use
  Json config = Json::object();      // merged config() calls
  Span config_span;                  // of the last one
  std::map<std::string, Json> vars;
  std::map<std::string, std::string> env;
  std::set<const MacroEntry*> macros;
  std::vector<std::string> called;  // dbt's ids of those that no other macro has called, in order of their first call
  bool queries = false, clock = false;
  LogLines logged;  // log(..., info=true), exceptions.warn
  void add_ref(RefCall call);
  void add_called(std::string id);
  void add_source(SourceCall call);
  void add_function(RefCall call);
  bool looks_at_the_call() const;  // what it gives may be something else in the next call of weir
};

class ProjectHost final : public tmpl::Host {
 public:
  ProjectHost(const Rendering& rendering, RenderMode mode, std::string package)
      : rendering(rendering), mode(mode), package(std::move(package)) {}

  std::optional<tmpl::Value> lookup(tmpl::Evaluation& evaluation, std::string_view name) override;
  void macro_entered(const tmpl::Template& file, std::string_view macro, bool nested) override;
  // Not where a package is missing: what it brings is what is undefined then.
  bool undefined_is_callable() const override { return mode == RenderMode::parse && rendering.has_declared_packages(); }

  const Rendering& rendering;
  const RenderMode mode;
  const std::string package;           // whose names are seen first
  const Node* node = nullptr;          // what is rendered; null for project-level texts
  Capture* capture = nullptr;          // may be null
  const Project* project = nullptr;    // final
  const RenderState* state = nullptr;  // final
  Rendered* rendered = nullptr;        // final: log lines, CTEs
  bool needs_vars = false;             // a variable that is not set is an error in `parse` too
  // yaml: gets the names of secret environment variables that were asked for. Templates see placeholders of them.
  std::set<std::string>* secrets = nullptr;
  int vars_open = 0;                  // variables that are templates, being rendered one for another
  bool is_hook = false;               // ref() may go where the node does not depend on
  const tmpl::Dict* extra = nullptr;  // further names, e.g. a test's arguments
  const UnitInputs* unit = nullptr;   // final, of a unit test: what stands for the inputs of `node`

  // Results kept by store_result / statement.
  std::map<std::string, tmpl::Value> results;
};

// The host of an evaluation started by this folder. Throws Error{internal} for any other.
ProjectHost& host_of(tmpl::Evaluation& evaluation);

// The lake behind a final rendering. Throws Error{needs_warehouse} naming `what` if there is none.
Warehouse& warehouse_of(tmpl::Evaluation& evaluation, std::string_view what);

}  // namespace weir::project
