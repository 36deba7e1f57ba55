#include "lake/change_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "lake/action_json.h"
#include "lake/features.h"
#include "lake/log_listing.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

// ---- which versions ----

struct Range {
  int64_t from = 0, to = 0;
  bool empty() const { return from > to; }
};

int64_t first_commit(const LogListing& listing, int64_t newest) {
  int64_t first = newest;
  while (listing.commits.contains(first - 1)) --first;
  return first;
}

// Where the times of commits start to count, as for time travel.
int64_t first_openable(const LogListing& listing) {
  auto range = available_range(listing);
  return range ? range->first : 0;
}

[[noreturn]] void no_commit(const TableLocation& table, const LogListing& listing, int64_t version, int64_t newest) {
  throw Error(ErrorCode::no_such_version,
              fmt::format("table {} cannot tell the changes of version {}: its log holds {}", table.uri(), version,
                          listing.commits.contains(newest)
                              ? fmt::format("the commits {} to {}", first_commit(listing, newest), newest)
                              : std::string("no commits")));
}

// The last version whose time is not later; -1 if all are later.
int64_t last_not_later(const Snapshot& newest, ParquetIo& parquet, int64_t at_ms) {
  try {
    auto found = Snapshot::open(newest.location(), parquet, {std::nullopt, at_ms});
    return std::min(found->version(), newest.version());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_such_version) throw;
    return -1;
  }
}

Range resolve(const Snapshot& newest, const LogListing& listing, const VersionSpec& from, const VersionSpec& to,
              ParquetIo& parquet) {
  const std::string table = newest.location().uri();
  if (from.at_ms && to.at_ms && *from.at_ms > *to.at_ms)
    throw Error(ErrorCode::change_range, fmt::format("the changes of {} are asked from {} to {}, which is earlier",
                                                     table, iso_ms(*from.at_ms), iso_ms(*to.at_ms)));
  Range range{from.version.value_or(0), to.version.value_or(newest.version())};
  if (from.at_ms) {
    int64_t before = last_not_later(newest, parquet, *from.at_ms - 1);
    range.from = before < 0 ? first_openable(listing) : before + 1;
  }
  if (to.at_ms) range.to = last_not_later(newest, parquet, *to.at_ms);
  bool between_commits = from.at_ms && to.at_ms && range.to == range.from - 1 && range.to >= 0;
  if (between_commits) return range;
  if (range.to < 0 && to.at_ms)
    throw Error(ErrorCode::no_such_version,
                fmt::format("table {} has no version as old as {}", table, iso_ms(*to.at_ms)));
  if (range.from > newest.version() && from.at_ms)
    throw Error(ErrorCode::no_such_version,
                fmt::format("table {} has no version at or after {}; the newest is {}, of {}", table,
                            iso_ms(*from.at_ms), newest.version(), iso_ms(newest.timestamp_ms())));
  for (int64_t version : {range.from, range.to})
    if (version < 0 || version > newest.version()) no_commit(newest.location(), listing, version, newest.version());
  if (range.empty())
    throw Error(ErrorCode::change_range,
                fmt::format("the changes of {} are asked from version {} to version {}", table, range.from, range.to));
  return range;
}

// ---- what the versions had in common ----

std::string column_obstacle(const std::vector<Field>& before, const std::vector<Field>& after,
                            const std::string& parent);

std::string type_obstacle(const DataType& before, const DataType& after, const std::string& column) {
  if (before.kind != after.kind || before.precision != after.precision || before.scale != after.scale)
    return fmt::format("column {} was {} and is {}", column, type_name(before), type_name(after));
  if (before.kind == TypeKind::struct_) return column_obstacle(before.fields, after.fields, column + ".");
  for (size_t i = 0; i < before.fields.size(); ++i) {
    auto part = type_obstacle(before.fields[i].type, after.fields[i].type, column + "." + before.fields[i].name);
    if (!part.empty()) return part;
    if (before.fields[i].nullable && !after.fields[i].nullable)
      return fmt::format("the {}s of column {} could be NULL", before.fields[i].name, column);
  }
  return {};
}

