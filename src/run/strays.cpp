#include "run/strays.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace weir::run {

void refuse_strays(const lake::Staged& staged, const std::vector<lake::TableName>& own, const project::Node& node) {
  const auto is_own = [&](const lake::TableName& name) {
    return std::any_of(own.begin(), own.end(), [&](const auto& one) { return iequals(one.text(), name.text()); });
  };
  const auto refuse = [&](const char* kind, const lake::TableName& name, bool may_be_own) {
    if (may_be_own && is_own(name)) return;
    throw Error(ErrorCode::not_built,
                "a hook or macro of " + node.unique_id + " makes the " + kind + " " + name.text() +
                    "; in the lake a node publishes what bears its own name, nothing else",
                "make it a node of its own, or make it in on-run-start or on-run-end")
        .with_span(node.span);
  };
  for (const lake::StagedTable& table : staged.tables) refuse("table", table.name, true);
  for (const lake::StagedView& view : staged.views)
    if (view.entry) refuse(view.function ? "function" : "view", view.name, view.function == node.is_function());
}

}  // namespace weir::run
