// Every failpoint of the protocol in a process of its own, as a crash, as an error and as a pause; a pause is released
// after another runner, compaction, VACUUM, RESTORE, a rollback or garbage collection has run. Afterwards each record
// is there exactly once, or the next run refuses for the reason that was made.
#include "base/failpoint.h"

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "hook_store.h"
#include "other_engine.h"
#include "store/local_store.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

namespace fs = std::filesystem;

// The world of the other tests, on disk: the queue's acknowledged position is a file, so that two processes share it.
class DiskQueue final : public SourcePosition {
 public:
  explicit DiskQueue(fs::path file) : file_(std::move(file)) {}
  std::string identity() const override { return "queue"; }
  std::optional<Json> acked() override { return at(position()); }
  std::optional<Json> low_water() override { return at(position()); }
  bool forgets() const override { return true; }
  std::optional<int> compare(const Json& a, const Json& b) const override { return Queue().compare(a, b); }
  void ack(const Json& floor) override {
    const int64_t next = std::max(position(), floor.at("at").as_int());
    std::ofstream(file_) << next;
  }
  int64_t position() const {
    int64_t value = 0;
    std::ifstream(file_) >> value;
    return value;
  }

 private:
  fs::path file_;
};

constexpr int64_t records = 4;

struct Disk {
  Disk() : root(make_root()), queue(root / "acked") {
    fs::create_directories(root / "signals");
    auto store = std::make_shared<store::LocalStore>(root / "lake");
    asset.id = "raw.numbers";
    asset.owner = "project-1";
    asset.rollback_keep_ms = 0;
    for (const char* name : {"numbers", "numbers__1"})
      asset.tables.push_back({{"raw", name}, {store, std::string("raw/") + name + "/"}});
  }
  ~Disk() { fs::remove_all(root); }
  Disk(const Disk&) = delete;

