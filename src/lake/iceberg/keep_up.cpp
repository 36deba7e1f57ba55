#include "lake/iceberg/keep_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "base/text.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/data_files.h"
#include "lake/iceberg/table_metadata.h"

namespace weir::lake::iceberg {

namespace {

constexpr int64_t most_steps = 100;          // versions that are told one by one
constexpr size_t most_manifests = 100;       // of a snapshot, before small ones are put together
constexpr int64_t small_manifest = 8 << 20;  // bytes
constexpr size_t entries_of_manifest = 20'000;

std::string metadata_key(int64_t number) { return fmt::format("metadata/v{}.metadata.json", number); }

// What one version does to the table's files.
struct Change {
  int64_t version = 0;
  int64_t time_ms = 0;
  std::vector<const Add*> added;
  std::set<std::string> gone;  // URIs: of removed files, and of those that are added again
  bool removes = false, data_change = false;
  bool whole = false;  // `added` is all that is live
};

// A snapshot's manifests while it is put together.
struct Draft {
  const Metadata& metadata;
  const Change& change;
  const TableMetadata& table;
  int64_t id = 0, sequence_number = 0;
  std::vector<ManifestFile> manifests = {};
  int64_t removed_files = 0, removed_rows = 0;
};

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
          error.code() != ErrorCode::bad_json)
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
      known = put(known, metadata, change_of(commit));
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
    Change all;
    all.version = newest_.version();
    all.time_ms = newest_.timestamp_ms();
    all.whole = all.removes = all.data_change = true;
    for (const auto& add : newest_.files()) all.added.push_back(&add);
    return put(known, newest_.metadata(), all);
  }

  Change change_of(const CommitFile& commit) const {
    Change change;
    change.version = commit.version;
    change.time_ms = commit.told_time_ms();
    for (const auto& action : commit.actions) {
      if (const auto* add = std::get_if<Add>(&action)) {
        change.added.push_back(add);
        change.data_change |= add->data_change;
        // Files that say something new of themselves (row ids, tags) are there already.
        if (!add->data_change) change.gone.insert(file_uri(table_, add->path));
      }
      const auto* remove = std::get_if<Remove>(&action);
      if (!remove) continue;
      change.gone.insert(file_uri(table_, remove->path));
      change.removes = true;
      change.data_change |= remove->data_change;
    }
    return change;
  }

  TableMetadata put(const std::optional<TableMetadata>& before, const Metadata& metadata, const Change& change) {
    const int64_t number = change.version + 1;
    // Times rise, whatever clocks say.
    const int64_t time_ms = before ? std::max(change.time_ms, before->updated_ms() + 1) : change.time_ms;
    TableMetadata next = TableMetadata::next(before ? &*before : nullptr, metadata, location_, change.version, time_ms);
    next.add_snapshot(snapshot(before, next, metadata, change, time_ms), time_ms - log_retention_ms(metadata));
    if (before) next.note_file(location_ + "/" + metadata_key(before->version() + 1), before->updated_ms());
    failpoint("iceberg.metadata");
    if (table_.store->put_if_absent(key(metadata_key(number)), next.json.dump()) == store::PutResult::done) return next;
    auto theirs = read_metadata(number);
    if (theirs) return *theirs;
    throw Error(ErrorCode::bad_json, fmt::format("{}/{} is damaged", location_, metadata_key(number)),
                "Remove it: the next commit goes on without.");
  }

  Json snapshot(const std::optional<TableMetadata>& before, const TableMetadata& next, const Metadata& metadata,
                const Change& change, int64_t time_ms) {
    Draft draft{metadata, change, next, snapshot_id_of(metadata, change.version), change.version + 1};
    const int64_t parent = before ? before->snapshot_id() : 0;
    if (before && !change.whole) take_over(draft, before->manifest_list());
    add_entries(draft, added_entries(draft));
    if (draft.manifests.size() > most_manifests) put_together(draft);
    check_total(draft);
    const std::string list = manifest_list_bytes(draft.manifests, draft.id, parent, draft.sequence_number);
    Json json = Json::object().set("snapshot-id", draft.id);
    if (parent != 0) json.set("parent-snapshot-id", parent);
    json.set("sequence-number", draft.sequence_number).set("timestamp-ms", time_ms);
    json.set("manifest-list", put_object(fmt::format("snap-{}", draft.id), list));
    json.set("summary", summary(draft));
    return std::move(json.set("schema-id", next.json.at("current-schema-id").as_int()));
  }

  static Json summary(const Draft& draft) {
    const Change& change = draft.change;
    int64_t files = 0, rows = 0, added_rows = 0, added = 0;
    for (const auto& manifest : draft.manifests) {
      files += manifest.live_files();
      rows += manifest.live_rows();
      if (manifest.snapshot_id != draft.id) continue;
      added += manifest.added_files;
      added_rows += manifest.added_rows;
    }
    const char* operation = change.removes && !change.data_change ? "replace"
                            : !change.removes                     ? "append"
                            : change.added.empty()                ? "delete"
                                                                  : "overwrite";
    Json json = Json::object().set("operation", operation);
    const auto count = [&](const char* name, int64_t value) { json.set(name, std::to_string(value)); };
    count("added-data-files", added);
    count("added-records", added_rows);
    count("deleted-data-files", draft.removed_files);
    count("deleted-records", draft.removed_rows);
    count("total-data-files", files);
    count("total-records", rows);
    count("total-delete-files", 0);
    count(version_property, change.version);
    return json;
  }

  std::vector<Entry> added_entries(const Draft& draft) const {
    std::vector<Entry> entries;
    entries.reserve(draft.change.added.size());
    for (const auto* add : draft.change.added) {
      Entry entry = entry_of(table_, *add, draft.metadata);
      entry.snapshot_id = draft.id;
      entry.sequence_number = draft.sequence_number;
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  // The manifests of the snapshot before, without the files that are gone.
  void take_over(Draft& draft, const std::string& list) {
    for (auto& manifest : manifests_of(list)) {
      if (manifest.live_files() == 0) continue;
      if (draft.change.gone.empty()) {
        draft.manifests.push_back(std::move(manifest));
        continue;
      }
      std::vector<Entry> stay;
      const int64_t before = draft.removed_files;
      for (auto& entry : read_entries(manifest)) {
        if (draft.change.gone.contains(entry.path)) {
          ++draft.removed_files;
          draft.removed_rows += entry.rows;
        } else {
          stay.push_back(std::move(entry));
        }
      }
      if (draft.removed_files == before)
        draft.manifests.push_back(std::move(manifest));
      else
        write_again(draft, manifest, std::move(stay));
    }
  }

  void write_again(Draft& draft, const ManifestFile& manifest, std::vector<Entry> entries) {
    if (entries.empty()) return;
    // Only a table that is replaced is partitioned otherwise, and of that no file stays.
    if (manifest.spec_id != draft.table.spec().at("spec-id").as_int())
      throw Error(ErrorCode::bad_avro, fmt::format("{} is partitioned as the table is no more", manifest.path));
    for (auto& entry : entries) entry.status = EntryStatus::existing;
    add_entries(draft, std::move(entries));
  }

  void put_together(Draft& draft) {
    const int64_t spec = draft.table.spec().at("spec-id").as_int();
    std::vector<ManifestFile> stay;
    std::vector<Entry> entries;
    for (auto& manifest : draft.manifests) {
      if (manifest.bytes >= small_manifest || manifest.spec_id != spec || manifest.snapshot_id == draft.id) {
        stay.push_back(std::move(manifest));
        continue;
      }
      for (auto& entry : read_entries(manifest)) {
        entry.status = EntryStatus::existing;
        entries.push_back(std::move(entry));
      }
    }
    draft.manifests = std::move(stay);
    add_entries(draft, std::move(entries));
  }

  void add_entries(Draft& draft, std::vector<Entry> entries) {
    const auto schema = draft.table.manifest_schema(draft.metadata);
    for (size_t from = 0; from < entries.size(); from += entries_of_manifest) {
      const size_t to = std::min(entries.size(), from + entries_of_manifest);
      const std::vector<Entry> part(std::make_move_iterator(entries.begin() + static_cast<std::ptrdiff_t>(from)),
                                    std::make_move_iterator(entries.begin() + static_cast<std::ptrdiff_t>(to)));
      const std::string bytes = manifest_bytes(schema, part, draft.id);
      ManifestFile file = describe(part, schema.spec.at("spec-id").as_int(), draft.id, draft.sequence_number);
      failpoint("iceberg.manifest");
      file.path = put_object("manifest", bytes);
      file.bytes = static_cast<int64_t>(bytes.size());
      draft.manifests.push_back(std::move(file));
    }
  }

  // Named by what it holds, so that whoever writes it writes the same.
  std::string put_object(const std::string& what, const std::string& bytes) {
    const std::string relative = fmt::format("metadata/{}-{}.avro", what, sha256_hex(bytes).substr(0, 32));
    table_.store->put_if_absent(key(relative), bytes);
    return location_ + "/" + relative;
  }

  std::string read_object(const std::string& uri) const {
    if (!uri.starts_with(location_ + "/metadata/"))
      throw Error(ErrorCode::bad_avro, fmt::format("{} is not below {}/metadata", uri, location_));
    return table_.store->read(key(uri.substr(location_.size() + 1)));
  }
  std::vector<ManifestFile> manifests_of(const std::string& list) const {
    return list.empty() ? std::vector<ManifestFile>() : read_manifest_list(read_object(list), list);
  }
  std::vector<Entry> read_entries(const ManifestFile& manifest) const {
    auto entries = read_manifest(read_object(manifest.path), manifest);
    std::erase_if(entries, [](const Entry& entry) { return entry.status == EntryStatus::deleted; });
    return entries;
  }

  // Commits of other writers may add files that are there already; then the files that are there tell.
  void check_total(const Draft& draft) const {
    if (draft.change.whole || draft.change.version != newest_.version()) return;
    const auto totals = newest_.cheap_totals();
    int64_t files = 0;
    for (const auto& manifest : draft.manifests) files += manifest.live_files();
    if (totals && totals->files != files)
      throw Error(ErrorCode::bad_avro,
                  fmt::format("{}: the manifests hold {} files, the log {}", location_, files, totals->files));
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
