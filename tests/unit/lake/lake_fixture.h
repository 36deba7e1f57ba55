// A table in a memory store, written line by line or through transactions.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "lake/action_json.h"
#include "lake/commit.h"
#include "lake/log_names.h"
#include "lake/snapshot.h"
#include "memory_parquet.h"
#include "store/memory_store.h"

namespace weir::lake {

inline const char* plain_schema =
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},)"
    R"({"name":"name","type":"string","nullable":true,"metadata":{}},)"
    R"({"name":"part","type":"string","nullable":true,"metadata":{}}]})";

inline Metadata plain_metadata(std::map<std::string, std::string> configuration = {},
                               std::vector<std::string> partition_columns = {}) {
  Metadata metadata;
  metadata.id = "11111111-2222-4333-8444-555555555555";
  metadata.schema_string = plain_schema;
  metadata.schema = Schema::parse(plain_schema);
  metadata.configuration = std::move(configuration);
  metadata.partition_columns = std::move(partition_columns);
  metadata.created_time_ms = 1'700'000'000'000;
  return metadata;
}

inline Add plain_add(const std::string& path, int64_t rows = 1, int64_t size_bytes = 100) {
  Add add;
  add.path = path;
  add.size_bytes = size_bytes;
  add.modification_time_ms = 1'700'000'000'000;
  add.stats =
      fmt::format(R"({{"numRecords":{},"minValues":{{"id":0}},"maxValues":{{"id":9}},"nullCount":{{"id":0}}}})", rows);
  return add;
}

class TableTest : public testing::Test {
 protected:
  store::ManualClock clock{1'700'000'000'000};
  std::shared_ptr<store::MemoryStore> store = std::make_shared<store::MemoryStore>("test", &clock);
  TableLocation table{store, "raw/t/"};
  MemoryParquet parquet;

  std::string log_key(const std::string& name) const { return log_folder(table) + name; }
  // Writes a commit from actions (no commitInfo is added); each is a minute after the one before.
  void commit(int64_t version, const std::vector<Action>& actions) {
    store->put(commit_key(table, version), write_commit(actions));
    clock.advance(60'000);
  }
  void commit_text(int64_t version, const std::string& text) {
    store->put(commit_key(table, version), text);
    clock.advance(60'000);
  }
  void create(std::map<std::string, std::string> configuration = {}) {
    commit(0, {Protocol(), plain_metadata(std::move(configuration))});
  }
  std::shared_ptr<const Snapshot> open() { return Snapshot::open(table, parquet); }
  std::shared_ptr<const Snapshot> open(int64_t version) {
    return Snapshot::open(table, parquet, {version, std::nullopt});
  }
  // Appends through a Transaction; returns the outcome.
  CommitOutcome append(const std::string& path, int64_t rows = 1) {
    Transaction transaction(table, open(), parquet);
    transaction.draft().actions.emplace_back(plain_add(path, rows));
    auto outcome = transaction.commit(clock.now_ms());
    notes = transaction.notes();
    clock.advance(60'000);
    return outcome;
  }
  std::vector<std::string> notes;
};

inline std::vector<std::string> paths(const Snapshot& snapshot) {
  std::vector<std::string> paths;
  for (const auto& add : snapshot.files()) paths.push_back(add.path);
  return paths;
}

// The code of the Error that `work` throws; fails the test if it throws none.
template <typename Work>
ErrorCode code_of(Work work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message) *message = error.message();
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::internal;
}

}  // namespace weir::lake
