#include "lake/hudi/keep_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "base/text.h"
#include "lake/history.h"
#include "lake/hudi/avro_schema.h"
#include "lake/hudi/file_names.h"

namespace weir::lake::hudi {

namespace {

constexpr const char* properties_key = ".hoodie/hoodie.properties";
constexpr const char* note_key = ".hoodie/.aux/delta_version.json";  // the last version that the timeline has
constexpr const char* version_note = "delta.version";                // in a commit's extraMetadata

struct NamedFile {
  DataFileName name;
  std::string path;  // decoded, relative to the table
  int64_t rows = 0, bytes = 0;
};
using Files = std::vector<NamedFile>;

// What one version does to the table, in Hudi's words.
struct Change {
  int64_t version = 0;
  int64_t time_ms = 0;
  std::map<std::string, Files> added;  // by instant
  Files replaced;
  bool new_schema = false;
};

class Timeline {
 public:
  explicit Timeline(const Snapshot& newest) : newest_(newest), table_(newest.location()), name_(table_name()) {
    // Avro's local-timestamp is unknown to hudi-rs, which ends on it. Without a schema readers take that of the files.
    const auto is_ntz = [](const DataType& type) { return type.kind == TypeKind::timestamp_ntz; };
    if (!newest.metadata().schema.any_type(is_ntz))
      schema_ = avro_schema(newest.metadata().schema, name_ + "_record").dump();
  }

  void keep_up() {
    const auto known = last_version();
    if (known && *known >= newest_.version()) return;
    write_properties();
    if (known || newest_.version() == 0) {
      const auto range = read_commits(table_, known.value_or(-1), newest_.version());
      if (!range.first_missing && write_all(range.commits)) return note(newest_.version());
    }
    make_anew();
    note(newest_.version());
  }

 private:
  std::string key(const std::string& relative) const { return table_.key(relative); }

  std::string table_name() const {
    const std::string prefix(table_.prefix.substr(0, table_.prefix.find_last_not_of('/') + 1));
    std::string name = prefix.substr(prefix.rfind('/') + 1);
    for (char& c : name)
      if (!std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80)) c = '_';
    return name.empty() ? "weir" : name;
  }

  std::string read_or_empty(const std::string& relative) const {
    return store::read_if_exists(*table_.store, key(relative)).value_or("");
  }

  // nullopt: none yet, or damaged.
  std::optional<int64_t> last_version() const {
    try {
      return Json::parse(read_or_empty(note_key)).get_int("version");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::bad_json) throw;
      return std::nullopt;
    }
  }

  void note(int64_t version) const {
    failpoint("hudi.note");
    table_.store->put(key(note_key), Json::object().set("version", version).dump());
  }

  NamedFile file_of(const std::string& encoded) const {
    NamedFile file;
    file.path = decoded_path(encoded);
    auto name = parse_data_file_name(file.path);
    if (name) {
      file.name = std::move(*name);
      return file;
    }
    throw Error(ErrorCode::hudi_compat,
                fmt::format("{} cannot be read as Hudi: another writer added {}", table_.uri(), encoded),
                "Write the rows anew with weir: CREATE OR REPLACE TABLE … AS SELECT * FROM …, then vacuum.");
  }

  void add_to(Change& change, const Add& add) const {
    NamedFile file = file_of(add.path);
    file.rows = add.stats ? rows_in_stats(*add.stats).value_or(0) : 0;
    file.bytes = add.size_bytes;
    change.added[file.name.instant].push_back(std::move(file));
  }

  Change change_of(const CommitFile& commit) const {
    Change change;
    change.version = commit.version;
    change.time_ms = commit.told_time_ms();
    for (const auto& action : commit.actions) {
      change.new_schema |= std::holds_alternative<Metadata>(action);
      if (const auto* add = std::get_if<Add>(&action)) add_to(change, *add);
      if (const auto* remove = std::get_if<Remove>(&action)) change.replaced.push_back(file_of(remove->path));
    }
    return change;
  }

  static std::string instant_path(const std::string& instant) { return ".hoodie/" + instant + ".replacecommit"; }