  static fs::path make_root() {
    // Power loss is not the subject here, so memory serves where there is a file system for it.
    const fs::path shared = "/dev/shm", base = access(shared.c_str(), W_OK) == 0 ? shared : fs::temp_directory_path();
    std::string pattern = (base / "weir-failpoint-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    return pattern;
  }

  Publisher publisher() { return Publisher(parquet, clock, nullptr); }
  std::vector<int64_t> rows(size_t i) {
    std::vector<int64_t> out;
    const TableLocation& table = asset.tables[i].location;
    const auto snapshot = Snapshot::open(table, parquet);
    for (const Add& file : snapshot->files())
      for (int64_t number : numbers_of(table.store->read(table.key(decoded_path(file))))) out.push_back(number);
    std::sort(out.begin(), out.end());
    return out;
  }
  void load_to(int64_t to) {
    Publisher runner = publisher();
    const Inspection inspected = runner.inspect(asset, &queue);
    if (Queue::position(inspected.cursor()) < to)
      runner.publish(asset, inspected, attempt_for(asset, inspected, to), &queue);
  }

  fs::path root;
  store::SystemClock clock;
  MemoryParquet parquet;  // no table here grows to its first checkpoint
  DiskQueue queue;
  Asset asset;
};

// What a child process does; it ends by a failpoint or by itself.
using Deed = std::function<void(Disk&)>;

void publish_all(Disk& disk) { disk.load_to(records); }
void roll_back(Disk& disk) { disk.publisher().rollback(disk.asset, 1, "run", &disk.queue); }
void collect(Disk& disk) { disk.publisher().collect_garbage(disk.asset, false); }
void adopt(Disk& disk) { disk.publisher().adopt(disk.asset, {}, "run", &disk.queue); }

std::string staged_file(Disk& disk, int64_t n) {
  return disk.asset.tables[0].location.key(read_manifest(disk.asset.anchor().location, disk.asset.id, n)->attempt +
                                           "-0.parquet");
}

void two_publishes(Disk& disk) {
  disk.load_to(1);
  disk.load_to(2);
}
void kept_for_rollback(Disk& disk) {
  disk.asset.rollback_keep_ms = day_ms;
  two_publishes(disk);
}
void four_publishes(Disk& disk) {
  for (int64_t to = 1; to <= records; ++to) disk.load_to(to);
}
void head_without_file(Disk& disk) {
  kept_for_rollback(disk);
  fs::remove(disk.root / "lake" / staged_file(disk, 2));
}
void without_manifests(Disk& disk) {
  two_publishes(disk);
  fs::remove_all(disk.root / "lake" / "raw" / "numbers" / "_weir");
}
// The commit's version is taken by another writer's append in the moment before the put.
void publish_beside_an_append(Disk& disk) {
  auto store = std::make_shared<HookStore>(disk.asset.anchor().location.store);
  const std::string log = disk.asset.anchor().location.key("_delta_log/");
  bool done = false;
  store->before = [&](Verb verb, const std::string& key) {
    if (done || verb != Verb::put_if_absent || !key.starts_with(log)) return Fate::normal;
    done = true;
    CommitInfo info;
    info.fields.set("operation", "SET TBLPROPERTIES");
    disk.asset.anchor().location.store->put_if_absent(key, write_commit({info}));
    return Fate::normal;
  };
  Asset hooked = disk.asset;
  for (AssetTable& table : hooked.tables) table.location.store = store;
  Publisher runner = disk.publisher();
  const Inspection inspected = runner.inspect(hooked, &disk.queue);
  runner.publish(hooked, inspected, attempt_for(hooked, inspected, records), &disk.queue);
}

struct Case {
  const char* failpoint;
  Deed prepare, deed;
};
std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.failpoint; }

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"inspect.done", two_publishes, publish_all},
      {"stage.done", two_publishes, publish_all},
      {"prepare.before", two_publishes, publish_all},
      {"prepare.late", two_publishes, publish_all},
      {"prepare.landed_no_answer", two_publishes, publish_all},
      {"prepare.done", two_publishes, publish_all},
      {"guard.done", two_publishes, publish_all},
      {"commit.before", two_publishes, publish_all},
      {"commit.late", two_publishes, publish_all},
      {"commit.landed_no_answer", two_publishes, publish_all},
      {"commit.exists", two_publishes, publish_beside_an_append},
      {"commit.done", two_publishes, publish_all},
      {"group.anchor_done", two_publishes, publish_all},
      {"group.member.1", two_publishes, publish_all},
      {"verify.before", two_publishes, publish_all},
      {"ack.decided", two_publishes, publish_all},
      {"ack.sent", two_publishes, publish_all},
      {"state.before", two_publishes, publish_all},
      {"rollback.planned", kept_for_rollback, roll_back},
      {"rollback.anchor_done", kept_for_rollback, roll_back},
      {"verify.missing", head_without_file, publish_all},
      {"takeback.prepared", head_without_file, publish_all},
      {"adopt.prepared", without_manifests, adopt},
      {"gc.files", four_publishes, collect},
      {"gc.manifest", four_publishes, collect},
  };
  return all;
}

// A child that does `deed` with WEIR_FAIL set. Its exit status: 134 crashed, 0 done, 1 an Error.
pid_t start(Disk& disk, const Deed& deed, const std::string& wish) {
  const pid_t child = fork();
  if (child != 0) return child;
  setenv("WEIR_FAIL", wish.c_str(), 1);
  setenv("WEIR_FAIL_DIR", (disk.root / "signals").c_str(), 1);
  try {
    deed(disk);
  } catch (const Error&) {
    _exit(1);
  }
  _exit(0);
}

int end_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Waits for the event that the child stands at the failpoint, or ends before it.
bool reached(Disk& disk, const std::string& failpoint, pid_t child, int watch) {
  const fs::path sign = disk.root / "signals" / (failpoint + ".reached");
  while (!fs::exists(sign)) {
    alignas(inotify_event) char buffer[4096];
    if (read(watch, buffer, sizeof buffer) <= 0) return false;
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return false;
  }
  return true;
}

// Until nothing is left to do, as a user would run it. nullopt = all is loaded.
std::optional<ErrorCode> settle(Disk& disk) {
  for (int run = 0; run < 4; ++run) {
    try {
      disk.load_to(records);
    } catch (const Error& error) {
      return error.code();
    }
  }
  return std::nullopt;
}

void expect_exactly_once(Disk& disk, const std::string& what) {
  for (size_t i = 0; i < disk.asset.tables.size(); ++i) EXPECT_EQ(disk.rows(i), range(0, records)) << what;
  const Inspection inspected = disk.publisher().inspect(disk.asset, &disk.queue);
  EXPECT_EQ(inspected.cursor(), at(records)) << what;
  EXPECT_LE(disk.queue.position(), records) << what;
}

