#include "lake/vacuum.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/commit.h"
#include "lake/iceberg/compat.h"
#include "lake/schema_change.h"
#include "lake_fixture.h"
#include "store/fault_store.h"
#include "store/local_store.h"

namespace weir::lake {
namespace {

using Paths = std::vector<std::string>;
constexpr int64_t hour_ms = 3'600'000, day_ms = 24 * hour_ms;

class VacuumTest : public TableTest {
 protected:
  void file(const std::string& path) { store->put(table.key(path), "rows of " + path); }
  // Each version a day after the one before.
  void day(int64_t version, const std::vector<Action>& actions) {
    for (const auto& action : actions)
      if (const auto* add = std::get_if<Add>(&action)) file(decoded_path(*add));
    store->put(commit_key(table, version), write_commit(actions));
    clock.advance(day_ms);
  }
  Remove gone(const std::string& path) { return remove_of(plain_add(path), clock.now_ms()); }
  VacuumPlan plan(VacuumOptions options = {}) { return plan_vacuum(*open(), parquet, options, clock.now_ms()); }
  Vacuumed vacuum(VacuumOptions options = {}, VacuumRun run = {}) {
    return carry_out_vacuum(plan(std::move(options)), open(), parquet, clock, run);
  }
  Paths names(const std::vector<store::ObjectInfo>& infos) const {
    Paths names;
    for (const auto& info : infos) names.push_back(info.key.substr(table.prefix.size()));
    return names;
  }
  Paths data_files() const {
    Paths found;
    for (const auto& info : store::list(*store, table.prefix))
      if (!info.key.starts_with(log_folder(table))) found.push_back(info.key.substr(table.prefix.size()));
    return found;
  }
  static VacuumOptions with(int64_t retention_ms, bool lite = false) {
    return {.retention_ms = retention_ms, .lite = lite, .force = true, .needed = {}};
  }
  // Files a to e, one after the other; each next version takes the former file away.
  void chain() {
    create();
    day(1, {plain_add("a")});
    for (int64_t v = 2; v <= 5; ++v) {
      const char last = static_cast<char>('a' + v - 2), next = static_cast<char>('a' + v - 1);
      day(v, {gone(std::string(1, last)), plain_add(std::string(1, next))});
    }
  }
};

TEST_F(VacuumTest, removes_what_no_version_inside_the_retention_needs) {
  chain();
  clock.advance(4 * day_ms + hour_ms);
  VacuumPlan planned = plan();
  EXPECT_EQ(planned.retention_ms, 7 * day_ms);
  EXPECT_EQ(names(planned.files), (Paths{"a", "b"})) << "c was there seven days ago";
  EXPECT_EQ(planned.covered, 3);
  Vacuumed done = vacuum();
  EXPECT_EQ(done.files, 2);
  EXPECT_EQ(data_files(), (Paths{"c", "d", "e"}));
  for (int64_t v = 3; v <= 5; ++v)
    for (const auto& path : paths(*open(v))) EXPECT_TRUE(store->head(table.key(path))) << v << " " << path;
}

TEST_F(VacuumTest, tombstones_without_a_time_do_not_give_files_away) {
  chain();
  Remove silent = gone("e");
  silent.deletion_timestamp_ms.reset();
  day(6, {silent});
  EXPECT_EQ(names(plan(with(2 * day_ms - hour_ms)).files), (Paths{"a", "b", "c", "d"})) << "e was live then";
}

TEST_F(VacuumTest, every_version_counts_where_all_are_young) {
  chain();
  EXPECT_TRUE(plan(with(100 * day_ms)).files.empty());
  EXPECT_EQ(plan(with(100 * day_ms)).covered, std::nullopt);
}

TEST_F(VacuumTest, young_files_stay_since_a_writer_may_commit_them) {
  chain();
  file("orphan-old");
  clock.advance(8 * day_ms);
  file("orphan-young");
  EXPECT_EQ(names(plan().files), (Paths{"a", "b", "c", "d", "orphan-old"}));
}

TEST_F(VacuumTest, hidden_names_other_tables_and_iceberg_are_left_alone) {
  Metadata metadata = plain_metadata({{"delta.universalFormat.enabledFormats", "iceberg"}}, {"_part"});
  metadata.schema_string = replace_all(metadata.schema_string, "\"part\"", "\"_part\"");
  metadata.read_schema();
  iceberg::add_defaults(metadata.configuration);
  map_columns(metadata, false);
  metadata.schema_string = metadata.schema.to_string();
  day(0, {lowest_protocol(metadata), metadata});
  const Paths left = {"_delta_log/x.parquet",
                      "_weir/a/1.json",
                      ".hidden",
                      "_SUCCESS",
                      "_tmp/x",
                      "p/_tmp/x",
                      "_x=1/x",
                      "_part=1/_y=2.parquet",
                      "metadata/v1.metadata.json",
                      "sub/_delta_log/00000000000000000000.json",
                      "sub/part.parquet"};
  const Paths taken = {"orphan", "_change_data/x", "_part=1/x", "p/x", "subway/x"};
  for (const auto& path : left) file(path);
  for (const auto& path : taken) file(path);
  store->put("raw/tt/orphan", "of a neighbour");
  clock.advance(8 * day_ms);
  auto found = names(plan().files);
  for (const auto& path : left) EXPECT_EQ(std::count(found.begin(), found.end(), path), 0) << path;
  for (const auto& path : taken) EXPECT_EQ(std::count(found.begin(), found.end(), path), 1) << path;
  EXPECT_EQ(found.size(), taken.size());
  EXPECT_EQ(plan().folders, 5) << "the table's own, _change_data, _part=1, p, subway";
}

TEST_F(VacuumTest, deletion_vectors_live_and_die_with_their_files) {
  const std::string uuid = "d2c639aa-8816-431a-aaf6-d3fe2512ff61";
  Add vectored = plain_add("a");
  vectored.deletion_vector = DeletionVector{"u", "^-aqEH.-t@S}K{vb[*k^", 1, 40, 1};
  const std::string object = "deletion_vector_" + uuid + ".bin";
  create({{"delta.enableDeletionVectors", "true"}});
  Protocol protocol;
  protocol.min_reader_version = 3;
  protocol.min_writer_version = 7;
  protocol.reader_features = protocol.writer_features = {"deletionVectors"};
  file("a");
  file(object);
  day(1, {protocol, plain_metadata({{"delta.enableDeletionVectors", "true"}}), plain_add("a")});
  day(2, {gone("a"), vectored});
  clock.advance(10 * day_ms);
  EXPECT_TRUE(plan().files.empty());
  day(3, {remove_of(vectored, clock.now_ms())});
  EXPECT_TRUE(plan().files.empty()) << "inside the retention";
  clock.advance(10 * day_ms);
  EXPECT_EQ(names(plan().files), (Paths{"a", object}));
  EXPECT_EQ(names(plan({.retention_ms = {}, .lite = true, .force = false, .needed = {}}).files), (Paths{"a", object}));
}

TEST_F(VacuumTest, change_data_goes_with_its_version) {
  create();
  file("_change_data/c1");
  file("_change_data/c2");
  day(1, {plain_add("a"), Cdc{"_change_data/c1", {}, 1}});
  clock.advance(7 * day_ms);
  day(2, {Cdc{"_change_data/c2", {}, 1}});
  EXPECT_EQ(names(plan().files), Paths{"_change_data/c1"});
  EXPECT_EQ(names(plan({.retention_ms = {}, .lite = true, .force = false, .needed = {}}).files),
            Paths{"_change_data/c1"});
}

TEST_F(VacuumTest, a_retention_below_the_tables_is_refused_without_force) {
  chain();
  std::string message;
  VacuumOptions short_one{.retention_ms = hour_ms, .lite = false, .force = false, .needed = {}};
  EXPECT_EQ(code_of([&] { plan(short_one); }, &message), ErrorCode::vacuum_retention);
  EXPECT_NE(message.find("1 hour"), std::string::npos) << message;
  EXPECT_NE(message.find("7 days"), std::string::npos) << message;
  EXPECT_EQ(names(plan(with(hour_ms)).files), (Paths{"a", "b", "c", "d"}));
  day(6, {plain_metadata({{"delta.deletedFileRetentionDuration", "interval 1 hour"}})});
  EXPECT_EQ(names(plan(short_one).files), (Paths{"a", "b", "c", "d"})) << "the table's own retention is enough";
}

TEST_F(VacuumTest, a_table_with_a_feature_that_weir_does_not_write_is_refused) {
  Protocol protocol;
  protocol.min_reader_version = 3;
  protocol.min_writer_version = 7;
  protocol.reader_features = {"vacuumProtocolCheck"};
  protocol.writer_features = {"vacuumProtocolCheck"};
  day(0, {protocol, plain_metadata()});
  EXPECT_TRUE(plan().files.empty()) << "the check itself is honoured";
  protocol.writer_features->push_back("filesElsewhere");
  day(1, {protocol});
  EXPECT_EQ(code_of([&] { plan(); }), ErrorCode::writer_feature);
}

TEST_F(VacuumTest, needed_keys_are_held_back) {
  chain();
  clock.advance(8 * day_ms);
  VacuumOptions options;
  options.needed = {"b"};
  VacuumPlan planned = plan(options);
  EXPECT_EQ(names(planned.files), (Paths{"a", "c", "d"}));
  EXPECT_EQ(names(planned.held_back), Paths{"b"});
  EXPECT_EQ(planned.covered, std::nullopt) << "or a lite one would never see b again";
  options.lite = true;
  planned = plan(options);
  EXPECT_EQ(names(planned.files), (Paths{"a", "c", "d"}));
  EXPECT_EQ(planned.covered, 2) << "b went with version 3";
}

TEST_F(VacuumTest, tells_the_log_as_other_engines_do) {
  chain();
  clock.advance(8 * day_ms);
  Vacuumed done = vacuum(with(8 * day_ms));
  EXPECT_EQ(done.start_version, 6);
  EXPECT_EQ(done.end_version, 7);
  auto start = read_commit(table, 6), end = read_commit(table, 7);
  EXPECT_EQ(start->operation(), "VACUUM START");
  const Json& parameters = start->commit_info()->fields.at("operationParameters");
  EXPECT_EQ(parameters.at("retentionCheckEnabled").as_string(), "false");
  EXPECT_EQ(parameters.at("defaultRetentionMillis").as_string(), "604800000");
  EXPECT_EQ(parameters.at("specifiedRetentionMillis").as_string(), "691200000");
  EXPECT_EQ(start->commit_info()->fields.at("operationMetrics").at("numFilesToDelete").as_string(), "4");
  EXPECT_EQ(start->commit_info()->fields.at("operationMetrics").at("sizeOfDataToDelete").as_string(), "36");
  EXPECT_EQ(start->actions.size(), 1U);
  EXPECT_EQ(end->operation(), "VACUUM END");
  EXPECT_EQ(end->commit_info()->fields.at("operationParameters").at("status").as_string(), "COMPLETED");
  EXPECT_EQ(end->commit_info()->fields.at("operationMetrics").at("numDeletedFiles").as_string(), "4");
  EXPECT_EQ(end->commit_info()->fields.at("operationMetrics").at("numVacuumedDirectories").as_string(), "1");
  EXPECT_EQ(store->read(log_key("_last_vacuum_info")), "{\"latestCommitVersionOutsideOfRetentionWindow\":5}\n");
  EXPECT_EQ(vacuum().start_version, std::nullopt) << "nothing to remove, nothing to tell";
  EXPECT_EQ(open()->version(), 7);
}

TEST_F(VacuumTest, tells_nothing_if_told_so) {
  chain();
  clock.advance(9 * day_ms);
  VacuumRun quiet;
  quiet.log = false;
  EXPECT_EQ(vacuum({}, quiet).files, 4);
  EXPECT_EQ(open()->version(), 5);
}

TEST_F(VacuumTest, a_file_that_came_back_after_the_plan_is_kept) {
  chain();
  clock.advance(9 * day_ms);
  auto planned_on = open();
  VacuumPlan planned = plan();
  commit(6, {plain_add("b"), remove_of(plain_add("e"), clock.now_ms())});
  EXPECT_EQ(carry_out_vacuum(planned, planned_on, parquet, clock).files, 3);
  EXPECT_EQ(data_files(), (Paths{"b", "e"}));
}

TEST_F(VacuumTest, a_name_that_the_log_has_at_another_address_is_left_alone) {
  chain();
  commit(6, {plain_add("/mnt/other/raw/t/a")});
  clock.advance(9 * day_ms);
  EXPECT_EQ(names(plan().files), (Paths{"b", "c", "d"})) << "the address may be a link to this folder";
}

class LiteVacuumTest : public VacuumTest {
 protected:
  VacuumOptions lite(int64_t retention_ms = 7 * day_ms) { return with(retention_ms, true); }
};

TEST_F(LiteVacuumTest, finds_the_same_tombstones_without_listing_and_goes_on_from_the_last_one) {
  chain();
  file("orphan");
  clock.advance(4 * day_ms + hour_ms);
  EXPECT_EQ(names(plan(lite()).files), (Paths{"a", "b"})) << "orphans are not in the log";
  EXPECT_EQ(vacuum(lite()).files, 2);
  EXPECT_EQ(last_vacuumed_version(table), 3);
  EXPECT_TRUE(plan(lite()).files.empty());
  clock.advance(9 * day_ms);
  EXPECT_EQ(names(plan(lite()).files), (Paths{"c", "d"}));
}

TEST_F(LiteVacuumTest, needs_the_log_since_the_last_vacuum) {
  chain();
  write_checkpoint(*open(3), parquet, clock.now_ms());
  for (int64_t v = 0; v <= 2; ++v) store->remove(commit_key(table, v));
  clock.advance(9 * day_ms);
  std::string message;
  EXPECT_EQ(code_of([&] { plan(lite()); }, &message), ErrorCode::vacuum_lite);
  EXPECT_NE(message.find("version 0 is no longer in the log"), std::string::npos) << message;
  store->put(log_key("_last_vacuum_info"), R"({"latestCommitVersionOutsideOfRetentionWindow":1})");
  EXPECT_EQ(code_of([&] { plan(lite()); }, &message), ErrorCode::vacuum_lite);
  EXPECT_NE(message.find("up to version 1"), std::string::npos) << message;
  store->put(log_key("_last_vacuum_info"), R"({"latestCommitVersionOutsideOfRetentionWindow":2})");
  EXPECT_EQ(names(plan(lite()).files), (Paths{"b", "c", "d"}));
  for (const char* other : {"{}", "", "no json", R"({"latestCommitVersionOutsideOfRetentionWindow":-3})"}) {
    store->put(log_key("_last_vacuum_info"), other);
    EXPECT_EQ(last_vacuumed_version(table), std::nullopt) << other;
  }
  EXPECT_EQ(vacuum().files, 4) << "a full one does not mind";
  EXPECT_EQ(last_vacuumed_version(table), 5);
  EXPECT_TRUE(plan(lite()).files.empty()) << "and lets lite ones go on";
}

TEST_F(LiteVacuumTest, a_file_that_came_back_is_kept) {
  chain();
  day(6, {plain_add("a")});
  clock.advance(9 * day_ms);
  EXPECT_EQ(names(plan(lite()).files), (Paths{"b", "c", "d"}));
  EXPECT_EQ(names(plan().files), (Paths{"b", "c", "d"}));
}

// Dies, fails or loses the answer at each operation; the next run finishes.
TEST_F(VacuumTest, stopped_at_any_operation_it_is_completed_by_the_next_run) {
  chain();
  clock.advance(9 * day_ms);
  uint64_t operations = 0;
  for (uint64_t at = 0; at == 0 || at <= operations; ++at) {
    for (auto kind : {store::FaultKind::fail, store::FaultKind::lose_answer}) {
      store::ManualClock past{0};
      auto copy = std::make_shared<store::MemoryStore>("copy", &past);
      auto objects = store::list(*store, "");
      std::sort(objects.begin(), objects.end(),
                [](const auto& one, const auto& other) { return one.modified_ms < other.modified_ms; });
      for (const auto& object : objects) {
        past.sleep_until(object.modified_ms);
        copy->put(object.key, store->read(object.key));
      }
      const int64_t now = clock.now_ms();
      past.sleep_until(now);
      auto faulty = std::make_shared<store::FaultStore>(copy, store::FaultPlan{kind, at});
      TableLocation place{faulty, table.prefix};
      VacuumRun run;
      run.batch = 2;
      const auto once = [&] {
        auto newest = Snapshot::open(place, parquet);
        carry_out_vacuum(plan_vacuum(*newest, parquet, {}, now), newest, parquet, clock, run);
      };
      try {
        once();
      } catch (const Error&) {
      }
      if (at == 0) operations = faulty->operations();
      faulty->set_plan({});
      once();
      Paths left;
      for (const auto& info : store::list(*copy, table.prefix))
        if (!info.key.starts_with(log_folder(table))) left.push_back(info.key.substr(table.prefix.size()));
      EXPECT_EQ(left, Paths{"e"}) << at;
      EXPECT_EQ(last_vacuumed_version(place), 5) << at;
    }
  }
  EXPECT_GE(operations, 7U);
}

TEST(VacuumFolders, empty_ones_go_where_the_store_has_folders) {
  const auto root = std::filesystem::temp_directory_path() / ("weir-vacuum-" + uuid_v4());
  {
    TableLocation table{std::make_shared<store::LocalStore>(root), "t/"};
    MemoryParquet parquet;
    store::SystemClock clock;
    table.store->put(commit_key(table, 0), write_commit({Protocol(), plain_metadata({}, {"part"})}));
    for (const char* key : {"part=1/a", "part=2/b", "part=2/deep/c", "plain/d", "_hidden/e"})
      table.store->put(table.key(key), "x");
    std::filesystem::create_directories(root / "t/part=3/left/by/a/crash");
    std::filesystem::create_directories(root / "t/_hidden/empty");
    table.store->put("neighbour/part=1/x", "x");
    std::filesystem::create_directories(root / "neighbour/part=2");
    table.store->put(commit_key(table, 1), write_commit({plain_add("part=1/a")}));
    auto newest = Snapshot::open(table, parquet);
    VacuumOptions now{.retention_ms = 0, .lite = false, .force = true, .needed = {}};
    auto plan = plan_vacuum(*newest, parquet, now, clock.now_ms() + 10);
    EXPECT_EQ(plan.files.size(), 3U);
    auto done = carry_out_vacuum(plan, newest, parquet, clock);
    EXPECT_EQ(done.folders, 8) << "part=2, deep, plain, part=3 and four below it";
    for (const char* stays : {"t/part=1/a", "t/_hidden/empty", "neighbour/part=2"})
      EXPECT_TRUE(std::filesystem::exists(root / stays)) << stays;
    for (const char* gone : {"t/part=2", "t/part=3", "t/plain"})
      EXPECT_FALSE(std::filesystem::exists(root / gone)) << gone;
    table.store->put(table.key("part=2/new"), "written into a folder that is made again");
  }
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace weir::lake
