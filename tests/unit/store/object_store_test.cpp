// The contract of ObjectStore, kept by every store. Remote ones are among them if tests/conformance/stores.py, which
// starts their servers, names them in the environment: WEIR_TEST_S3=s3://bucket and its like.
#include "store/object_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/text.h"
#include "store/fault_store.h"
#include "store/local_store.h"
#include "store/memory_store.h"
#include "store_fixture.h"

namespace weir::store {
namespace {

using Keys = std::vector<std::string>;

struct RemoteKind {
  const char* name;
  const char* variable;
};
// s3_folders keeps objects as files; azure_folders is listed folder by folder.
constexpr RemoteKind remote_kinds[] = {
    {"s3", "WEIR_TEST_S3"},       {"s3_folders", "WEIR_TEST_S3_FOLDERS"},       {"gcs", "WEIR_TEST_GCS"},
    {"azure", "WEIR_TEST_AZURE"}, {"azure_folders", "WEIR_TEST_AZURE_FOLDERS"}, {"webhdfs", "WEIR_TEST_WEBHDFS"}};

class Contract : public FolderTest, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "memory") store_ = std::make_shared<MemoryStore>();
    if (GetParam() == "local") store_ = std::make_shared<LocalStore>(folder_ / "lake");
    if (GetParam() == "fault") store_ = std::make_shared<FaultStore>(std::make_shared<MemoryStore>(), FaultPlan{});
    for (const RemoteKind& kind : remote_kinds)
      if (GetParam() == kind.name) store_ = open(std::string(std::getenv(kind.variable)) + "/" + uuid_v4());
  }
  // A file cannot be a folder too.
  static bool has_files() { return GetParam() == "local" || GetParam() == "s3_folders" || GetParam() == "webhdfs"; }
  std::shared_ptr<ObjectStore> store_;
};

std::vector<std::string> stores() {
  std::vector<std::string> names = {"memory", "local", "fault"};
  for (const RemoteKind& kind : remote_kinds)
    if (std::getenv(kind.variable)) names.emplace_back(kind.name);
  return names;
}

class Opening : public FolderTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Contract, testing::ValuesIn(stores()), [](const auto& info) { return info.param; });

TEST_P(Contract, PutReadReplace) {
  store_->put("a/b", "one");
  EXPECT_EQ(store_->read("a/b"), "one");
  const auto before = store_->head("a/b");
  store_->put("a/b", "three");
  EXPECT_EQ(store_->read("a/b"), "three");
  const auto after = store_->head("a/b");
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->size, 5U);
  EXPECT_NE(before->etag, after->etag);
  EXPECT_GE(after->modified_ms, before->modified_ms);
}

TEST_P(Contract, RangesAreCutAtTheEnd) {
  store_->put("x", "0123456789");
  EXPECT_EQ(store_->read("x", 3, 4), "3456");
  EXPECT_EQ(store_->read("x", 8, 100), "89");
  EXPECT_EQ(store_->read("x", 10, 1), "");
  EXPECT_EQ(store_->read("x", 99, 1), "");
  EXPECT_EQ(store_->read("x", 0, 0), "");
  char out[4] = {};
  EXPECT_EQ(store_->read_into("x", 8, out, 4), 2U);
  EXPECT_EQ(std::string(out, 2), "89");
  EXPECT_EQ(store_->read_into("x", 20, out, 4), 0U);
  const auto reader = store_->open_read("x");
  EXPECT_EQ(reader->info().size, 10U);
  EXPECT_EQ(reader->read_into(2, out, 4), 4U);
  EXPECT_EQ(std::string(out, 4), "2345");
}

TEST_P(Contract, AbsentIsAnAnswerOrAnError) {
  EXPECT_EQ(store_->head("x"), std::nullopt);
  EXPECT_EQ(code_of([&] { store_->read("x"); }), ErrorCode::store_not_found);
  EXPECT_EQ(code_of([&] { store_->read("x", 0, 1); }), ErrorCode::store_not_found);
  EXPECT_EQ(code_of([&] { store_->open_read("x"); }), ErrorCode::store_not_found);
  store_->put("x/y", "");
  EXPECT_EQ(store_->head("x"), std::nullopt);  // a folder is no object
  EXPECT_EQ(code_of([&] { store_->read("x"); }), ErrorCode::store_not_found);
  EXPECT_EQ(store_->read("x/y"), "");
  store_->remove("x/y");
  store_->remove("x/y");
  store_->remove("never/was");
  EXPECT_TRUE(keys(*store_).empty());
}

