#include "store/power_loss_store.h"

#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "store_fixture.h"

namespace weir::store {
namespace {

using Keys = std::vector<std::string>;
class PowerLoss : public FolderTest {};

// Promises made by the store: what a call that returned put must be there, and whole; nothing may be half there.
struct Ledger {
  std::map<std::string, std::string> promised;
  std::set<std::string> removed;
};

void write_and_note(ObjectStore& store, Ledger& ledger) {
  auto note = [&](const std::string& key, const std::string& bytes) { ledger.promised[key] = bytes; };
  store.put_if_absent("t/_delta_log/0", "zero");
  note("t/_delta_log/0", "zero");
  auto writer = store.open_write("t/part.parquet");
  writer->append(std::string(20'000, 'p'));
  writer->finish();
  note("t/part.parquet", std::string(20'000, 'p'));
  store.put_if_absent("t/_delta_log/1", "one");
  note("t/_delta_log/1", "one");
  store.put("t/_last", "1");
  note("t/_last", "1");
  ledger.promised.erase("t/_last");  // from here on the old or the new
  store.put("t/_last", "2");
  note("t/_last", "2");
  ledger.promised.erase("t/part.parquet");
  store.remove("t/part.parquet");
  ledger.removed.insert("t/part.parquet");
}

void check(const std::filesystem::path& root, const Ledger& ledger) {
  LocalStore store(root);
  for (const auto& [key, bytes] : ledger.promised) {
    ASSERT_TRUE(store.head(key)) << key;
    EXPECT_EQ(store.read(key), bytes) << key;
  }
  for (const auto& key : ledger.removed) EXPECT_FALSE(store.head(key)) << key;
  const std::map<std::string, std::set<std::string>> possible = {{"t/_delta_log/0", {"zero"}},
                                                                 {"t/_delta_log/1", {"one"}},
                                                                 {"t/_last", {"1", "2"}},
                                                                 {"t/part.parquet", {std::string(20'000, 'p')}}};
  for (const auto& key : keys(store)) EXPECT_TRUE(possible.at(key).contains(store.read(key))) << key;
}

TEST_F(PowerLoss, PromisesHoldWhereverThePowerGoes) {
  uint64_t total = 0;
  {
    PowerLossStore disk(folder_ / "all");
    Ledger ledger;
    write_and_note(disk.store(), ledger);
    total = disk.calls();
    disk.lose_power();
    check(folder_ / "all", ledger);
  }
  EXPECT_GT(total, 30U);
  for (uint64_t n = 1; n <= total; ++n)
    for (uint64_t seed : {0U, 1U, 2U, 3U}) {
      SCOPED_TRACE("cut " + std::to_string(n) + " seed " + std::to_string(seed));
      const auto root = folder_ / (std::to_string(n) + "-" + std::to_string(seed));
      PowerLossStore disk(root, {n, {}});
      Ledger ledger;
      EXPECT_EQ(code_of([&] { write_and_note(disk.store(), ledger); }), ErrorCode::store_io);
      EXPECT_TRUE(disk.power_is_off());
      disk.lose_power(seed);
      check(root, ledger);
      Ledger again;
      LocalStore after(root);
      write_and_note(after, again);
      check(root, again);
    }
}

// The instrument itself: a writer without fsync must be caught.
TEST_F(PowerLoss, WhatIsNotSyncedIsForgotten) {
  for (auto left_out : {DiskOperation::sync, DiskOperation::sync_folder}) {
    SCOPED_TRACE(name(left_out));
    const auto root = folder_ / std::string(name(left_out));
    PowerLossStore disk(root, {0, {left_out}});
    disk.store().put("t/a", "12345678");
    disk.lose_power();
    LocalStore after(root);
    EXPECT_TRUE(!after.head("t/a") || after.read("t/a") != "12345678");
  }
}

TEST_F(PowerLoss, WhatWasThereBeforeStays) {
  write_file(folder_ / "old", "1");
  PowerLossStore disk(folder_);
  disk.store().put("new", "2");
  EXPECT_EQ(code_of([&] {
              disk.lose_power();
              disk.store().put("more", "3");
            }),
            ErrorCode::store_io);
  LocalStore after(folder_);
  EXPECT_EQ(keys(after), (Keys{"new", "old"}));
}

}  // namespace
}  // namespace weir::store
