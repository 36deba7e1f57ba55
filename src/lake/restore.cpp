#include "lake/restore.h"

#include <map>
#include <utility>

#include "base/error.h"

namespace weir::lake {

namespace {

using FileKey = std::pair<std::string, std::string>;  // path and deletion vector

FileKey key_of(const Add& add) { return {add.path, add.deletion_vector ? add.deletion_vector->unique_id() : ""}; }

std::map<FileKey, const Add*> files_of(const Snapshot& snapshot) {
  std::map<FileKey, const Add*> files;
  for (const auto& add : snapshot.files()) files.emplace(key_of(add), &add);
  return files;
}

Remove removal(const Add& add, int64_t now_ms) {
  Remove remove;
  remove.path = add.path;
  remove.deletion_timestamp_ms = now_ms;
  remove.extended_file_metadata = true;
  remove.partition_values = add.partition_values;
  remove.size_bytes = add.size_bytes;
  remove.stats = add.stats;
  remove.tags = add.tags;
  remove.deletion_vector = add.deletion_vector;
  remove.base_row_id = add.base_row_id;
  remove.default_row_commit_version = add.default_row_commit_version;
  return remove;
}

void check_present(const TableLocation& table, const Add& add, int64_t version) {
  const std::string path = decoded_path(add);
  if (path.find("://") == std::string::npos && !table.store->head(table.key(path)))
    throw Error(ErrorCode::files_gone, "version " + std::to_string(version) + " cannot come back: its file " + path +
                                           " was removed from the store");
}

}  // namespace

CommitOutcome restore(const TableLocation& table, const std::shared_ptr<const Snapshot>& newest,
                      const std::shared_ptr<const Snapshot>& wanted, ParquetIo& parquet, int64_t now_ms) {
  Transaction transaction(table, newest, parquet);
  CommitDraft& draft = transaction.draft();
  draft.operation = "RESTORE";
  draft.operation_parameters.set("version", wanted->version());
  draft.reads.whole_table = true;
  const auto live = files_of(*newest), then = files_of(*wanted);
  for (const auto& [key, add] : live)
    if (!then.contains(key)) draft.actions.emplace_back(removal(*add, now_ms));
  for (const auto& [key, add] : then) {
    if (live.contains(key)) continue;
    check_present(table, *add, wanted->version());
    Add again = *add;
    again.data_change = true;
    draft.actions.emplace_back(std::move(again));
  }
  const Metadata &now = newest->metadata(), &before = wanted->metadata();
  if (now.schema_string != before.schema_string || now.configuration != before.configuration ||
      now.partition_columns != before.partition_columns) {
    Metadata metadata = before;
    metadata.id = now.id;
    draft.actions.emplace_back(std::move(metadata));
  }
  return transaction.commit(now_ms);
}

}  // namespace weir::lake
