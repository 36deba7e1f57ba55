#include "run/second_build.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "checks/table_key.h"
#include "project/render.h"

namespace weir::run {

namespace {

std::string counted(int64_t count, const char* what) {
  return human_count(static_cast<uint64_t>(count)) + (count == 1 ? " row " : " rows ") + what;
}

std::string difference_text(const checks::TableComparison& comparison) {
  std::vector<std::string> parts, columns;
  if (!comparison.schema.empty()) {
    std::vector<std::string> names;
    for (const auto& change : comparison.schema) names.push_back(change.column);
    parts.push_back("other columns (" + join(names, ", ") + ")");
  }
  const int64_t before = comparison.only_a + comparison.duplicates_only_a;
  const int64_t now = comparison.only_b + comparison.duplicates_only_b;
  if (comparison.changed > 0) parts.push_back(counted(comparison.changed, "with other values"));
  if (before > 0) parts.push_back(counted(before, "not there"));
  if (now > 0) parts.push_back(counted(now, "instead"));
  for (const auto& mismatch : comparison.mismatches) columns.push_back(mismatch.column);
  return join(parts, ", ") + (columns.empty() ? "" : "; columns that differ: " + join(columns, ", "));
}

}  // namespace

bool is_built_twice(const RunParts& parts, const plan::Step& step) {
  if (!parts.options.verify_in) return false;
  if (step.kind != plan::StepKind::table && step.kind != plan::StepKind::incremental) return false;
  const project::Project& project = parts.world.project;
  const project::Node& node = *step.node;
  if (project.target.kind == project::TargetKind::lake) return true;
  const auto outside = [](const project::Hook& hook) { return !hook.transaction; };
  return !node.microbatch && node.config->materialized != "external" &&
         project::find_materialization(project, node.config->materialized).empty() &&
         std::none_of(node.config->pre_hook.begin(), node.config->pre_hook.end(), outside) &&
         std::none_of(node.config->post_hook.begin(), node.config->post_hook.end(), outside);
}

void SecondBuild::keep(engine::Session& session) {
  rows_ = std::make_unique<checks::RowFile>(session, node_.relation_text(),
                                            session.describe("SELECT * FROM " + node_.relation_text()),
                                            *parts_.options.verify_in);
}

void SecondBuild::compare(engine::Session& session, StepResult& result) const {
  std::string difference;
  if (rows_) {
    const checks::ComparedSide built{node_.relation_text(), session.describe("SELECT * FROM " + node_.relation_text())};
    checks::CompareOptions options;
    options.limit = 0;
    const checks::ComparedSide before = rows_->side();
    options.key = checks::shared_key(parts_.world.project, node_, before.columns, built.columns);
    const checks::TableComparison comparison = checks::compare(session, before, built, options);
    if (!comparison.equal()) difference = difference_text(comparison);
  } else {
    difference = "the other build failed: " + failure_.value_or("");
  }
  result.deterministic = difference.empty();
  if (difference.empty()) return;
  result.error =
      Error(ErrorCode::not_deterministic, result.asset + " is not the same when it is built twice: " + difference,
            "look for random(), the time of now, row_number() or LIMIT in an order that leaves ties, and "
            "sums of floats");
  Span span = node_.span;
  if (span.file.empty()) span.file = node_.file;
  result.error->with_span(span);
}

}  // namespace weir::run
