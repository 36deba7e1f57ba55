#include "lake/restore.h"

#include <fmt/format.h>

#include "base/error.h"
#include "lake/clustering.h"
#include "lake/deletion_vector.h"
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

// Keys of the objects that a file needs and that are not there. Nothing is looked up outside of the table.
std::vector<std::string> missing_objects(const TableLocation& table, const Add& add) {
  std::vector<std::string> missing;
  for (const auto& relative : keys_in_table(table, add.path, add.deletion_vector ? &*add.deletion_vector : nullptr))
    if (std::string key = table.key(relative); !table.store->head(key)) missing.push_back(std::move(key));
  return missing;
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
  if (auto clustering = restored_clustering(current.domains(), target.domains()))
    draft.actions.emplace_back(std::move(*clustering));

  auto now = current.file_list(), then = target.file_list();
  auto live = now->keys(), wanted = then->keys();
  for (size_t i = 0; i < now->size(); ++i) {
    Add add = now->add(i);
    if (wanted.contains(file_key(add.path, add.deletion_vector))) continue;
    draft.actions.emplace_back(remove_of(add, now_ms));
    ++restore.files_removed;
  }
  for (size_t i = 0; i < then->size(); ++i) {
    Add add = then->add(i);
    if (live.contains(file_key(add.path, add.deletion_vector))) continue;
    add.data_change = true;
    for (auto& key : missing_objects(current.location(), add)) restore.missing.push_back(std::move(key));
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
