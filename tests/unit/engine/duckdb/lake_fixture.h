// A lake in memory and a session on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "engine/session.h"
#include "store/memory_store.h"

namespace weir::engine {

using Table = std::vector<std::vector<std::string>>;

// Counts what is read, so that "was not opened" can be asserted.
class CountingStore final : public store::ObjectStore {
 public:
  explicit CountingStore(std::shared_ptr<store::ObjectStore> inner) : inner_(std::move(inner)) {}
  std::string read(const std::string& key) override { return inner_->read(key); }
  std::string read(const std::string& key, uint64_t offset, uint64_t length) override {
    return inner_->read(key, offset, length);
  }
  uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) override {
    note(key);
    return inner_->read_into(key, offset, out, length);
  }
  std::optional<store::ObjectInfo> head(const std::string& key) override { return inner_->head(key); }
  void list_from(const std::string& prefix, const std::string& start_after,
                 const std::function<bool(const store::ObjectInfo&)>& visit) override {
    inner_->list_from(prefix, start_after, visit);
  }
  std::vector<std::string> list_folders(const std::string& prefix) override { return inner_->list_folders(prefix); }
  void put(const std::string& key, std::string_view bytes) override { inner_->put(key, bytes); }
  store::PutResult put_if_absent(const std::string& key, std::string_view bytes) override {
    return inner_->put_if_absent(key, bytes);
  }
  std::unique_ptr<store::ObjectWriter> open_write(const std::string& key) override { return inner_->open_write(key); }
  void remove(const std::string& key) override { inner_->remove(key); }
  std::string uri() const override { return inner_->uri(); }

  // Data files read since the last call.
  std::set<std::string> files_read() {
    std::lock_guard lock(mutex_);
    return std::exchange(read_, {});
  }

 private:
  void note(const std::string& key) {
    std::lock_guard lock(mutex_);
    if (key.ends_with(".parquet") && key.find("_delta_log") == std::string::npos) read_.insert(key);
  }
  std::shared_ptr<store::ObjectStore> inner_;
  std::mutex mutex_;
  std::set<std::string> read_;
};

class LakeTest : public ::testing::Test {
 protected:
  static Engine& engine() {
    // Never destroyed: at exit DuckDB's thread-local state is gone before a static object is.
    static Engine* const engine =
        open_duckdb({.memory_limit_bytes = 2ll << 30, .threads = 4, .spill_dir = "/tmp/weir-test-spill"}).release();
    return *engine;
  }
  std::shared_ptr<CountingStore> store = std::make_shared<CountingStore>(std::make_shared<store::MemoryStore>());
  std::shared_ptr<lake::Lake> lake = std::make_shared<lake::Lake>(store);
  std::unique_ptr<Session> session = engine().session(lake);

  std::unique_ptr<Session> another() { return engine().session(lake); }
  void run(const std::string& sql) { session->execute(sql); }
  Table rows(const std::string& sql) { return rows(*session, sql); }
  static Table rows(Session& session, const std::string& sql) {
    Table table;
    for (auto& row : session.query(sql).rows) {
      auto& cells = table.emplace_back();
      for (auto& cell : row) cells.push_back(std::holds_alternative<std::monostate>(cell) ? "NULL" : cell_text(cell));
    }
    return table;
  }
  std::string one(const std::string& sql) { return rows(sql).at(0).at(0); }
  // The error a statement ends with.
  Error error_of(const std::string& sql) { return error_of(*session, sql); }
  static Error error_of(Session& session, const std::string& sql) {
    try {
      session.execute(sql);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error: " << sql;
    return Error(ErrorCode::internal, "no error");
  }
  // With the objects of deletion vectors.
  std::vector<std::string> data_files() {
    std::vector<std::string> keys;
    for (auto& object : store::list(*store, "")) {
      if ((object.key.ends_with(".parquet") || object.key.ends_with(".bin")) &&
          object.key.find("_delta_log") == std::string::npos)
        keys.push_back(object.key);
    }
    return keys;
  }
  int64_t version(const std::string& table) {
    return lake::latest_version(lake->location({"main", table})).value_or(-1);
  }
};

}  // namespace weir::engine
