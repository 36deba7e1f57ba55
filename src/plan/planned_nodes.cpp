// Which nodes a verb takes, what kind of step each is, and what is wrong with them before anything runs.
#include "base/text.h"
#include "plan/plan.h"
#include "plan/validate.h"

namespace weir::plan {

using project::Node;
using project::Project;
using project::ResourceType;

bool in_verb(Verb verb, const Node& node) {
  if (node.sql && trim(node.raw).empty()) return false;  // an empty file is no model, as in dbt
  switch (verb) {
    case Verb::build:
      return node.type == ResourceType::model || node.type == ResourceType::seed ||
             node.type == ResourceType::snapshot || node.type == ResourceType::test ||
             node.type == ResourceType::unit_test || node.is_function() ||
             (node.type == ResourceType::source && node.ingest);
    case Verb::run:
      return node.type == ResourceType::model;
    case Verb::test:
      return node.type == ResourceType::test || node.type == ResourceType::unit_test;
    case Verb::seed:
      return node.type == ResourceType::seed;
    case Verb::snapshot:
      return node.type == ResourceType::snapshot;
    case Verb::ingest:
      return (node.type == ResourceType::source && node.ingest) || node.type == ResourceType::test;
    case Verb::compile:
      return node.sql || node.python;
  }
  return false;
}

StepKind kind_of(const Node& node) {
  if (node.type == ResourceType::source) return StepKind::ingest;
  if (node.type == ResourceType::seed) return StepKind::seed;
  if (node.type == ResourceType::test) return StepKind::test;
  if (node.type == ResourceType::unit_test) return StepKind::unit_test;
  if (node.type == ResourceType::snapshot) return StepKind::snapshot;
  if (node.is_ephemeral() || node.type == ResourceType::analysis) return StepKind::ephemeral;
  if (node.is_view()) return StepKind::view;
  if (node.is_function()) return StepKind::function;
  return node.config->materialized == "incremental" ? StepKind::incremental : StepKind::table;
}

void refuse_unsupported(const Project& project, const std::vector<const Node*>& nodes) {
  std::vector<std::string> more;
  const Node* first = nullptr;
  std::string what;
  for (const Node* node : nodes) {
    std::string gap = node->unsupported;
    for (const std::string& id : node->depends_on)
      if (const Node& parent = project.at(id); gap.empty() && parent.type == ResourceType::source)
        gap = parent.unsupported;
    if (gap.empty() || node->test) continue;
    if (first) {
      more.push_back(node->name + " (" + gap + ")");
    } else {
      first = node, what = gap;
    }
  }
  if (!first) return;
  throw Error(ErrorCode::not_built, first->unique_id + " needs what is not supported: " + what)
      .with_span(first->span)
      .with_hint("leave it out with --exclude " + first->name +
                 (more.empty() ? std::string() : "; the same for " + join(more, ", ")));
}

void refuse_invalid(const Project& project, const std::vector<const Node*>& nodes) {
  std::vector<Error> errors = validate(project, nodes);
  if (errors.empty()) return;
  Error first = std::move(errors.front());
  if (errors.size() > 1) {
    const std::string more = std::to_string(errors.size() - 1) + " more errors; `weir parse` shows all";
    first.with_hint(first.hint().empty() ? more : first.hint() + "; " + more);
  }
  throw first;
}

}  // namespace weir::plan
