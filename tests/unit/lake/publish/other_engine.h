// What other writers of a Delta table do to it, as commits.
#pragma once

#include "base/text.h"
#include "lake/publish/foreign.h"
#include "world.h"

namespace weir::lake::publish {

class OtherEngine {
 public:
  OtherEngine(World& world, size_t table = 0) : world_(world), table_(world.table(table)) {}

  // Rewrites all readable files into one.
  bool optimize() {
    const auto snapshot = newest();
    std::vector<Action> actions;
    std::string content;
    for (const Add& file : snapshot->files()) {
      if (!exists(file)) return false;
      content += world_.memory->read(key_of(file));
      actions.emplace_back(removal(file, false));
    }
    if (actions.size() < 2) return false;
    actions.emplace_back(addition(content, false));
    return commit(*snapshot, "OPTIMIZE", std::move(actions));
  }
  bool append(int64_t number) {
    return commit(*newest(), "WRITE", {addition(std::to_string(number) + "\n", true)},
                  Json::object().set("mode", "Append"));
  }
  bool erase_all(const std::string& operation = "DELETE") {
    const auto snapshot = newest();
    std::vector<Action> actions;
    for (const Add& file : snapshot->files()) actions.emplace_back(removal(file, true));
    return commit(*snapshot, operation, std::move(actions));
  }
  bool overwrite(int64_t number) {
    const auto snapshot = newest();
    std::vector<Action> actions;
    for (const Add& file : snapshot->files()) actions.emplace_back(removal(file, true));
    actions.emplace_back(addition(std::to_string(number) + "\n", true));
    return commit(*snapshot, "WRITE", std::move(actions), Json::object().set("mode", "Overwrite"));
  }
  bool replace() {
    const auto snapshot = newest();
    std::vector<Action> actions;
    for (const Add& file : snapshot->files()) actions.emplace_back(removal(file, true));
    actions.emplace_back(integers_metadata(uuid_v4()));
    return commit(*snapshot, "CREATE OR REPLACE TABLE", std::move(actions));
  }
  bool set_property(const std::string& key, const std::string& value) {
    const auto snapshot = newest();
    Metadata metadata = snapshot->metadata();
    metadata.configuration[key] = value;
    return commit(*snapshot, "SET TBLPROPERTIES", {metadata});
  }
  // False if a file of that version is gone.
  bool restore(int64_t version) {
    const auto snapshot = newest();
    const auto target = Snapshot::open(table_, world_.parquet, {.version = version, .at_ms = {}});
    std::vector<Action> actions;
    std::set<std::string> then, now;
    for (const Add& file : target->files()) then.insert(file_key(file));
    for (const Add& file : snapshot->files()) now.insert(file_key(file));
    for (const Add& file : snapshot->files())
      if (!then.contains(file_key(file))) actions.emplace_back(removal(file, true));
    for (const Add& file : target->files()) {
      if (!exists(file)) return false;
      if (!now.contains(file_key(file))) actions.emplace_back(file);
    }
    return commit(*snapshot, "RESTORE", std::move(actions), Json::object().set("version", std::to_string(version)));
  }
  // Deletes files that are neither live nor young; a tombstone counts from its removal.
  void vacuum(int64_t retention_ms) {
    const auto snapshot = newest();
    std::set<std::string> keep;
    for (const Add& file : snapshot->files()) keep.insert(key_of(file));
    for (int64_t version = 0; version <= snapshot->version(); ++version) {
      const auto commit = read_commit(table_, version);
      for (const Action& action : commit ? commit->actions : std::vector<Action>{})
        if (const auto* remove = std::get_if<Remove>(&action))
          if (remove->deletion_timestamp_ms.value_or(0) >= world_.clock.now_ms() - retention_ms)
            keep.insert(table_.key(remove->path));
    }
    for (const store::ObjectInfo& object : store::list(*world_.memory, table_.prefix)) {
      const std::string relative = object.key.substr(table_.prefix.size());
      if (relative.starts_with("_") || keep.contains(object.key)) continue;
      if (object.modified_ms < world_.clock.now_ms() - retention_ms) world_.memory->remove(object.key);
    }
  }
  // A checkpoint, after which all older commits go.
  void clean_log() {
    const auto snapshot = newest();
    write_checkpoint(*snapshot, world_.parquet, world_.clock.now_ms());
    for (int64_t version = 0; version < snapshot->version(); ++version)
      world_.memory->remove(commit_key(table_, version));
  }
  std::shared_ptr<const Snapshot> newest() { return Snapshot::open(table_, world_.parquet); }

 private:
  std::string key_of(const Add& file) const { return table_.key(decoded_path(file)); }
  bool exists(const Add& file) const { return world_.memory->head(key_of(file)).has_value(); }
  Remove removal(const Add& file, bool data_change) const {
    Remove remove;
    remove.path = file.path;
    remove.deletion_timestamp_ms = world_.clock.now_ms();
    remove.data_change = data_change;
    remove.extended_file_metadata = true;
    remove.partition_values = file.partition_values;
    remove.size_bytes = file.size_bytes;
    return remove;
  }
  Add addition(const std::string& content, bool data_change) const {
    Add add;
    add.path = "part-" + uuid_v4() + ".parquet";
    world_.memory->put(table_.key(add.path), content);
    add.size_bytes = static_cast<int64_t>(content.size());
    add.modification_time_ms = world_.clock.now_ms();
    add.data_change = data_change;
    return add;
  }
  bool commit(const Snapshot& base, const std::string& operation, std::vector<Action> actions,
              Json parameters = Json::object()) {
    CommitInfo info;
    const bool parameters_say_append = parameters.get_string("mode") == "Append";
    info.fields.set("operation", operation).set("operationParameters", std::move(parameters));
    info.fields.set("timestamp", world_.clock.now_ms()).set("engineInfo", "other/1");
    if (parameters_say_append) info.fields.set("isBlindAppend", true);
    actions.insert(actions.begin(), info);
    return put_commit(table_, base.version() + 1, write_commit(actions)) == CommitPut::done;
  }

  World& world_;
  const TableLocation& table_;
};

}  // namespace weir::lake::publish
