#include "lake/iceberg/keep_up.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "lake/iceberg/change.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/snapshot_write.h"
#include "lake/iceberg/table_metadata.h"

namespace weir::lake::iceberg {

namespace {

constexpr int64_t most_steps = 100;  // versions that are told one by one

std::string metadata_key(int64_t number) { return fmt::format("metadata/v{}.metadata.json", number); }

class Keeper {
 public:
  Keeper(const Snapshot& newest, ParquetIo& parquet)
      : newest_(newest), parquet_(parquet), table_(newest.location()), location_(table_.uri()) {}

  void keep_up() {
    const int64_t hinted = hint();
    std::optional<TableMetadata> known = newest_known(hinted);
    if (!known || known->version() < newest_.version()) known = tell(std::move(known));
    if (hinted <= newest_.version()) write_hint();
  }

 private:
  std::string key(const std::string& relative) const { return table_.key(relative); }

  std::string read_or_empty(const std::string& relative) const {
    return store::read_if_exists(*table_.store, key(relative)).value_or("");
  }

  int64_t hint() const { return parse_int(trim(read_or_empty(hint_key))).value_or(0); }

  // nullopt: there is none, or it is damaged.
  std::optional<TableMetadata> read_metadata(int64_t number) const {
    const std::string text = read_or_empty(metadata_key(number));
    if (text.empty()) return std::nullopt;
    TableMetadata metadata;
    try {
      metadata.json = Json::parse(text);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::bad_json) throw;
      return std::nullopt;
    }
    if (metadata.version() == number - 1) return metadata;
    throw Error(ErrorCode::iceberg_compat,
                fmt::format("{}/{} is another writer's: such a table is for weir to write, as Delta", location_,
                            metadata_key(number)),
                "Write to it with weir, or as a Delta table. The named file hides what is newer: remove it.");
  }

  // The metadata of the newest version that has some, up to that of `newest_`.
  std::optional<TableMetadata> newest_known(int64_t hinted) const {
    const int64_t last = newest_.version() + 1;
    for (int64_t number = last; number > std::max<int64_t>(last - 2, 0); --number)
      if (auto metadata = read_metadata(number)) return metadata;
    int64_t number = hinted < last ? hinted : listed(last);
    std::optional<TableMetadata> known;
    for (; number > 0 && number <= last; ++number) {
      auto metadata = read_metadata(number);
      if (!metadata) break;
      known = std::move(metadata);
    }
    return known;
  }

  int64_t listed(int64_t last) const {
    const std::string folder = key("metadata/v");
    int64_t newest = 0;
    for (const auto& object : store::list(*table_.store, folder)) {
      const std::string name = object.key.substr(folder.size());
      constexpr std::string_view ending = ".metadata.json";
      if (!name.ends_with(ending)) continue;
      const auto number = parse_int(name.substr(0, name.size() - ending.size()));
      if (number && *number <= last) newest = std::max(newest, *number);
    }
    return newest;
  }

  TableMetadata tell(std::optional<TableMetadata> known) {
    const int64_t after = known ? known->version() : -1;
    if (newest_.version() - after > most_steps) return tell_anew(known);
    const auto range = read_commits(table_, after, newest_.version());
    if (range.first_missing || range.commits.empty()) return tell_anew(known);
    try {
      return tell_each(known, range.commits);
    } catch (const Error& error) {
      // What is gone or damaged is of no use to the next version either.
      if (error.code() != ErrorCode::bad_avro && error.code() != ErrorCode::store_not_found &&
          error.code() != ErrorCode::bad_json && error.code() != ErrorCode::bad_deletion_vector)
        throw;
      return tell_anew(known);
    }
  }

  TableMetadata tell_each(std::optional<TableMetadata> known, const std::vector<CommitFile>& commits) {
    Metadata metadata = metadata_before(commits);
    for (const auto& commit : commits) {
      for (const auto& action : commit.actions)
        if (const auto* changed = std::get_if<Metadata>(&action)) {
          metadata = *changed;
          metadata.read_schema();
        }
      if (!is_kept(metadata.configuration)) continue;
      const int format = format_version(metadata.configuration);
      if (known && known->format_version() != format)
        throw Error(ErrorCode::bad_avro, fmt::format("{} was of another format version before", location_));
      known = put(known, metadata, change_of(table_, commit, format));
    }
    return *known;
  }

  // The table's metadata as the first of the commits found it, unless they set it first.
  Metadata metadata_before(const std::vector<CommitFile>& commits) const {
    const auto sets = [](const CommitFile& commit) {
      return std::any_of(commit.actions.begin(), commit.actions.end(),
                         [](const Action& action) { return std::holds_alternative<Metadata>(action); });
    };
    if (sets(commits.front())) return {};
    if (std::none_of(commits.begin(), commits.end(), sets)) return newest_.metadata();
    return Snapshot::open(table_, parquet_, {commits.front().version - 1, std::nullopt})->metadata();
  }

  TableMetadata tell_anew(const std::optional<TableMetadata>& known) {
    return put(known, newest_.metadata(), change_to(newest_));
  }

  TableMetadata put(const std::optional<TableMetadata>& before, const Metadata& metadata, const Change& change) {
    const int64_t number = change.version + 1;
    // Times rise, whatever clocks say.
    const int64_t time_ms = before ? std::max(change.time_ms, before->updated_ms() + 1) : change.time_ms;
    TableMetadata next = TableMetadata::next(before ? &*before : nullptr, metadata, location_, change.version, time_ms);
    SnapshotDraft draft{metadata, change, before ? &*before : nullptr, next, time_ms};
    if (change.version == newest_.version())
      if (const auto totals = newest_.cheap_totals()) draft.files = totals->files;
    next.add_snapshot(write_snapshot(table_, draft), time_ms - log_retention_ms(metadata));
    if (before) next.note_file(location_ + "/" + metadata_key(before->version() + 1), before->updated_ms());
    failpoint("iceberg.metadata");
    if (table_.store->put_if_absent(key(metadata_key(number)), next.json.dump()) == store::PutResult::done) return next;
    auto theirs = read_metadata(number);
    if (theirs) return *theirs;
    throw Error(ErrorCode::bad_json, fmt::format("{}/{} is damaged", location_, metadata_key(number)),
                "Remove it: the next commit goes on without.");
  }

  // Raised only; and whoever was overtaken by another writer's hint puts the newer one back.
  void write_hint() {
    failpoint("iceberg.hint");
    int64_t number = newest_.version() + 1;
    for (;;) {
      table_.store->put(key(hint_key), std::to_string(number));
      if (!table_.store->head(key(metadata_key(number + 1)))) return;
      ++number;
    }
  }

  const Snapshot& newest_;
  ParquetIo& parquet_;
  const TableLocation& table_;
  std::string location_;
};

}  // namespace

void keep_up(const Snapshot& newest, ParquetIo& parquet) { Keeper(newest, parquet).keep_up(); }

}  // namespace weir::lake::iceberg
