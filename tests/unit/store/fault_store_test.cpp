#include "store/fault_store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/local_store.h"
#include "store/memory_store.h"
#include "store_fixture.h"

namespace weir::store {
namespace {

using Keys = std::vector<std::string>;

class Faults : public FolderTest {
 protected:
  Faults() : inner_(std::make_shared<MemoryStore>()), store_(inner_, FaultPlan{}) {}
  std::shared_ptr<MemoryStore> inner_;
  FaultStore store_;

 public:
  // Six operations.
  static void story(ObjectStore& store) {
    store.put("a", "1");
    store.put_if_absent("b", "2");
    auto writer = store.open_write("c");
    writer->append("34");
    writer->append("56");
    writer->finish();
    store.remove("a");
  }
};

TEST_F(Faults, CountsAndTraces) {
  Keys trace;
  store_.trace = [&](uint64_t number, std::string_view verb, const std::string& key) {
    trace.push_back(std::to_string(number) + " " + std::string(verb) + " " + key);
  };
  story(store_);
  EXPECT_EQ(trace, (Keys{"1 put a", "2 put_if_absent b", "3 append c", "4 append c", "5 finish c", "6 remove a"}));
  EXPECT_EQ(store_.operations(), 6U);
}

TEST_F(Faults, FailAtEachOperation) {
  for (uint64_t n = 1; n <= 6; ++n) {
    auto inner = std::make_shared<MemoryStore>();
    FaultStore store(inner, {FaultKind::fail, n});
    EXPECT_EQ(code_of([&] { story(store); }), ErrorCode::store_io) << n;
    EXPECT_EQ(store.operations(), n);
    const Keys left = n == 1 ? Keys{} : n == 2 ? Keys{"a"} : n <= 5 ? Keys{"a", "b"} : Keys{"a", "b", "c"};
    EXPECT_EQ(keys(*inner), left) << n;
  }
}

TEST_F(Faults, LostAnswersHappened) {
  store_.set_plan({FaultKind::lose_answer, 1});
  EXPECT_EQ(code_of([&] { store_.put_if_absent("a", "1"); }), ErrorCode::store_unknown);
  EXPECT_EQ(store_.put_if_absent("a", "1"), PutResult::exists);
  store_.set_plan({FaultKind::lose_answer, 4});
  auto writer = store_.open_write("c");
  writer->append("x");
  EXPECT_EQ(code_of([&] { writer->finish(); }), ErrorCode::store_unknown);
  EXPECT_EQ(store_.read("c"), "x");
}

TEST_F(Faults, LateOnesHappenWhenReleased) {
  store_.set_plan({FaultKind::late, 1});
  EXPECT_EQ(code_of([&] { store_.put_if_absent("a", "1"); }), ErrorCode::store_unknown);
  EXPECT_EQ(inner_->head("a"), std::nullopt);
  store_.release_late();
  EXPECT_EQ(inner_->read("a"), "1");

  store_.set_plan({FaultKind::late, 3});
  auto writer = store_.open_write("c");
  writer->append("x");
  EXPECT_EQ(code_of([&] { writer->finish(); }), ErrorCode::store_unknown);
  writer->abort();
  writer.reset();
  EXPECT_EQ(inner_->head("c"), std::nullopt);
  store_.release_late();
  EXPECT_EQ(inner_->read("c"), "x");

  // Another was there first: the late one changes nothing.
  store_.set_plan({FaultKind::late, 4});
  EXPECT_EQ(code_of([&] { store_.put_if_absent("d", "late"); }), ErrorCode::store_unknown);
  inner_->put_if_absent("d", "first");
  store_.release_late();
  EXPECT_EQ(inner_->read("d"), "first");
}

TEST_F(Faults, LateOnesHappenAtTheLatestAtTheEnd) {
  {
    FaultStore store(inner_, {FaultKind::late, 1});
    EXPECT_EQ(code_of([&] { store.put("a", "1"); }), ErrorCode::store_unknown);
  }
  EXPECT_EQ(inner_->read("a"), "1");
}

TEST_F(Faults, NoSpaceLastsUntilCleared) {
  store_.set_plan({FaultKind::no_space, 2});
  store_.put("a", "1");
  EXPECT_EQ(code_of([&] { store_.put("b", "1"); }), ErrorCode::store_io);
  EXPECT_EQ(code_of([&] { store_.put_if_absent("b", "1"); }), ErrorCode::store_io);
  store_.remove("a");
  store_.set_plan({});
  store_.put("b", "1");
  EXPECT_EQ(keys(*inner_), Keys{"b"});
}

TEST_F(Faults, CrashBeforeAfterAndTorn) {
  auto local = std::make_shared<LocalStore>(folder_);
  auto die = [&](FaultKind kind) {
    FaultStore store(local, {kind, 1});
    EXPECT_EXIT(store.put("x", "12345678"), testing::ExitedWithCode(134), "");
  };
  die(FaultKind::crash);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  die(FaultKind::torn);
  EXPECT_TRUE(keys(*local).empty());
  EXPECT_FALSE(std::filesystem::is_empty(folder_));  // the temporary object with half of it
  EXPECT_EQ(local->remove_unfinished("", -60'000), 1U);
  die(FaultKind::crash_after);
  EXPECT_EQ(local->read("x"), "12345678");
}

TEST_F(Faults, PlansAreReadAndRefused) {
  const auto plan = FaultPlan::parse("lose_answer@17");
  EXPECT_EQ(plan.kind, FaultKind::lose_answer);
  EXPECT_EQ(plan.at, 17U);
  for (const char* bad : {"", "crash", "crash@", "crash@0", "crash@-1", "crash@x", "explode@1", "@1"})
    EXPECT_EQ(code_of([&] { FaultPlan::parse(bad); }), ErrorCode::usage) << bad;
}

TEST_F(Faults, CallsOfTheSystemCanFailToo) {
  auto counter = std::make_shared<FaultCounter>();
  LocalStore store(folder_ / "lake", std::make_shared<FaultGate>(counter));
  story(store);
  EXPECT_EQ(counter->counts().dump_sorted(),
            R"({"create":3,"link":1,"rename":2,"sync":3,"sync_folder":4,"total":18,"unlink":2,"write":3})");
  for (uint64_t n = 1; n <= 15; ++n) {
    SCOPED_TRACE(n);
    const auto root = folder_ / std::to_string(n);
    LocalStore failing(root,
                       std::make_shared<FaultGate>(std::make_shared<FaultCounter>(FaultPlan{FaultKind::fail, n})));
    const auto code = code_of([&] { story(failing); });
    // Only the removal of a temporary file may fail unseen.
    EXPECT_TRUE(code == ErrorCode::store_io || code == ErrorCode::store_unknown || n == 10) << n;
  }
}

// Run by the next test in processes of their own, since store::open looks at the environment once.
TEST(FaultsChild, DISABLED_Story) {
  const char* root = std::getenv("WEIR_TEST_ROOT");
  ASSERT_NE(root, nullptr);
  try {
    Faults::story(*open(root));
  } catch (const Error& error) {
    _exit(error.code() == ErrorCode::usage ? 3 : 4);
  }
}

int story_in_child(const std::string& root, const char* variable, const std::string& value) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("WEIR_TEST_ROOT", root.c_str(), 1);
    setenv(variable, value.c_str(), 1);
    execl("/proc/self/exe", "unit_store", "--gtest_filter=FaultsChild.*", "--gtest_also_run_disabled_tests",
          "--gtest_brief=1", nullptr);
    _exit(99);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST_F(Faults, TheEnvironmentAsksForThem) {
  const std::string root = (folder_ / "lake").string();
  LocalStore lake(root);
  EXPECT_EQ(story_in_child(root, "WEIR_FAULT_COUNT", folder_ / "count"), 0);
  const Json counts = Json::parse(read_file(folder_ / "count"));
  EXPECT_EQ(counts.at("store").dump_sorted(),
            R"({"append":2,"finish":1,"put":1,"put_if_absent":1,"remove":1,"total":6})");
  EXPECT_EQ(counts.at("disk").at("total").as_int(), 18);
  std::filesystem::remove_all(root);
  EXPECT_EQ(story_in_child(root, "WEIR_FAULT", "crash@2"), 134);
  EXPECT_EQ(keys(lake), Keys{"a"});
  std::filesystem::remove_all(root);
  EXPECT_EQ(story_in_child(root, "WEIR_FAULT", "late@2"), 4);
  EXPECT_EQ(keys(lake), (Keys{"a", "b"}));  // it happened after the program had given up
  std::filesystem::remove_all(root);
  EXPECT_EQ(story_in_child(root, "WEIR_FAULT", "disk:crash@4"), 134);
  EXPECT_TRUE(keys(lake).empty());
  EXPECT_EQ(story_in_child(root, "WEIR_FAULT", "disk:late@1"), 3);
  EXPECT_EQ(story_in_child(root, "WEIR_FAULT", "crsh@1"), 3);
}

}  // namespace
}  // namespace weir::store
