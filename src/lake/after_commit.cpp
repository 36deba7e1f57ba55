// Upkeep of the log behind a commit (after_commit and write_checkpoint in commit.h). Everything here can be lost
// without loss: the commits alone are the table.
#include <fmt/format.h>

#include <functional>

#include "base/error.h"
#include "base/text.h"
#include "lake/checkpoint_rows.h"
#include "lake/checksum.h"
#include "lake/commit.h"
#include "lake/features.h"
#include "lake/hudi/compat.h"
#include "lake/hudi/keep_up.h"
#include "lake/log_cleanup.h"
#include "lake/log_listing.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

constexpr int64_t default_checkpoint_interval = 10;
// With more ids than this the checksum would weigh more than it saves; readers then take them from checkpoint and
// commits.
constexpr size_t max_ids_in_checksum = 1000;

template <typename T>
std::optional<std::vector<T>> values_of(const std::map<std::string, T>& map) {
  if (map.size() > max_ids_in_checksum) return std::nullopt;
  std::vector<T> values;
  for (const auto& [key, value] : map) values.push_back(value);
  return values;
}

void write_checksum(const Snapshot& snapshot) {
  Checksum checksum;
  auto totals = snapshot.totals();
  checksum.file_count = totals.files;
  checksum.table_size_bytes = totals.bytes;
  if (in_commit_timestamps(snapshot.protocol(), snapshot.metadata()))
    checksum.in_commit_timestamp_ms = snapshot.timestamp_ms();
  checksum.txns = values_of(snapshot.txns());
  checksum.domains = values_of(snapshot.domains());
  checksum.metadata = snapshot.metadata();
  checksum.protocol = snapshot.protocol();
  // Never overwritten: whoever was first has written the same.
  snapshot.location().store->put_if_absent(checksum_key(snapshot.location(), snapshot.version()),
                                           checksum_text(checksum));
}

int64_t checkpoint_interval(const Snapshot& snapshot) {
  auto property = snapshot.property("delta.checkpointInterval");
  int64_t interval = property ? parse_int(trim(*property)).value_or(0) : default_checkpoint_interval;
  return interval > 0 ? interval : default_checkpoint_interval;
}

bool has_checkpoint(const TableLocation& table, int64_t version) {
  return list_log(table, version, version).checkpoints.contains(version);
}

bool wants_v2(const Snapshot& snapshot) {
  auto policy = snapshot.property("delta.checkpointPolicy");
  return supports(snapshot.protocol(), "v2Checkpoint") && policy && iequals(trim(*policy), "v2");
}

void point_to_checkpoint(const Snapshot& snapshot, const CheckpointRows& rows, const store::ObjectInfo& file, bool v2) {
  const TableLocation& table = snapshot.location();
  auto hint = last_checkpoint_hint(table);
  if (hint && *hint >= snapshot.version() && has_checkpoint(table, *hint)) return;
  Json json = Json::object();
  json.set("version", snapshot.version()).set("size", rows.action_count()).set("sizeInBytes", file.size);
  json.set("numOfAddFiles", rows.add_count());
  if (v2)
    json.set("v2Checkpoint", Json::object()
                                 .set("path", file.key.substr(log_folder(table).size()))
                                 .set("sizeInBytes", file.size)
                                 .set("modificationTime", file.modified_ms)
                                 .set("sidecarFiles", Json::array()));
  table.store->put(last_checkpoint_key(table), json.dump());
}

// Runs a piece of upkeep; what goes wrong becomes a note.
void attempt(std::vector<std::string>& notes, std::string_view what, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    notes.push_back(fmt::format("{}: {}", what, error.what()));
  }
}

}  // namespace

void write_checkpoint(const Snapshot& snapshot, ParquetIo& parquet, int64_t now_ms) {
  const TableLocation& table = snapshot.location();
  int64_t retention_ms = deleted_file_retention_ms(snapshot.metadata());
  bool v2 = wants_v2(snapshot);
  CheckpointRows rows(snapshot, now_ms - retention_ms, v2);
  std::string key = v2 ? v2_checkpoint_key(table, snapshot.version()) : checkpoint_key(table, snapshot.version());
  if (v2 ? !has_checkpoint(table, snapshot.version()) : !table.store->head(key)) parquet.write(*table.store, key, rows);
  if (auto file = table.store->head(key)) point_to_checkpoint(snapshot, rows, *file, v2);
}

std::vector<std::string> after_commit(const TableLocation& table, std::shared_ptr<const Snapshot> before,
                                      int64_t version, ParquetIo& parquet, int64_t now_ms) {
  std::vector<std::string> notes;
  std::shared_ptr<const Snapshot> snapshot;
  std::string name = fmt::format("version {} of {}", version, table.uri());
  attempt(notes, fmt::format("reading {} after its commit", name), [&] {
    bool older = before && before->version() <= version;
    snapshot =
        older ? Snapshot::advance(before, version, parquet) : Snapshot::open(table, parquet, {version, std::nullopt});
  });
  if (!snapshot) return notes;
  attempt(notes, fmt::format("checksum of {}", name), [&] { write_checksum(*snapshot); });
  if (hudi::is_kept(snapshot->metadata().configuration))
    attempt(notes, fmt::format("Hudi timeline of {}", name), [&] { hudi::keep_up(*snapshot); });
  if (version == 0 || version % checkpoint_interval(*snapshot) != 0) return notes;
  bool checkpointed = false;
  attempt(notes, fmt::format("checkpoint of {}", name), [&] {
    write_checkpoint(*snapshot, parquet, now_ms);
    checkpointed = true;
  });
  if (checkpointed)
    attempt(notes, fmt::format("cleaning the log of {}", table.uri()),
            [&] { clean_log(table, snapshot->metadata(), parquet, now_ms); });
  return notes;
}

}  // namespace weir::lake