class Failpoint : public testing::TestWithParam<Case> {};

TEST_P(Failpoint, crash_is_recovered_by_the_next_run) {
  const Case& one = GetParam();
  Disk disk;
  one.prepare(disk);
  ASSERT_EQ(end_of(start(disk, one.deed, std::string(one.failpoint) + ":crash")), 134) << "was not reached";
  std::optional<ErrorCode> refusal = settle(disk);
  if (std::string(one.failpoint) == "adopt.prepared") {
    ASSERT_EQ(refusal, ErrorCode::head_lost) << "an adopt that died did not happen";
    adopt(disk);
    refusal = settle(disk);
  }
  ASSERT_EQ(refusal, std::nullopt);
  expect_exactly_once(disk, one.failpoint);
}

TEST_P(Failpoint, error_is_recovered_by_the_next_run) {
  const Case& one = GetParam();
  Disk disk;
  one.prepare(disk);
  const int exit = end_of(start(disk, one.deed, std::string(one.failpoint) + "@1:error"));
  const std::string name = one.failpoint;
  const bool plays_lost_answer = name.ends_with(".late") || name.ends_with(".landed_no_answer");
  EXPECT_EQ(exit, plays_lost_answer ? 0 : 1);
  if (name == "adopt.prepared") adopt(disk);
  ASSERT_EQ(settle(disk), std::nullopt);
  expect_exactly_once(disk, one.failpoint);
}

// What happens to the table while a runner sleeps. Returns a refusal that is then right.
struct Meanwhile {
  const char* name;
  std::function<void(Disk&)> event;
};
std::ostream& operator<<(std::ostream& out, const Meanwhile& event) { return out << event.name; }

void quietly(const std::function<void()>& deed) {
  try {
    deed();
  } catch (const Error&) {
    // a rival that is refused or finds nothing to do is a schedule too
  }
}

void commit_by_other(Disk& disk, const std::string& operation, bool data_change, const Snapshot* target) {
  const TableLocation& table = disk.asset.anchor().location;
  const auto newest = Snapshot::open(table, disk.parquet);
  std::vector<Action> actions;
  CommitInfo info;
  info.fields.set("operation", operation);
  if (target != nullptr) info.fields.set("operationParameters", Json::object().set("version", target->version()));
  actions.emplace_back(info);
  std::string content;
  const auto holds = [](const Snapshot& snapshot, const Add& file) {
    return std::any_of(snapshot.files().begin(), snapshot.files().end(),
                       [&](const Add& other) { return other.path == file.path; });
  };
  for (const Add& file : newest->files()) {
    if (target != nullptr && holds(*target, file)) continue;
    Remove remove;
    remove.path = file.path;
    remove.data_change = data_change;
    remove.deletion_timestamp_ms = disk.clock.now_ms();
    actions.emplace_back(remove);
    if (target == nullptr) content += table.store->read(table.key(decoded_path(file)));
  }
  if (target != nullptr) {
    for (const Add& file : target->files())
      if (!holds(*newest, file)) actions.emplace_back(file);
  } else {
    Add add;
    add.path = "part-" + uuid_v4() + ".parquet";
    add.size_bytes = static_cast<int64_t>(content.size());
    add.data_change = data_change;
    table.store->put(table.key(add.path), content);
    actions.emplace_back(add);
  }
  put_commit(table, newest->version() + 1, write_commit(actions));
}

void compact(Disk& disk) { commit_by_other(disk, "OPTIMIZE", false, nullptr); }
void restore_first(Disk& disk) {
  const auto first = Snapshot::open(disk.asset.anchor().location, disk.parquet, {.version = 0, .at_ms = {}});
  commit_by_other(disk, "RESTORE", true, first.get());
}
// With no retention at all: below weir's deadline.
void vacuum(Disk& disk) {
  for (const AssetTable& table : disk.asset.tables) {
    std::set<std::string> live;
    const auto snapshot = Snapshot::open(table.location, disk.parquet);
    for (const Add& file : snapshot->files()) live.insert(table.location.key(decoded_path(file)));
    for (const auto& object : store::list(*table.location.store, table.location.prefix))
      if (object.key.ends_with(".parquet") && object.key.find("/_") == std::string::npos && !live.contains(object.key))
        table.location.store->remove(object.key);
  }
}

