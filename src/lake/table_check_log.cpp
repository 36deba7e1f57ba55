// The log held against itself (check_log in table_check.h).
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "lake/action_json.h"
#include "lake/checkpoint_read.h"
#include "lake/checksum.h"
#include "lake/log_names.h"
#include "lake/snapshot_state.h"
#include "lake/table_check.h"

namespace weir::lake {

namespace {

constexpr const char* bad_checkpoint_remedy =
    "remove it (and _last_checkpoint if it points to it): the table is then read from the commits; a new one comes "
    "with "
    "the next checkpoint";
constexpr const char* bad_checksum_remedy = "remove it: readers then take what it says from the log";

// A version as the log alone tells it: protocol, metadata, txns, domains and files.
struct Replayed {
  Head head;
  std::shared_ptr<const FileList> files;
};

// What is different, one line each: {what it should be, what it is}.
using Differences = std::vector<std::pair<std::string, std::string>>;

template <typename T>
void compare_maps(std::string_view what, const std::map<std::string, T>& right, const std::map<std::string, T>& other,
                  Differences& differences) {
  for (const auto& [key, value] : right) {
    auto found = other.find(key);
    if (found == other.end())
      differences.emplace_back(fmt::format("{} {}", what, key), "it is missing");
    else if (!(found->second == value))
      differences.emplace_back(to_json_line(value), to_json_line(found->second));
  }
  for (const auto& [key, value] : other)
    if (!right.contains(key)) differences.emplace_back(fmt::format("no {} {}", what, key), to_json_line(value));
}

// Writers lay the schema's text out in different ways.
std::string metadata_text(Metadata metadata) {
  if (!metadata.schema.fields.empty()) metadata.schema_string = metadata.schema.to_string();
  return to_json_line(metadata);
}

// The form of older engines: totals alone, without protocol and metadata. Readers pass it over.
bool is_older_form(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    return json.get_int("numFiles") && json.get_int("tableSizeBytes") && !json.find("protocol");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    return false;
  }
}

void compare_heads(const Head& right, const Head& other, Differences& differences) {
  if (!(*right.protocol == *other.protocol))
    differences.emplace_back(to_json_line(*right.protocol), to_json_line(*other.protocol));
  if (const auto a = metadata_text(*right.metadata), b = metadata_text(*other.metadata); a != b)
    differences.emplace_back(a, b);
  if (other.txns_known) compare_maps("txn", right.txns, other.txns, differences);
  if (other.domains_known) compare_maps("domain", right.domains, other.domains, differences);
}

void compare_files(const FileList& right, const FileList& other, Differences& differences) {
  const auto keys = right.keys(), others = other.keys();
  const auto report = [&](const FileList& of, const std::unordered_set<std::string>& in, bool missing) {
    std::string first;
    int64_t count = 0;
    for (size_t i = 0; i < of.size(); ++i) {
      const DeletionVector* vector = of.deletion_vector(i);
      const std::string path(of.path(i));
      if (in.contains(file_key(path, vector ? std::optional(*vector) : std::nullopt))) continue;
      if (++count == 1) first = path;
    }
    if (count == 0) return;
    const std::string files = fmt::format("{} file{}, such as {}", count, count == 1 ? "" : "s", first);
    missing ? differences.emplace_back(files, "it lacks them")
            : differences.emplace_back("not live: " + files, "it has them");
  };
  report(right, others, true);
  report(other, keys, false);
  for (size_t i = 0; i < right.size(); ++i) {
    const auto at = other.find(std::string(right.path(i)));
    if (!at) continue;
    const Add a = right.add(i), b = other.add(*at);
    if (a.deletion_vector != b.deletion_vector ||
        (a.size_bytes == b.size_bytes && a.partition_values == b.partition_values))
      continue;
    differences.emplace_back(to_json_line(a), to_json_line(b));
  }
}

class LogChecker {
 public:
  LogChecker(const Snapshot& snapshot, ParquetIo& parquet, TableCheck& check)
      : snapshot_(snapshot),
        table_(snapshot.location()),
        parquet_(parquet),
        check_(check),
        listing_(list_log(table_, 0, snapshot.version())) {}

  void run() {
    const auto newest = listing_.checkpoints.rbegin();
    if (newest != listing_.checkpoints.rend())
      for (const auto& checkpoint : newest->second) look_at(checkpoint, ids_of(newest->second));
    if (listing_.checksums.contains(snapshot_.version())) look_at_checksum();
  }

 private:
  static std::set<std::string> ids_of(const std::vector<LogCheckpoint>& checkpoints) {
    std::set<std::string> ids;
    for (const auto& checkpoint : checkpoints) ids.insert(checkpoint.id());
    return ids;
  }

