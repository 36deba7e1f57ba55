// The invariants of the protocol, checked on the tables after each step of a schedule.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "other_engine.h"
#include "world.h"

namespace weir::lake::publish {

inline constexpr int64_t first_foreign_row = 1000;  // rows of other writers

class Judge {
 public:
  explicit Judge(World& world) : world_(world), tables_(world.asset.tables.size()) {}

  // A sentence about what is broken, or "".
  std::string check(bool at_end = false) {
    size_t foreign_rows = 0;
    for (const Table& table : tables_) foreign_rows += table.foreign_rows.size();
    Seen seen{world_.memory->changes(), world_.queue.records, world_.queue.acked_at, foreign_rows, at_end};
    if (seen == checked_) return {};  // after a step that only read
    for (size_t i = 0; i < tables_.size(); ++i) {
      if (std::string broken = read_log(i); !broken.empty()) return name(i) + broken;
      if (std::string broken = check_rows(i, at_end); !broken.empty()) return name(i) + broken;
    }
    checked_ = seen;
    return {};
  }
  bool damaged() const {
    for (const Table& table : tables_)
      if (table.damaged) return true;
    return false;
  }
  // Before files may be removed: what is in them.
  void remember_files() {
    for (const auto& object : store::list(*world_.memory, ""))
      if (object.key.ends_with(".parquet") && object.key.find("/_") == std::string::npos)
        contents_[object.key] = numbers_of(world_.memory->read(object.key));
  }
  // How often each kind of attempt landed.
  const std::map<std::string, int>& landed() const { return landed_; }
  void foreign_row(size_t table, int64_t number) { tables_[table].foreign_rows.insert(number); }

 private:
  struct Table {
    int64_t next_version = 0;
    std::optional<int64_t> last_n;
    std::set<int64_t> taken;  // numbers committed so far
    bool damaged = false, was_damaged = false;
    std::set<int64_t> foreign_rows;
    std::map<std::string, std::vector<int64_t>> files;  // live ones
  };

  std::string name(size_t i) const { return "table " + std::to_string(i) + ": "; }

  void remember_content(Table& table, size_t i, const Add& add) {
    const std::string key = world_.table(i).key(decoded_path(add));
    auto& known = contents_[key];
    if (world_.memory->head(key)) known = numbers_of(world_.memory->read(key));
    table.files[key] = known;
  }

  std::string read_own(Table& table, const CommitFile& commit, int64_t n) {
    const CommitInfo* info = commit.commit_info();
    const Json& weir = info->fields.at("weir");
    const std::string kind = weir.at("kind").as_string();
    if (!table.taken.insert(n).second) return "DOUBLE: attempt " + std::to_string(n) + " was committed twice";
    const auto parent = weir.get_int("parent");
    const bool skips_taken = kind == "takeback" && &table != &tables_[0];
    if (kind != "adopt" && parent != table.last_n && !skips_taken)
      return "STALE: attempt " + std::to_string(n) + " was committed over another head than its parent";
    if (table.damaged && kind != "adopt") return "BLIND: published over a foreign RESTORE or overwrite";
    if (kind == "adopt") table.damaged = false;
    ++landed_[kind];
    table.last_n = n;
    return {};
  }

  std::string read_log(size_t i) {
    Table& table = tables_[i];
    for (;; ++table.next_version) {
      const auto commit = read_commit(world_.table(i), table.next_version);
      if (!commit) return {};
      for (const Action& action : commit->actions) {
        if (const auto* add = std::get_if<Add>(&action)) remember_content(table, i, *add);
        if (const auto* remove = std::get_if<Remove>(&action)) table.files.erase(world_.table(i).key(remove->path));
      }
      if (const Txn* txn = commit->txn(app_id(world_.asset.id))) {
        if (std::string broken = read_own(table, *commit, txn->version); !broken.empty()) return broken;
      } else if (classify(*commit, metadata_id(i)) == ChangeClass::destructive) {
        table.damaged = table.was_damaged = true;
      }
    }
  }

  std::string metadata_id(size_t i) { return Snapshot::open(world_.table(i), world_.parquet)->metadata().id; }

  std::string check_rows(size_t i, bool at_end) {
    Table& table = tables_[i];
    if (table.damaged || !table.last_n) return {};
    const auto manifest = read_manifest(world_.table(), world_.asset.id, *table.last_n);
    if (!manifest) return "HEAD LOST: no manifest " + std::to_string(*table.last_n);
    std::map<int64_t, int> visible, readable;
    for (const auto& [key, numbers] : table.files)
      for (int64_t number : numbers) {
        ++visible[number];
        if (world_.memory->head(key)) ++readable[number];
      }
    const int64_t cursor = Queue::position(manifest->cursor_after);
    for (int64_t record = 0; record < world_.queue.records; ++record) {
      const int count = visible[record];
      if (count > 1) return "DUPLICATE: record " + std::to_string(record);
      if (count == 0 && record < cursor) return "SILENT LOSS: the cursor is past record " + std::to_string(record);
      if (count == 1 && record >= cursor) return "EXTRA: record " + std::to_string(record) + " is past the cursor";
      // A rollback or takeback that slept for days may put back files that are gone: the next run takes it back.
      const bool puts_back = manifest->kind == Kind::rollback || manifest->kind == Kind::takeback;
      if (record < world_.queue.acked_at && readable[record] != 1 && (at_end || !puts_back))
        return "LOSS: record " + std::to_string(record) + " is acknowledged and not readable";
    }
    if (!table.was_damaged)
      for (int64_t number : table.foreign_rows)
        if (visible[number] != 1) return "LOSS of a row of another writer";
    return {};
  }

  struct Seen {
    uint64_t changes;
    int64_t records, acked_at;
    size_t foreign_rows;
    bool at_end;
    bool operator==(const Seen&) const = default;
  };

  World& world_;
  std::optional<Seen> checked_;  // what the last answer was about, if nothing was broken
  std::vector<Table> tables_;
  std::map<std::string, int> landed_;
  std::map<std::string, std::vector<int64_t>> contents_;  // of files that may be gone by now
};

}  // namespace weir::lake::publish
