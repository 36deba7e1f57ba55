#include "plan/validate.h"

#include "base/text.h"
#include "checks/check.h"
#include "connectors/files/ingest_spec.h"

namespace weir::plan {

using project::Node;
using project::Project;

namespace {

std::vector<std::string> test_names(const Project& project) {
  std::vector<std::string> out = checks::built_in_names();
  for (const project::Macro& macro : project.macros)
    if (macro.name.starts_with("test_"))
      out.push_back((macro.package == project.name ? "" : macro.package + ".") + macro.name.substr(5));
  return out;
}

}  // namespace

void check_test(const Project& project, const Node& node) {
  const project::TestInfo& test = *node.test;
  const std::string as = node.config->all.get_string("store_failures_as").value_or("table");
  if (as != "table" && as != "view" && as != "ephemeral")
    throw Error(ErrorCode::bad_config, "store_failures_as may be table, view or ephemeral, not \"" + as + "\"")
        .with_span(node.span);
  if (test.singular() || !test.macro.empty()) return;
  if (!checks::is_built_in(test.kind))
    throw Error(ErrorCode::unknown_test,
                "there is no test \"" + test.kind + "\"" + did_you_mean(test.kind, test_names(project)))
        .with_span(node.span);
  checks::built_in_check(test.kind, test.args, test.column, node.span);
}

std::vector<Error> validate(const Project& project, const std::vector<const Node*>& nodes) {
  std::vector<Error> out;
  for (const Node* node : nodes) try {
      if (node->test) check_test(project, *node);
      if (node->ingest) files::ingest_spec_of(project, *node);
    } catch (Error& error) {
      if (!error.span() || !error.span()->known()) error.with_span(node->ingest ? node->ingest->span : node->span);
      out.push_back(std::move(error.add_context(node->unique_id)));
    }
  return out;
}

std::vector<Error> validate(const Project& project) {
  std::vector<const Node*> all;
  for (const Node& node : project.nodes) all.push_back(&node);
  return validate(project, all);
}

}  // namespace weir::plan