std::string column_obstacle(const std::vector<Field>& before, const std::vector<Field>& after,
                            const std::string& parent) {
  for (const auto& field : before) {
    auto now = std::find_if(after.begin(), after.end(), [&](auto& other) { return iequals(other.name, field.name); });
    if (now == after.end()) return fmt::format("column {}{} was dropped or renamed", parent, field.name);
    if (!iequals(now->physical_name(), field.physical_name()))
      return fmt::format("column {}{} is another one than before", parent, field.name);
    if (auto type = type_obstacle(field.type, now->type, parent + field.name); !type.empty()) return type;
    if (field.nullable && !now->nullable) return fmt::format("column {}{} could be NULL", parent, field.name);
  }
  return {};
}

void check_recorded(const TableLocation& table, int64_t version, const Metadata& metadata, const Range& range) {
  if (is_true(metadata, "delta.enableChangeDataFeed")) return;
  throw Error(ErrorCode::change_feed_off,
              fmt::format("table {} recorded no changes at version {}: delta.enableChangeDataFeed was not true",
                          table.uri(), version),
              range.from == version ? "ask for a later version" : "ask for versions before or after it");
}

void check_fits(const TableLocation& table, int64_t version, const Metadata& before, const Snapshot& end,
                const Range& range) {
  auto obstacle = schema_obstacle(before, end.metadata());
  if (!obstacle) return;
  throw Error(ErrorCode::change_feed_schema,
              fmt::format("the changes of {} from version {} on do not fit its schema at version {}: {}", table.uri(),
                          version, range.to, *obstacle),
              "ask in parts: up to the version before the schema was changed, and from there on");
}

// ---- what one commit changed ----

Add file_of(const Remove& remove, PartitionValues partition_values) {
  Add file;
  file.path = remove.path;
  file.partition_values = std::move(partition_values);
  file.size_bytes = remove.size_bytes.value_or(0);
  file.stats = remove.stats;
  file.deletion_vector = remove.deletion_vector;
  return file;
}

class FeedReader {
 public:
  FeedReader(const Snapshot& newest, const LogListing& listing, ParquetIo& parquet)
      : newest_(newest), table_(newest.location()), listing_(listing), parquet_(parquet) {}

  ChangeFeed read(std::shared_ptr<const Snapshot> end, const Range& range) {
    ChangeFeed feed;
    feed.end = std::move(end);
    auto times = rising_times(listing_, first_openable(listing_), range.to);
    for (int64_t version = range.from; version <= range.to; ++version) {
      auto actions = commit(version);
      for (const auto& action : actions)
        if (const auto* metadata = std::get_if<Metadata>(&action); metadata && version > range.from) {
          check_recorded(table_, version, *metadata, range);
          check_fits(table_, version, *metadata, *feed.end, range);
        }
      version_ = version;
      time_ms_ = time_of(actions).value_or(times[version]);
      collect(actions, feed.files);
    }
    return feed;
  }

