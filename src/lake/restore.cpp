#include "lake/restore.h"

#include <fmt/format.h>

#include "base/error.h"
#include "lake/file_list.h"

namespace weir::lake {

namespace {

bool same_metadata(const Metadata& a, const Metadata& b) {
  return a.schema_string == b.schema_string && a.partition_columns == b.partition_columns &&
         a.configuration == b.configuration && a.name == b.name && a.description == b.description;
}

void check_plain(const Snapshot& current, const Snapshot& target) {
  if (current.metadata().id != target.metadata().id)
    throw Error(ErrorCode::no_such_version, fmt::format("version {} of {} belongs to a table that was replaced since",
                                                        target.version(), current.location().uri()));
  for (const auto& [id, txn] : current.txns())
    if (id.starts_with("weir:"))
      throw Error(ErrorCode::restore_asset,
                  fmt::format("table {} is published by weir as asset {}", current.location().uri(), id.substr(5)),
                  fmt::format("weir rollback {}", id.substr(5)));
}

// Nothing that is looked up when the path leaves the table: absolute URIs are not this store's.
bool is_missing(const Snapshot& snapshot, const std::string& path) {
  if (is_absolute_path(path)) return false;
  return !snapshot.location().store->head(snapshot.location().key(decoded_path(path))).has_value();
}

}  // namespace

Restore plan_restore(const Snapshot& current, const Snapshot& target, int64_t now_ms) {
  check_plain(current, target);
  Restore restore;
  CommitDraft& draft = restore.draft;
  draft.operation = "RESTORE";
  draft.operation_parameters.set("version", target.version()).set("timestamp", Json());
  draft.reads.whole_table = true;
  if (!same_metadata(current.metadata(), target.metadata())) draft.actions.emplace_back(target.metadata());

  auto now = current.file_list(), then = target.file_list();
  auto live = now->logical_paths(), wanted = then->logical_paths();
  for (size_t i = 0; i < now->size(); ++i)
    if (!wanted.contains(logical_path(std::string(now->path(i))))) {
      draft.actions.emplace_back(remove_of(now->add(i), now_ms));
      ++restore.files_removed;
    }
  for (size_t i = 0; i < then->size(); ++i) {
    if (live.contains(logical_path(std::string(then->path(i))))) continue;
    Add add = then->add(i);
    add.data_change = true;
    if (is_missing(current, add.path)) restore.missing.push_back(current.location().key(decoded_path(add.path)));
    draft.actions.emplace_back(std::move(add));
    ++restore.files_added;
  }
  draft.operation_metrics.set("numRestoredFiles", restore.files_added).set("numRemovedFiles", restore.files_removed);
  return restore;
}

void check_complete(const Restore& restore, const Snapshot& target) {
  if (restore.missing.empty()) return;
  throw Error(ErrorCode::files_gone,
              fmt::format("version {} of {} cannot be restored: {} of its files are gone, the first is {}",
                          target.version(), target.location().uri(), restore.missing.size(), restore.missing.front()));
}

}  // namespace weir::lake
