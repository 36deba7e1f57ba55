#include "lake/publish/inverse.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lake/clustering.h"
#include "lake/publish/foreign.h"
#include "lake/publish/verify.h"

namespace weir::lake::publish {

namespace {

using FilesByKey = std::map<std::string, const Add*>;

FilesByKey by_key(const std::vector<Add>& files) {
  FilesByKey keyed;
  for (const Add& file : files) keyed.emplace(file_key(file), &file);
  return keyed;
}

Add addition_of(const Add& add) {
  Add again = add;
  again.data_change = true;
  return again;
}

bool same_shape(const Metadata& a, const Metadata& b) {
  return a.schema_string == b.schema_string && a.partition_columns == b.partition_columns;
}

// The table keeps its id and properties; only what decides how files are read goes back.
Metadata with_shape_of(const Metadata& now, const Metadata& then) {
  Metadata metadata = now;
  metadata.schema_string = then.schema_string;
  metadata.schema = then.schema;
  metadata.partition_columns = then.partition_columns;
  return metadata;
}

// Columns, and with them those by which the table is clustered.
void restore_shape(const Snapshot& newest, const Snapshot& target, std::vector<Action>& actions) {
  if (same_shape(target.metadata(), newest.metadata())) return;
  actions.emplace_back(with_shape_of(newest.metadata(), target.metadata()));
  if (auto clustering = restored_clustering(newest.domains(), target.domains()))
    actions.emplace_back(std::move(*clustering));
}

std::string gone_text(const TableLocation& table, const std::vector<std::string>& missing) {
  return fmt::format("{}: {} file(s) are no longer in the store, e.g. {}", table.uri(), missing.size(),
                     missing.front());
}

bool looks_back(const CommitFile& own) {
  return std::any_of(own.actions.begin(), own.actions.end(), [](const Action& action) {
    return std::holds_alternative<Remove>(action) || std::holds_alternative<Metadata>(action);
  });
}

// nullptr if the log no longer reaches back to it.
std::shared_ptr<const Snapshot> version_before(const CommitFile& own, const TableLocation& table, ParquetIo& parquet) {
  try {
    return Snapshot::open(table, parquet, {.version = own.version - 1, .at_ms = {}});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_such_version && error.code() != ErrorCode::bad_log) throw;
    return nullptr;
  }
}

ActionsOrWhy put_back(const CommitFile& own, const Snapshot& before, const Snapshot& newest) {
  std::vector<Action> actions;
  restore_shape(newest, before, actions);
  const FilesByKey known = by_key(before.files());
  for (const Action& action : own.actions) {
    const auto* remove = std::get_if<Remove>(&action);
    if (remove == nullptr) continue;
    const auto file = known.find(file_key(*remove));
    if (file != known.end()) actions.emplace_back(addition_of(*file->second));
  }
  const auto missing = missing_files(newest.location(), actions);
  if (!missing.empty()) return gone_text(newest.location(), missing);
  return actions;
}

// True if nothing but compaction happened after `version`: the rows are those of then.
bool only_rearranged_since(int64_t version, const Snapshot& newest) {
  const CommitRange since = read_commits(newest.location(), version, newest.version());
  if (since.first_missing) return false;
  for (const CommitFile& commit : since.commits)
    if (!only_rearranges(commit)) return false;
  return true;
}

std::vector<Action> remove_all(const Snapshot& newest, int64_t now_ms) {
  std::vector<Action> actions;
  for (const Add& file : newest.files()) actions.emplace_back(remove_of(file, now_ms));
  return actions;
}

// Others have compacted what `own` added: the whole version before it, if the rows are still just those of `own`.
ActionsOrWhy inverse_of_rewritten(const CommitFile& own, const Snapshot* before, const Snapshot& newest,
                                  int64_t now_ms) {
  if (!only_rearranged_since(own.version, newest))
    return fmt::format("{}: other writers have rewritten the files of version {} since", newest.location().uri(),
                       own.version);
  return before == nullptr ? ActionsOrWhy(remove_all(newest, now_ms)) : back_to(*before, newest, now_ms);
}

}  // namespace

bool only_rearranges(const CommitFile& commit) {
  for (const Action& action : commit.actions) {
    if (const auto* add = std::get_if<Add>(&action); add != nullptr && add->data_change) return false;
    if (const auto* remove = std::get_if<Remove>(&action); remove != nullptr && remove->data_change) return false;
  }
  return true;
}

ActionsOrWhy inverse_of(const CommitFile& own, const Snapshot& newest, ParquetIo& parquet, int64_t now_ms) {
  const FilesByKey live = by_key(newest.files());
  std::vector<Action> removals;
  bool rewritten = false;
  for (const Action& action : own.actions) {
    const auto* add = std::get_if<Add>(&action);
    if (add == nullptr) continue;
    const auto file = live.find(file_key(*add));
    if (file == live.end())
      rewritten = true;
    else
      removals.emplace_back(remove_of(*file->second, now_ms));
  }
  std::shared_ptr<const Snapshot> before;
  if (own.version > 0 && (rewritten || looks_back(own))) {
    before = version_before(own, newest.location(), parquet);
    if (!before) return fmt::format("{}: version {} is no longer in the log", newest.location().uri(), own.version - 1);
  }
  if (rewritten) return inverse_of_rewritten(own, before.get(), newest, now_ms);
  if (!before) return removals;
  ActionsOrWhy back = put_back(own, *before, newest);
  if (auto* actions = std::get_if<std::vector<Action>>(&back))
    actions->insert(actions->end(), removals.begin(), removals.end());
  return back;
}

ActionsOrWhy back_to(const Snapshot& target, const Snapshot& newest, int64_t now_ms) {
  std::vector<Action> actions, kept;
  restore_shape(newest, target, actions);
  const FilesByKey then = by_key(target.files()), now = by_key(newest.files());
  for (const auto& [key, file] : then) {
    kept.emplace_back(addition_of(*file));
    if (!now.contains(key)) actions.emplace_back(addition_of(*file));
  }
  const auto missing = missing_files(newest.location(), kept);
  if (!missing.empty()) return gone_text(newest.location(), missing);
  for (const auto& [key, file] : now)
    if (!then.contains(key)) actions.emplace_back(remove_of(*file, now_ms));
  return actions;
}

}  // namespace weir::lake::publish