TEST_P(Contract, PutIfAbsentTellsWhetherItWas) {
  EXPECT_EQ(store_->put_if_absent("l/1", "mine"), PutResult::done);
  EXPECT_EQ(store_->put_if_absent("l/1", "theirs"), PutResult::exists);
  EXPECT_EQ(store_->read("l/1"), "mine");
}

TEST_P(Contract, ListsInOrderOfBytes) {
  for (const char* key : {"a/x", "a.b", "a-b", "a/x.y", "a/x/z", "b", "ä/1", "a0"}) {
    if (has_files() && std::string(key) == "a/x/z") continue;
    store_->put(key, key);
  }
  const Keys tail = {"a0", "b", "ä/1"};
  Keys all = {"a-b", "a.b", "a/x", "a/x.y"};
  if (!has_files()) all.push_back("a/x/z");
  all.insert(all.end(), tail.begin(), tail.end());
  EXPECT_EQ(keys(*store_), all);
  EXPECT_EQ(keys(*store_, "", "a/x.y").back(), "ä/1");
  EXPECT_EQ(keys(*store_, "a/x.", ""), Keys{"a/x.y"});
  EXPECT_EQ(keys(*store_, "a", "a.zzz").front(), "a/x");
  EXPECT_EQ(keys(*store_, "", "b"), Keys{"ä/1"});
  EXPECT_TRUE(keys(*store_, "zz").empty());
  EXPECT_TRUE(keys(*store_, "no/such/").empty());
  EXPECT_EQ(list(*store_, "b")[0].size, 1U);
}

TEST_P(Contract, ListingStopsWhenAsked) {
  for (int i = 0; i < 10; ++i) store_->put("l/" + std::to_string(i), "");
  int seen = 0;
  store_->list_from("l/", "l/3", [&](const ObjectInfo& info) {
    EXPECT_EQ(info.key, "l/" + std::to_string(4 + seen));
    return ++seen < 2;
  });
  EXPECT_EQ(seen, 2);
}

TEST_P(Contract, FoldersOfTheNextLevel) {
  for (const char* key : {"s/t1/_delta_log/0", "s/t2/x", "s/file", "s/t10/y", "r"}) store_->put(key, "");
  EXPECT_EQ(store_->list_folders(""), Keys{"s"});
  EXPECT_EQ(store_->list_folders("s/"), (Keys{"t1", "t10", "t2"}));
  EXPECT_TRUE(store_->list_folders("s/t2/").empty());
  EXPECT_TRUE(store_->list_folders("none/").empty());
}

TEST_P(Contract, WritersShowNothingBeforeFinish) {
  auto writer = store_->open_write("d/big");
  writer->append("ab");
  writer->append("");
  writer->append(std::string(3'000'000, 'x'));
  writer->append("yz");
  EXPECT_EQ(writer->size(), 3'000'004U);
  EXPECT_EQ(store_->head("d/big"), std::nullopt);
  EXPECT_TRUE(keys(*store_).empty());
  writer->finish();
  const std::string bytes = store_->read("d/big");
  EXPECT_EQ(bytes.size(), 3'000'004U);
  EXPECT_EQ(bytes.substr(0, 3) + bytes.substr(3'000'001), "abxxyz");
}

TEST_P(Contract, AbandonedWritersLeaveNothing) {
  {
    auto writer = store_->open_write("d/x");
    writer->append("ab");
  }
  auto writer = store_->open_write("d/y");
  writer->append("ab");
  writer->abort();
  writer.reset();
  store_->open_write("d/empty")->finish();
  EXPECT_EQ(keys(*store_), Keys{"d/empty"});
}

