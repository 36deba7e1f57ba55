#include "run/strays.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace weir::run {

namespace {

bool is_among(const std::vector<lake::TableName>& names, const lake::TableName& name) {
  return std::any_of(names.begin(), names.end(), [&](const auto& one) { return iequals(one.text(), name.text()); });
}

}  // namespace

void refuse_strays(const lake::Staged& staged, const OwnNames& own, const project::Node& node) {
  const auto refuse = [&](const char* kind, const lake::TableName& name, bool is_own) {
    if (is_own) return;
    throw Error(ErrorCode::not_built,
                "a hook or macro of " + node.unique_id + " makes the " + kind + " " + name.text() +
                    "; in the lake a node publishes what bears its own name, nothing else",
                "make it a node of its own, or make it in on-run-start or on-run-end")
        .with_span(node.span);
  };
  for (const lake::StagedTable& table : staged.tables) refuse("table", table.name, is_among(own.tables, table.name));
  for (const lake::StagedView& view : staged.views)
    if (view.entry)
      refuse(view.function ? "function" : "view", view.name,
             view.function == node.is_function() && is_among(own.views, view.name));
}

}  // namespace weir::run