const std::vector<Meanwhile>& meanwhiles() {
  static const std::vector<Meanwhile> all = {
      {"another_run", [](Disk& disk) { quietly([&] { disk.load_to(3); }); }},
      {"compaction", [](Disk& disk) { quietly([&] { compact(disk); }); }},
      {"vacuum", [](Disk& disk) { quietly([&] { vacuum(disk); }); }},
      {"restore", [](Disk& disk) { quietly([&] { restore_first(disk); }); }},
      {"rollback", [](Disk& disk) { quietly([&] { roll_back(disk); }); }},
      {"collection", [](Disk& disk) { quietly([&] { collect(disk); }); }},
  };
  return all;
}

class PausedFailpoint : public testing::TestWithParam<std::tuple<Case, Meanwhile>> {};

TEST_P(PausedFailpoint, is_released_into_a_changed_world) {
  const auto& [one, meanwhile] = GetParam();
  Disk disk;
  one.prepare(disk);
  const int watch = inotify_init1(IN_CLOEXEC);
  inotify_add_watch(watch, (disk.root / "signals").c_str(), IN_CREATE | IN_CLOSE_WRITE);
  const pid_t child = start(disk, one.deed, std::string(one.failpoint) + "@1:pause");
  const bool stands = reached(disk, one.failpoint, child, watch);
  close(watch);
  ASSERT_TRUE(stands) << "was not reached";
  meanwhile.event(disk);
  std::ofstream(disk.root / "signals" / (std::string(one.failpoint) + ".release"));
  end_of(child);
  const std::string what = std::string(one.failpoint) + " " + meanwhile.name;
  std::optional<ErrorCode> refusal = settle(disk);
  if (refusal == ErrorCode::head_lost && std::string(one.failpoint) == "adopt.prepared") {
    if (std::string(meanwhile.name) == "restore") return;  // a human decides what the cursor of this table is
    adopt(disk);
    refusal = settle(disk);
  }
  if (std::string(meanwhile.name) == "restore" && refusal == ErrorCode::foreign) return;  // said, not silently wrong
  if (std::string(meanwhile.name) == "vacuum" && refusal == ErrorCode::data_lost) {
    // VACUUM below the deadline took files that were to be put back; nothing acknowledged may be among what is gone.
    EXPECT_LE(disk.queue.position(), 2) << what;
    return;
  }
  ASSERT_EQ(refusal, std::nullopt) << what;
  expect_exactly_once(disk, what);
}

std::string paused_name(const testing::TestParamInfo<std::tuple<Case, Meanwhile>>& info) {
  std::string name = std::get<0>(info.param).failpoint;
  std::replace(name.begin(), name.end(), '.', '_');
  return name + "_" + std::get<1>(info.param).name;
}
std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.failpoint;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(All, Failpoint, testing::ValuesIn(cases()), case_name);
INSTANTIATE_TEST_SUITE_P(All, PausedFailpoint,
                         testing::Combine(testing::ValuesIn(cases()), testing::ValuesIn(meanwhiles())), paused_name);

// stage.file and stage.vectors stand where an engine writes files, vacuum.files in tests/unit/lake/vacuum_test.cpp,
// those of hudi and iceberg in tests/conformance/read_as_hudi.py and read_as_iceberg.py, of optimize, convert and clone
// in tests/fault/layout.py; everything else is here.
TEST(Failpoints, all_of_the_protocol_are_tried) {
  std::set<std::string> tried = {"stage.file",   "stage.vectors",   "vacuum.files",     "hudi.commit",
                                 "hudi.note",    "iceberg.puffin",  "iceberg.manifest", "iceberg.metadata",
                                 "iceberg.hint", "optimize.before", "optimize.done",    "convert.before",
                                 "convert.done", "clone.before",    "clone.done"};
  for (const Case& one : cases())
    tried.insert(std::string(one.failpoint) == "group.member.1" ? "group.member.<i>" : one.failpoint);
  for (const std::string& name : failpoint_names()) EXPECT_TRUE(tried.contains(name)) << name;
}

}  // namespace
}  // namespace weir::lake::publish