TEST_P(Contract, HostileKeysAreRefusedEverywhere) {
  for (const std::string& key :
       {std::string(), std::string("/etc/passwd"), std::string("../x"), std::string("a/../../x"), std::string("a/./x"),
        std::string("a//x"), std::string("a/"), std::string("."), std::string("a\0b", 3), std::string("a/.tmp-1"),
        std::string("..")}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(code_of([&] { store_->read(key); }), ErrorCode::bad_key);
    EXPECT_EQ(code_of([&] { store_->read(key, 0, 1); }), ErrorCode::bad_key);
    EXPECT_EQ(code_of([&] { store_->head(key); }), ErrorCode::bad_key);
    EXPECT_EQ(code_of([&] { store_->put(key, "x"); }), ErrorCode::bad_key);
    EXPECT_EQ(code_of([&] { store_->put_if_absent(key, "x"); }), ErrorCode::bad_key);
    EXPECT_EQ(code_of([&] { store_->open_write(key); }), ErrorCode::bad_key);
    EXPECT_EQ(code_of([&] { store_->open_read(key); }), ErrorCode::bad_key);
    EXPECT_EQ(code_of([&] { store_->remove(key); }), ErrorCode::bad_key);
  }
  for (const char* prefix : {"../", "/", "a/../", "..", "a//"}) {
    EXPECT_EQ(code_of([&] { list(*store_, prefix); }), ErrorCode::bad_key) << prefix;
    EXPECT_EQ(code_of([&] { store_->list_folders(prefix); }), ErrorCode::bad_key) << prefix;
  }
}

TEST_P(Contract, StrangeNamesAreNamesLikeAnyOther) {
  Keys strange = {"a b", "c%20d", "ü/ß", "..x", "-", "$(rm)", "'\"", "#?*", std::string(255, 'n')};
  for (const char* key : {"x..", "\\"}) {
    if (GetParam().starts_with("azure"))
      EXPECT_EQ(code_of([&] { store_->put(key, key); }), ErrorCode::bad_key);  // it would not keep them
    else
      strange.emplace_back(key);
  }
  if (GetParam() != "s3") strange.push_back("e\nf");  // moto has no route to it
  for (const auto& key : strange) store_->put(key, key);
  for (const auto& key : strange) EXPECT_EQ(store_->read(key), key);
  std::sort(strange.begin(), strange.end());
  EXPECT_EQ(keys(*store_), strange);
}

TEST_P(Contract, OneOfEightThreadsWins) {
  for (int round = 0; round < 50; ++round) {
    const std::string key = "log/" + std::to_string(round);
    std::atomic<int> winners = 0;
    std::atomic<int> ready = 0;
    std::string winner;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        const std::string mine(100 + static_cast<size_t>(t), static_cast<char>('a' + t));
        ++ready;
        while (ready < 8) std::this_thread::yield();
        if (store_->put_if_absent(key, mine) != PutResult::done) return;
        ++winners;
        winner = mine;
      });
    for (auto& thread : threads) thread.join();
    ASSERT_EQ(winners, 1);
    ASSERT_EQ(store_->read(key), winner);
  }
  EXPECT_EQ(keys(*store_).size(), 50U);
}

TEST_F(Opening, OpenChoosesTheStore) {
  EXPECT_EQ(open((folder_ / "a b").string())->uri(), "file://" + folder_.string() + "/a%20b");
  const auto store = open("file://" + folder_.string() + "/a%20b");
  store->put("x", "1");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "a b" / "x"));
  EXPECT_EQ(open("file:" + folder_.string())->uri(), "file://" + folder_.string());
  EXPECT_EQ(open("file://localhost" + folder_.string() + "/")->uri(), "file://" + folder_.string());
  EXPECT_EQ(open("memory:x")->uri(), "memory:x");
  EXPECT_EQ(open("lake")->uri(), "file://" + (std::filesystem::current_path() / "lake").string());
  for (const char* bad : {"s3://", "gs://x", "az://", "abfss://c@a.example.org/x", "webhdfs://", "http://x", "",
                          "file:x", "file://host/x"})
    EXPECT_EQ(code_of([&] { open(bad); }), ErrorCode::store_scheme) << bad;
}

}  // namespace
}  // namespace weir::store
