#include "lake/publish/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/hash.h"
#include "hook_store.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

LedgerEntry entry(const std::string& uri, uint64_t size = 1) {
  LedgerEntry out;
  out.uri = uri;
  out.size = size;
  out.etag = "e-" + uri;
  out.modified_ms = 1767603600000;
  out.rows = 10;
  out.quarantined = 2;
  out.sha256 = "abc";
  return out;
}
std::vector<LedgerEntry> many(int from, int to) {
  std::vector<LedgerEntry> out;
  for (int i = from; i < to; ++i) out.push_back(entry("f" + std::to_string(i) + ".csv"));
  return out;
}
Ledger read(World& world, const Json& cursor) { return Ledger::read(world.table(), "a", cursor, world.parquet); }
Json write(World& world, const Ledger& ledger, int64_t n, const std::vector<LedgerEntry>& added) {
  return ledger.write(world.table(), "a", n, added, world.parquet);
}

TEST(Ledger, starts_empty_and_remembers_what_was_loaded) {
  World world;
  const Ledger empty = read(world, Json());
  EXPECT_TRUE(empty.entries().empty());
  EXPECT_EQ(write(world, empty, 1, {}), Json::object());
  LedgerEntry rejected = entry("b.csv");
  rejected.status = FileStatus::rejected;
  const Json cursor = write(world, empty, 7, {entry("a.csv", 12), rejected});
  const Ledger ledger = read(world, cursor);
  ASSERT_NE(ledger.find("a.csv"), nullptr);
  EXPECT_EQ(ledger.find("a.csv")->size, 12U);
  EXPECT_EQ(ledger.find("a.csv")->n, 7);
  EXPECT_EQ(ledger.find("a.csv")->etag, "e-a.csv");
  EXPECT_EQ(ledger.find("a.csv")->modified_ms, 1767603600000);
  EXPECT_EQ(ledger.find("a.csv")->rows, 10);
  EXPECT_EQ(ledger.find("a.csv")->quarantined, 2);
  EXPECT_EQ(ledger.find("a.csv")->sha256, "abc");
  EXPECT_EQ(ledger.find("b.csv")->status, FileStatus::rejected);
  EXPECT_EQ(ledger.find("c.csv"), nullptr);
}

TEST(Ledger, later_rows_win) {
  World world;
  Json cursor = write(world, Ledger(), 1, many(0, 100));
  cursor = write(world, read(world, cursor), 2, {entry("f3.csv", 99)});
  ASSERT_EQ(cursor.at("ledger").size(), 2U);
  const Ledger ledger = read(world, cursor);
  EXPECT_EQ(ledger.entries().size(), 100U);
  EXPECT_EQ(ledger.find("f3.csv")->size, 99U);
  EXPECT_EQ(ledger.find("f3.csv")->n, 2);
  EXPECT_EQ(ledger.find("f4.csv")->n, 1);
}

TEST(Ledger, stays_few_files_however_often_one_is_added) {
  World world;
  Json cursor = write(world, Ledger(), 1, many(0, 1000));
  size_t most = 0;
  for (int i = 0; i < 400; ++i) {
    cursor = write(world, read(world, cursor), 2 + i, {entry("g" + std::to_string(i))});
    most = std::max(most, cursor.at("ledger").size());
  }
  EXPECT_LE(most, 8U);
  EXPECT_EQ(read(world, cursor).entries().size(), 1400U);
}

TEST(Ledger, one_new_file_among_many_writes_one_small_object) {
  World world;
  Json cursor = write(world, Ledger(), 1, many(0, 100'000));
  cursor = write(world, read(world, cursor), 2, many(100'000, 100'010));
  auto store = std::make_shared<HookStore>(world.memory);
  int operations = 0, puts = 0;
  store->before = [&](Verb verb, const std::string&) {
    ++operations;
    puts += mutates(verb) ? 1 : 0;
    return Fate::normal;
  };
  const TableLocation table{store, world.table().prefix};
  const Ledger ledger = Ledger::read(table, "a", cursor, world.parquet);
  const Json next = ledger.write(table, "a", 3, {entry("new.csv")}, world.parquet);
  EXPECT_EQ(next.at("ledger").as_array()[0], cursor.at("ledger").as_array()[0]) << "the 100,000 were not written again";
  EXPECT_EQ(puts, 1);
  EXPECT_LE(operations, 20);
}

TEST(Ledger, damaged_or_missing_files_are_named) {
  World world;
  const Json cursor = write(world, Ledger(), 1, {entry("a.csv")});
  const std::string key = manifest_folder(world.table(), "a") + ledger_files(cursor).at(0),
                    bytes = world.memory->read(key);
  const Json other = write(world, Ledger(), 2, {entry("b.csv")});
  world.memory->put(key, world.memory->read(manifest_folder(world.table(), "a") + ledger_files(other).at(0)));
  EXPECT_EQ(code_of([&] { read(world, cursor); }), ErrorCode::ledger_damaged) << "a valid file, but another";
  world.memory->put(key, bytes + "x");
  EXPECT_EQ(code_of([&] { read(world, cursor); }), ErrorCode::ledger_damaged);
  world.memory->remove(key);
  EXPECT_EQ(code_of([&] { read(world, cursor); }), ErrorCode::ledger_damaged);
  EXPECT_EQ(code_of([&] { read(world, Json::parse(R"({"ledger":[{"file":"x"}]})")); }), ErrorCode::ledger_damaged);
  world.memory->put(key, "no parquet");
  EXPECT_EQ(code_of([&] {
              Json wrong = Json::object();
              wrong.set(
                  "ledger",
                  Json(Json::Array{
                      Json::object().set("file", ledger_files(cursor)[0]).set("sha256", sha256_hex("no parquet"))}));
              read(world, wrong);
            }),
            ErrorCode::ledger_damaged);
}

// Two runners that try the same number do not overwrite each other's file.
TEST(Ledger, name_taken_by_another_runner_is_left_alone) {
  World world;
  const Json mine = write(world, Ledger(), 5, {entry("a.csv")});
  const Json theirs = write(world, Ledger(), 5, {entry("b.csv")});
  EXPECT_NE(ledger_files(mine), ledger_files(theirs));
  EXPECT_NE(read(world, mine).find("a.csv"), nullptr);
  EXPECT_NE(read(world, theirs).find("b.csv"), nullptr);
}

TEST(Ledger, lost_answer_is_asked_again) {
  World world;
  auto store = std::make_shared<HookStore>(world.memory);
  int puts = 0;
  store->before = [&](Verb verb, const std::string&) {
    return verb == Verb::put_if_absent && ++puts == 1 ? Fate::lose_answer : Fate::normal;
  };
  const Json cursor = Ledger().write({store, world.table().prefix}, "a", 1, {entry("a.csv")}, world.parquet);
  EXPECT_EQ(puts, 2);
  EXPECT_NE(read(world, cursor).find("a.csv"), nullptr);
}

}  // namespace
}  // namespace weir::lake::publish