 private:
  std::vector<Action> commit(int64_t version) const {
    auto found = listing_.commits.find(version);
    if (found == listing_.commits.end()) no_commit(table_, listing_, version, newest_.version());
    const std::string& key = found->second.info.key;
    try {
      return parse_commit(table_.store->read(key), shown(table_, key));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::store_not_found) no_commit(table_, listing_, version, newest_.version());
      throw;
    }
  }

  static const Json* info_of(const std::vector<Action>& actions) {
    for (const auto& action : actions)
      if (const auto* info = std::get_if<CommitInfo>(&action)) return &info->fields;
    return nullptr;
  }

  static std::optional<int64_t> time_of(const std::vector<Action>& actions) {
    const Json* info = info_of(actions);
    const Json* time = info ? info->find("inCommitTimestamp") : nullptr;
    return time && time->is_int() ? std::optional(time->as_int()) : std::nullopt;
  }

  // Spark's MERGE rewrites files even where no row matched; its counts then say that no row changed.
  static bool changed_no_row(const std::vector<Action>& actions) {
    const Json* info = info_of(actions);
    const Json* operation = info ? info->find("operation") : nullptr;
    const Json* metrics = info ? info->find("operationMetrics") : nullptr;
    if (!operation || !operation->is_string() || operation->as_string() != "MERGE" || !metrics) return false;
    return std::ranges::all_of(std::array{"numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted"},
                               [&](const char* count) {
                                 const Json* rows = metrics->find(count);
                                 return rows && rows->is_string() && rows->as_string() == "0";
                               });
  }

  void put(std::vector<ChangedFile>& files, Add file, std::string type,
           std::optional<DeletionVector> within = std::nullopt) const {
    files.push_back({std::move(file), std::move(within), std::move(type), version_, time_ms_});
  }

  void collect(const std::vector<Action>& actions, std::vector<ChangedFile>& files) {
    const size_t before = files.size();
    for (const auto& action : actions) {
      const auto* cdc = std::get_if<Cdc>(&action);
      if (!cdc) continue;
      Add file;
      file.path = cdc->path;
      file.partition_values = cdc->partition_values;
      file.size_bytes = cdc->size_bytes;
      put(files, std::move(file), "");
    }
    if (files.size() == before && !changed_no_row(actions)) collect_files(actions, files);
  }

  void collect_files(const std::vector<Action>& actions, std::vector<ChangedFile>& files) {
    std::unordered_map<std::string, const Add*> added;
    for (const auto& action : actions)
      if (const auto* add = std::get_if<Add>(&action); add && add->data_change) added[logical_path(add->path)] = add;
    std::vector<const Add*> again;
    for (const auto& action : actions) {
      const auto* remove = std::get_if<Remove>(&action);
      if (!remove || !remove->data_change) continue;
      if (auto found = added.find(logical_path(remove->path)); found != added.end()) {
        collect_difference(*found->second, remove->deletion_vector, files);
        again.push_back(found->second);
      } else {
        put(files, file_of(*remove, partition_values_of(*remove)), "delete");
      }
    }
    for (const auto& action : actions) {
      const auto* add = std::get_if<Add>(&action);
      if (add && add->data_change && std::ranges::find(again, add) == again.end()) put(files, *add, "insert");
    }
  }

  // A file that stays, with another deletion vector than before (with the same one, the commit would be refused).
  void collect_difference(const Add& now, const std::optional<DeletionVector>& before,
                          std::vector<ChangedFile>& files) const {
    if (now.deletion_vector) {
      Add file = now;
      file.deletion_vector = before;
      put(files, std::move(file), "delete", now.deletion_vector);
    }
    if (before) put(files, now, "insert", before);
  }

  // Old writers leave them out: then the version before is asked.
  PartitionValues partition_values_of(const Remove& remove) const {
    if (remove.partition_values) return *remove.partition_values;
    if (newest_.metadata().partition_columns.empty()) return {};
    auto earlier = Snapshot::open(table_, parquet_, {version_ - 1, std::nullopt});
    for (const auto& add : earlier->files())
      if (logical_path(add.path) == logical_path(remove.path)) return add.partition_values;
    throw Error(ErrorCode::bad_log, fmt::format("table {}: version {} removes {}, which version {} does not hold",
                                                table_.uri(), version_, valid_utf8(remove.path), version_ - 1));
  }

  const Snapshot& newest_;
  const TableLocation& table_;
  const LogListing& listing_;
  ParquetIo& parquet_;
  int64_t version_ = 0, time_ms_ = 0;
};

}  // namespace

std::optional<std::string> schema_obstacle(const Metadata& before, const Metadata& after) {
  if (before.column_mapping() != after.column_mapping() && after.column_mapping() == ColumnMapping::by_id)
    return "its columns were not found by their ids";
  auto obstacle = column_obstacle(before.schema.fields, after.schema.fields, {});
  if (!obstacle.empty()) return obstacle;
  if (before.partition_columns != after.partition_columns) return "the table was partitioned by other columns";
  return std::nullopt;
}

ChangeFeed read_change_feed(std::shared_ptr<const Snapshot> newest, const VersionSpec& from, const VersionSpec& to,
                            ParquetIo& parquet) {
  const TableLocation& table = newest->location();
  LogListing listing = list_log(table, 0, newest->version());
  Range range = resolve(*newest, listing, from, to, parquet);
  auto at = [&](int64_t version) {
    return version == newest->version() ? newest : Snapshot::open(table, parquet, {version, std::nullopt});
  };
  ChangeFeed feed;
  feed.end = at(range.to);
  if (range.empty()) return feed;
  for (int64_t version = range.from; version <= range.to; ++version)
    if (!listing.commits.contains(version)) no_commit(table, listing, version, newest->version());
  auto start = at(range.from);
  check_recorded(table, range.from, start->metadata(), range);
  feed = FeedReader(*newest, listing, parquet).read(feed.end, range);
  check_fits(table, range.from, start->metadata(), *feed.end, range);
  return feed;
}

}  // namespace weir::lake
