// Upkeep of the log behind a commit (after_commit in commit.h). Everything here can be lost
// without loss: the commits alone are the table.
#include <fmt/format.h>

#include <functional>

#include "base/error.h"
#include "base/text.h"
#include "lake/checksum.h"
#include "lake/commit.h"
#include "lake/features.h"
#include "lake/hudi/compat.h"
#include "lake/hudi/keep_up.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/keep_up.h"
#include "lake/log_cleanup.h"
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

// Only where the totals can be had: to read the files of a large table for them would cost more than a reader saves.
// The next checkpoint, for which they are read, begins anew.
void write_checksum(const Snapshot& snapshot) {
  Checksum checksum;
  auto totals = snapshot.cheap_totals();
  if (!totals) return;
  checksum.file_count = totals->files;
  checksum.table_size_bytes = totals->bytes;
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

// Runs a piece of upkeep; what goes wrong becomes a note.
void attempt(std::vector<std::string>& notes, std::string_view what, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    notes.push_back(fmt::format("{}: {}", what, error.what()));
  }
}

}  // namespace

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
  bool due = version > 0 && version % checkpoint_interval(*snapshot) == 0, checkpointed = false;
  if (due)
    attempt(notes, fmt::format("checkpoint of {}", name), [&] {
      write_checkpoint(*snapshot, parquet, now_ms);
      checkpointed = true;
    });
  attempt(notes, fmt::format("checksum of {}", name), [&] { write_checksum(*snapshot); });
  if (hudi::is_kept(snapshot->metadata().configuration))
    attempt(notes, fmt::format("Hudi timeline of {}", name), [&] { hudi::keep_up(*snapshot); });
  if (iceberg::is_kept(snapshot->metadata().configuration))
    attempt(notes, fmt::format("Iceberg metadata of {}", name), [&] { iceberg::keep_up(*snapshot, parquet); });
  if (checkpointed)
    attempt(notes, fmt::format("cleaning the log of {}", table.uri()),
            [&] { clean_log(table, snapshot->metadata(), parquet, now_ms); });
  return notes;
}

}  // namespace weir::lake
