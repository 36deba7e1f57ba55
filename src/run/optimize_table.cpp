#include "run/optimize_table.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "lake/snapshot.h"

namespace weir::run {

namespace {

using Groups = std::vector<lake::RewriteGroup>;

constexpr int64_t most_bytes_of_a_commit = 8LL << 30;
constexpr int most_tries = 5;

size_t files_of(const Groups& groups) {
  size_t files = 0;
  for (const auto& group : groups) files += group.paths.size();
  return files;
}

int64_t bytes_of(const Groups& groups) {
  int64_t bytes = 0;
  for (const auto& group : groups) bytes += group.bytes;
  return bytes;
}

// Takes the groups of the next commit off the list.
Groups take_next(Groups& groups) {
  int64_t bytes = 0;
  auto next = groups.begin();
  for (; next != groups.end() && (bytes == 0 || bytes + next->bytes <= most_bytes_of_a_commit); ++next)
    bytes += next->bytes;
  Groups taken(std::make_move_iterator(groups.begin()), std::make_move_iterator(next));
  groups.erase(groups.begin(), next);
  return taken;
}

Json names_of(const std::vector<lake::ColumnPath>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const auto& column : columns) names.push_back(lake::text_of_column(column));
  return Json::strings(names);
}

// As Delta's own OPTIMIZE tells of itself in the history: lists as JSON texts.
Json parameters_of(const OptimizeRequest& request, const std::optional<lake::RowOrder>& order) {
  Json predicate = Json::array();
  if (!request.where.empty()) predicate.push_back(request.where);
  const bool clusters = order && order->cube;
  Json parameters = Json::object();
  parameters.set("predicate", predicate.dump());
  parameters.set("zOrderBy", names_of(order && !clusters ? order->columns : std::vector<lake::ColumnPath>()).dump());
  parameters.set("clusterBy", names_of(clusters ? order->columns : std::vector<lake::ColumnPath>()).dump());
  parameters.set("auto", request.automatic);
  if (clusters) parameters.set("isFull", request.plan.full);
  return parameters;
}

// Groups without an order go together; each of the others has an order of its own.
std::vector<engine::Rewrite> rewrites_of(Groups groups, const OptimizeRequest& request) {
  std::vector<engine::Rewrite> rewrites;
  for (auto& group : groups) {
    if (rewrites.empty() || group.order || rewrites.back().order)
      rewrites.push_back({{}, group.order, parameters_of(request, group.order)});
    auto& paths = rewrites.back().paths;
    paths.insert(paths.end(), std::make_move_iterator(group.paths.begin()), std::make_move_iterator(group.paths.end()));
  }
  return rewrites;
}

// False if a rival changed the files meanwhile.
bool rewrite(engine::Session& session, const lake::TableName& table, const std::vector<engine::Rewrite>& rewrites) {
  session.begin(uuid_v4());
  try {
    for (const auto& files : rewrites) session.rewrite_files(table, files);
    failpoint("optimize.before");
  } catch (...) {
    session.rollback();
    throw;
  }
  for (const auto& outcome : session.commit()) {
    if (std::holds_alternative<lake::Conflict>(outcome)) return false;
    if (std::holds_alternative<lake::Unknown>(outcome))
      throw Error(ErrorCode::store_unknown, "the store did not answer the commit",
                  fmt::format("look at `weir table history {}` and run it again", table.text()));
  }
  failpoint("optimize.done");
  return true;
}

}  // namespace

Optimized optimize_table(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake, const lake::TableName& table,
                         const OptimizeRequest& request, const CancelToken& cancel) {
  auto snapshot = lake::Snapshot::open(lake->location(table), engine.parquet());
  Optimized done;
  done.files_before = static_cast<size_t>(snapshot->totals().files);
  auto groups = lake::plan_optimize(*snapshot, request.plan);
  for (int tries = 0; !groups.empty();) {
    cancel.check();
    request.progress(files_of(groups));
    auto next = take_next(groups);
    const size_t files = files_of(next);
    const int64_t bytes = bytes_of(next);
    const auto session = engine.session(lake, cancel);
    if (rewrite(*session, table, rewrites_of(std::move(next), request))) {
      ++done.commits;
      done.files_rewritten += files;
      done.bytes_rewritten += bytes;
      continue;
    }
    if (++tries == most_tries)
      throw Error(ErrorCode::superseded, fmt::format("other writers changed {} each time", table.text()),
                  "what was written anew before stays; run it again when the table is quiet");
    snapshot = lake::Snapshot::refresh(snapshot, engine.parquet());
    groups = lake::plan_optimize(*snapshot, request.plan);
  }
  snapshot = lake::Snapshot::refresh(snapshot, engine.parquet());
  done.files_after = static_cast<size_t>(snapshot->totals().files);
  done.version = snapshot->version();
  return done;
}

}  // namespace weir::run