  // Without compactions and checksums; nullopt if the log does not reach back far enough.
  std::optional<Replayed> replayed(int64_t version, const std::set<std::string>& without) {
    try {
      auto segment = find_segment(table_, listing_, version, without);
      if (!segment) return std::nullopt;
      segment->compactions.clear();
      segment->checksums.clear();
      CommitCache commits;
      Replayed replayed;
      replayed.head = load_head(table_, *segment, parquet_, commits, true);
      replayed.files = replay_files(table_, *segment, *replayed.head.metadata, parquet_, commits);
      return replayed;
    } catch (const Error& error) {
      const bool cannot = error.code() == ErrorCode::bad_log || error.code() == ErrorCode::bad_checkpoint ||
                          error.code() == ErrorCode::bad_parquet || error.code() == ErrorCode::store_not_found;
      if (!cannot) throw;
      return std::nullopt;
    }
  }

  void look_at(const LogCheckpoint& checkpoint, const std::set<std::string>& of_its_version) {
    const std::string what = "checkpoint";
    Replayed said;
    try {
      auto read = read_checkpoint_head(table_, checkpoint, parquet_);
      if (!read.protocol || !read.metadata)
        return report(what, checkpoint.id(), {{"protocol and metadata", "it lacks one of them"}},
                      bad_checkpoint_remedy);
      said.head.protocol = read.protocol;
      said.head.metadata = read.metadata;
      for (const auto& txn : read.txns) said.head.txns[txn.app_id] = txn;
      for (const auto& domain : read.domains)
        if (!domain.removed) said.head.domains[domain.domain] = domain;
      said.files = read_checkpoint_files(table_, checkpoint, parquet_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::bad_parquet && error.code() != ErrorCode::store_not_found &&
          error.code() != ErrorCode::bad_log)
        throw;
      return report(what, checkpoint.id(), {{"a checkpoint that can be read", error.message()}}, bad_checkpoint_remedy);
    }
    const auto right = replayed(checkpoint.version, of_its_version);
    if (!right) {
      check_.notes.push_back(
          fmt::format("{} could not be compared: the commits before it are not all in the log", checkpoint.id()));
      return;
    }
    Differences differences;
    compare_heads(right->head, said.head, differences);
    compare_files(*right->files, *said.files, differences);
    report(what, checkpoint.id(), differences, bad_checkpoint_remedy);
  }

  void look_at_checksum() {
    const std::string key = checksum_key(table_, snapshot_.version());
    const auto checksum = read_checksum(table_, snapshot_.version());
    if (!checksum && is_older_form(table_.store->read(key))) {
      check_.notes.push_back(key + " was not compared: it is of an older form, which readers pass over");
      return;
    }
    if (!checksum) return report("checksum", key, {{"a checksum", "it is not valid"}}, bad_checksum_remedy);
    const auto right = replayed(snapshot_.version(), {});
    if (!right) return;
    Head said;
    said.protocol = checksum->protocol;
    said.metadata = checksum->metadata;
    said.txns_known = checksum->txns.has_value();
    said.domains_known = checksum->domains.has_value();
    for (const auto& txn : checksum->txns.value_or(std::vector<Txn>())) said.txns[txn.app_id] = txn;
    for (const auto& domain : checksum->domains.value_or(std::vector<DomainMetadata>()))
      if (!domain.removed) said.domains[domain.domain] = domain;
    Differences differences;
    compare_heads(right->head, said, differences);
    const auto count = static_cast<int64_t>(right->files->size());
    if (count != checksum->file_count)
      differences.emplace_back(fmt::format("{} files", count), fmt::format("{} files", checksum->file_count));
    if (right->files->total_bytes() != checksum->table_size_bytes)
      differences.emplace_back(fmt::format("{} bytes", right->files->total_bytes()),
                               fmt::format("{} bytes", checksum->table_size_bytes));
    report("checksum", key, differences, bad_checksum_remedy);
  }

  void report(const std::string& what, const std::string& key, const Differences& differences, const char* remedy) {
    for (const auto& [log, found] : differences) check_.findings.push_back({what, key, log, found, remedy});
  }

  const Snapshot& snapshot_;
  const TableLocation& table_;
  ParquetIo& parquet_;
  TableCheck& check_;
  LogListing listing_;
};

}  // namespace

void check_log(const Snapshot& snapshot, ParquetIo& parquet, TableCheck& check) {
  LogChecker(snapshot, parquet, check).run();
}

}  // namespace weir::lake
