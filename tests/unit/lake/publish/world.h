// A small simulated world: tables of integers in a memory store, a queue as source, runners that load it, and another
// engine.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/ids.h"
#include "lake/action_json.h"
#include "lake/commit.h"
#include "lake/publish/publisher.h"
#include "memory_parquet.h"
#include "queue.h"
#include "store/memory_store.h"

namespace weir::lake::publish {

inline constexpr int64_t minute_ms = 60'000, hour_ms = 60 * minute_ms, day_ms = 24 * hour_ms;

inline Metadata integers_metadata(const std::string& id) {
  Metadata metadata;
  metadata.id = id;
  metadata.schema_string = R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]})";
  metadata.schema = Schema::parse(metadata.schema_string);
  return metadata;
}

inline std::string numbers_text(int64_t from, int64_t to) {
  std::string text;
  for (int64_t i = from; i < to; ++i) text += std::to_string(i) + "\n";
  return text;
}

inline std::vector<int64_t> numbers_of(const std::string& text) {
  std::vector<int64_t> numbers;
  std::istringstream lines(text);
  for (int64_t number = 0; lines >> number;) numbers.push_back(number);
  return numbers;
}

// What a reader of the table sees.
struct Rows {
  std::map<int64_t, int> count;   // of readable records
  std::vector<std::string> gone;  // live files that are not in the store
  std::optional<int64_t> txn;
  int64_t version = -1;
};

struct World {
  explicit World(size_t tables = 1, int64_t records = 0) : queue(records) {
    asset.id = "raw.numbers";
    asset.owner = "project-1";
    for (size_t i = 0; i < tables; ++i) {
      const std::string name = i == 0 ? "numbers" : "numbers__" + std::to_string(i);
      asset.tables.push_back({{"raw", name}, {memory, "raw/" + name + "/"}});
    }
    asset.rollback_keep_ms = day_ms;
  }

  mutable store::ManualClock clock;
  int64_t clock_now() const { return clock.now_ms(); }
  std::shared_ptr<store::MemoryStore> memory = std::make_shared<store::MemoryStore>("lake", &clock);
  MemoryParquet parquet;
  Queue queue;
  Asset asset;

  Publisher publisher() { return Publisher(parquet, clock, nullptr); }
  const TableLocation& table(size_t i = 0) const { return asset.tables[i].location; }

  // The same asset through another store (a HookStore over `memory`).
  Asset through(const std::shared_ptr<store::ObjectStore>& store) const {
    Asset copy = asset;
    for (AssetTable& table : copy.tables) table.location.store = store;
    return copy;
  }

  Rows rows(size_t i = 0) {
    Rows out;
    const auto snapshot = Snapshot::open_if_exists(table(i), parquet);
    if (!snapshot) return out;
    out.version = snapshot->version();
    if (const auto txn = snapshot->txn(app_id(asset.id))) out.txn = txn->version;
    for (const Add& file : snapshot->files()) {
      const std::string key = table(i).key(decoded_path(file));
      if (!memory->head(key)) {
        out.gone.push_back(key);
        continue;
      }
      for (int64_t number : numbers_of(memory->read(key))) ++out.count[number];
    }
    return out;
  }

  std::vector<int64_t> sorted_rows(size_t i = 0) {
    std::vector<int64_t> out;
    for (const auto& [number, count] : rows(i).count) out.insert(out.end(), static_cast<size_t>(count), number);
    return out;
  }
};

inline std::vector<int64_t> range(int64_t from, int64_t to) {
  std::vector<int64_t> out;
  for (int64_t i = from; i < to; ++i) out.push_back(i);
  return out;
}

// Writes records [from, to) as one file of the attempt and gives the actions that would publish it.
inline StagedTable stage(const AssetTable& table, const std::shared_ptr<const Snapshot>& base,
                         const std::string& attempt, int64_t from, int64_t to, WriteMode mode = WriteMode::append) {
  StagedTable staged;
  staged.name = table.name;
  staged.location = table.location;
  staged.base = base;
  staged.mode = mode;
  staged.draft.operation_parameters = Json::object().set("mode", "Append");
  if (!base) {
    const Metadata metadata = integers_metadata(uuid_v4());
    staged.draft.actions.emplace_back(lowest_protocol(metadata));
    staged.draft.actions.emplace_back(metadata);
  }
  if (mode == WriteMode::overwrite && base) {
    staged.draft.reads.whole_table = true;
    for (const Add& file : base->files()) {
      Remove remove;
      remove.path = file.path;
      remove.deletion_timestamp_ms = file.modification_time_ms;
      staged.draft.actions.emplace_back(remove);
    }
  }
  if (from == to) return staged;
  const std::string name = attempt + "-0.parquet", content = numbers_text(from, to), key = table.location.key(name);
  auto writer = table.location.store->open_write(key);
  writer->append(content);
  writer->finish();
  const auto object = table.location.store->head(key);
  Add add;
  add.path = name;
  add.size_bytes = static_cast<int64_t>(content.size());
  // A VACUUM after a long pause may have been here already: then the file is as old as can be.
  add.modification_time_ms = object ? object->modified_ms : 1;
  staged.draft.actions.emplace_back(add);
  staged.oldest_file_ms = add.modification_time_ms;
  return staged;
}

// An attempt that loads the records from the cursor to `to` into every table of the asset.
inline Attempt attempt_for(const Asset& asset, const Inspection& inspected, int64_t to,
                           const std::string& code = "code-1") {
  Attempt attempt;
  attempt.id = uuid_v4();
  attempt.run = "run";
  attempt.step = asset.id;
  attempt.code = code;
  attempt.cursor_before = inspected.cursor();
  attempt.cursor_after = at(to);
  const int64_t from = Queue::position(attempt.cursor_before);
  for (size_t i = 0; i < asset.tables.size(); ++i)
    attempt.staged.push_back(stage(asset.tables[i], inspected.snapshots[i], attempt.id, from, to));
  return attempt;
}

// One run: inspect, plan, stage, publish.
inline Outcome load_to(World& world, const Asset& asset, int64_t to) {
  Publisher publisher = world.publisher();
  const Inspection inspected = publisher.inspect(asset, &world.queue);
  return publisher.publish(asset, inspected, attempt_for(asset, inspected, to), &world.queue);
}
inline Published must_load_to(World& world, int64_t to) {
  Outcome outcome = load_to(world, world.asset, to);
  if (const auto* superseded = std::get_if<Superseded>(&outcome)) throw std::runtime_error(superseded->why);
  return std::get<Published>(outcome);
}

// The code of the Error that `call` throws; `internal` never counts.
template <typename Call>
std::optional<ErrorCode> code_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

}  // namespace weir::lake::publish