  // The commit that stands at an instant; nullopt if there is none, or none that can be read.
  std::optional<Json> commit_at(const std::string& instant) const {
    try {
      return Json::parse(read_or_empty(instant_path(instant)));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::bad_json) throw;
      return std::nullopt;
    }
  }

  static bool is_of(const Json& commit, int64_t version) {
    const Json* more = commit.find("extraMetadata");
    return more && more->get_string(version_note) == std::to_string(version);
  }

  static bool names_file(const Json& commit, const DataFileName& name) {
    const Json* stats = commit.find("partitionToWriteStats");
    const Json* list = stats ? stats->find(name.folder) : nullptr;
    return list && list->is_array() &&
           std::any_of(list->as_array().begin(), list->as_array().end(),
                       [&](const Json& stat) { return stat.get_string("fileId") == name.file_id; });
  }

  // The first instant from `wanted` on that is free, or that this version has taken before. Two writers may have begun
  // in the same millisecond.
  std::string free_instant(std::string wanted, int64_t version) const {
    for (auto there = commit_at(wanted); there && !is_of(*there, version); there = commit_at(wanted))
      wanted = instant_of(time_of(wanted) + 1);
    return wanted;
  }

  // Files that come back (RESTORE, rollback): a file group that was replaced stays so.
  bool brings_back(const Change& change) const {
    for (const auto& [instant, files] : change.added) {
      const auto there = commit_at(instant);
      if (there && !is_of(*there, change.version) &&
          std::any_of(files.begin(), files.end(), [&](const auto& file) { return names_file(*there, file.name); }))
        return true;
      if (replaced_after(instant, files)) return true;
    }
    return false;
  }

  // A file group is replaced by a commit later than its own; the newest file's instant has none behind it.
  bool replaced_after(const std::string& instant, const Files& files) const {
    for (const auto& object : store::list(*table_.store, key(".hoodie/"), key(instant_path(instant)))) {
      if (!object.key.ends_with(".replacecommit")) continue;
      const std::string name = object.key.substr(key(".hoodie/").size());
      const auto commit = commit_at(name.substr(0, name.find('.')));
      if (commit &&
          std::any_of(files.begin(), files.end(), [&](const auto& file) { return replaces(*commit, file.name); }))
        return true;
    }
    return false;
  }

  static bool replaces(const Json& commit, const DataFileName& name) {
    const Json* taken = commit.find("partitionToReplaceFileIds");
    const Json* list = taken ? taken->find(name.folder) : nullptr;
    return list && list->is_array() &&
           std::any_of(list->as_array().begin(), list->as_array().end(),
                       [&](const Json& id) { return id.is_string() && id.as_string() == name.file_id; });
  }

  // False: a version brings files back, which a timeline that goes on cannot say.
  bool write_all(const std::vector<CommitFile>& commits) {
    for (const auto& commit : commits) {
      const Change change = change_of(commit);
      if (brings_back(change)) return false;
      for (const auto& [instant, files] : instants_of(change))
        put_commit(free_instant(instant, change.version), change, files);
    }
    return true;
  }

  // Files count once their own instant is completed, so each instant has a commit.
  std::map<std::string, Files> instants_of(const Change& change) const {
    auto instants = change.added;
    const bool says_something = !change.replaced.empty() || (change.new_schema && !schema_.empty());
    if (instants.empty() && says_something) instants[instant_of(change.time_ms)];
    return instants;
  }

  void put_commit(const std::string& instant, const Change& change, const Files& files) {
    Json stats = Json::object();
    for (const auto& file : files) {
      write_partition_note(file.name.folder, instant);
      member(stats, file.name.folder).push_back(write_stat(file));
    }
    if (files.empty() && schema_.empty()) name_some_file(change, stats);
    Json taken = Json::object();
    for (const auto& file : change.replaced) member(taken, file.name.folder).push_back(file.name.file_id);
    Json more = Json::object().set(version_note, std::to_string(change.version));
    if (!schema_.empty()) more.set("schema", schema_);
    Json commit = Json::object();
    commit.set("partitionToWriteStats", std::move(stats)).set("compacted", false);
    commit.set("extraMetadata", std::move(more)).set("operationType", "INSERT_OVERWRITE");
    commit.set("partitionToReplaceFileIds", std::move(taken));
    const std::string at = key(instant_path(instant));
    table_.store->put(at + ".requested", "");
    table_.store->put(at + ".inflight", "");
    failpoint("hudi.commit");
    table_.store->put(at, commit.dump());
  }

  static Json& member(Json& lists, const std::string& folder) {
    Json* list = lists.find(folder);
    return list ? *list : *lists.set(folder, Json::array()).find(folder);
  }

  // Readers that find no schema in the newest commit take it from a file that this one names: the youngest file knows
  // all columns.
  void name_some_file(const Change& change, Json& stats) const {
    Files files = newest_.files().empty() ? change.replaced : Files();
    for (const auto& add : newest_.files()) files.push_back(file_of(add.path));
    NamedFile some = *std::max_element(files.begin(), files.end(), [](const NamedFile& a, const NamedFile& b) {
      return a.name.instant < b.name.instant;
    });
    some.rows = some.bytes = 0;  // no rows come with this commit
    member(stats, some.name.folder).push_back(write_stat(some));
  }

  static Json write_stat(const NamedFile& file) {
    Json stat = Json::object();
    stat.set("fileId", file.name.file_id).set("path", file.path).set("prevCommit", "null");
    stat.set("numWrites", file.rows).set("numDeletes", 0).set("numUpdateWrites", 0).set("numInserts", file.rows);
    stat.set("totalWriteBytes", file.bytes).set("totalWriteErrors", 0).set("partitionPath", file.name.folder);
    return std::move(stat.set("fileSizeInBytes", file.bytes));
  }

  // By these files Hudi finds the folders that are partitions.
  void write_partition_note(const std::string& folder, const std::string& instant) {
    if (!noted_.insert(folder).second) return;
    const auto depth = folder.empty() ? 0 : 1 + std::count(folder.begin(), folder.end(), '/');
    table_.store->put_if_absent(key((folder.empty() ? "" : folder + "/") + ".hoodie_partition_metadata"),
                                fmt::format("commitTime={}\npartitionDepth={}\n", instant, depth));
  }

  void write_properties() {
    std::string text;
    const auto line = [&](const std::string& name, const std::string& value) { text += name + "=" + value + "\n"; };
    line("hoodie.table.name", name_);
    line("hoodie.database.name", "weir");
    line("hoodie.table.type", "COPY_ON_WRITE");
    line("hoodie.table.version", "6");
    line("hoodie.timeline.layout.version", "1");
    line("hoodie.table.timeline.timezone", "UTC");
    line("hoodie.table.base.file.format", "PARQUET");
    line("hoodie.populate.meta.fields", "false");
    line("hoodie.datasource.write.hive_style_partitioning", "true");
    line("hoodie.datasource.write.partitionpath.urlencode", "true");
    line("hoodie.datasource.write.drop.partition.columns", "false");
    if (!newest_.metadata().partition_columns.empty())
      line("hoodie.table.partition.fields", join(newest_.metadata().partition_columns, ","));
    line("hoodie.table.checksum", std::to_string(crc32_of("weir." + name_)));
    if (read_or_empty(properties_key) != text) table_.store->put(key(properties_key), text);
  }

  // Live files at the instants that they were written at; all other files of the folder that a reader would take for
  // live ones are replaced.
  void make_anew() {
    Change all;
    all.version = newest_.version();
    all.time_ms = newest_.timestamp_ms();
    all.new_schema = true;
    std::set<std::string> live;
    for (const auto& add : newest_.files()) {
      live.insert(decoded_path(add.path));
      add_to(all, add);
    }
    for (const auto& object : store::list(*table_.store, table_.prefix)) {
      const std::string relative = object.key.substr(table_.prefix.size());
      auto name = parse_data_file_name(relative);
      if (name && !live.contains(relative)) all.replaced.push_back({std::move(*name), relative});
    }
    // In a commit of its own, behind those of all files: so it is known again if one of them comes back.
    std::set<std::string> kept;
    const auto instants = all.replaced.empty() ? instants_of(all) : all.added;
    if (!all.replaced.empty()) {
      std::string last = instant_of(all.time_ms);
      while (!all.added.empty() && last <= all.added.rbegin()->first) last = instant_of(time_of(last) + 1);
      put_commit(last, all, {});
      kept.insert(last);
      all.replaced.clear();
    }
    for (const auto& [instant, files] : instants) {
      put_commit(instant, all, files);
      kept.insert(instant);
    }
    const std::string folder = key(".hoodie/");
    for (const auto& object : store::list(*table_.store, folder)) {
      const std::string name = object.key.substr(folder.size());
      if (name.find(".replacecommit") != std::string::npos && !kept.contains(name.substr(0, name.find('.'))))
        table_.store->remove(object.key);
    }
  }

  const Snapshot& newest_;
  const TableLocation& table_;
  std::string name_, schema_;
  std::set<std::string> noted_;
};

}  // namespace

void keep_up(const Snapshot& newest) { Timeline(newest).keep_up(); }

}  // namespace weir::lake::hudi
