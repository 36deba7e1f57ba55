// Clustered tables, and which files OPTIMIZE chooses of them.
#include "lake/clustering.h"

#include <set>

#include "lake/optimize.h"
#include "lake/restore.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

using Columns = std::vector<ColumnPath>;

Metadata nested_metadata(std::map<std::string, std::string> configuration = {}) {
  Metadata metadata = plain_metadata(std::move(configuration));
  metadata.schema_string =
      R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"col-1"}},)"
      R"({"name":"at","type":{"type":"struct","fields":[{"name":"odd name","type":"date","nullable":true,"metadata":{"delta.columnMapping.id":3,"delta.columnMapping.physicalName":"col-3"}}]},"nullable":true,"metadata":{"delta.columnMapping.id":2,"delta.columnMapping.physicalName":"col-2"}},)"
      R"({"name":"raw","type":"binary","nullable":true,"metadata":{"delta.columnMapping.id":4,"delta.columnMapping.physicalName":"col-4"}}]})";
  metadata.read_schema();
  return metadata;
}

Domains domains_of(const DomainMetadata& domain) { return {{domain.domain, domain}}; }
Domains domains_of(const std::string& configuration) {
  return domains_of(DomainMetadata{clustering_domain, configuration, false});
}

TEST(Clustering, the_domain_names_columns_as_files_do) {
  const Metadata mapped = nested_metadata({{"delta.columnMapping.mode", "name"}});
  const Columns columns = {{"id"}, {"at", "odd name"}};
  const auto domain = clustering_of(mapped, columns);
  EXPECT_EQ(domain.configuration, R"({"clusteringColumns":[["col-1"],["col-2","col-3"]]})");
  EXPECT_EQ(clustering_columns(mapped, domains_of(domain)), columns);
  EXPECT_EQ(text_of_column({"at", "odd name"}), "at.`odd name`");
}

TEST(Clustering, the_form_of_the_protocols_text_is_read_too) {
  EXPECT_EQ(clustering_columns(plain_metadata(), domains_of(R"({"clusteringColumns":["name","ID"]})")),
            (Columns{{"name"}, {"id"}}));
  EXPECT_TRUE(same_clustering({clustering_domain, R"({"clusteringColumns":["id"]})", false},
                              clustering_of(plain_metadata(), {{"id"}})));
}

TEST(Clustering, none_and_damaged) {
  EXPECT_TRUE(clustering_columns(plain_metadata(), {}).empty());
  EXPECT_TRUE(clustering_columns(plain_metadata(), domains_of(R"({"clusteringColumns":[]})")).empty());
  for (const char* bad : {"{}", "[", R"({"clusteringColumns":[[]]})", R"({"clusteringColumns":[["gone"]]})"})
    EXPECT_EQ(code_of([&] { clustering_columns(plain_metadata(), domains_of(bad)); }), ErrorCode::bad_log) << bad;
}

TEST(Clustering, refuses_what_files_cannot_be_told_apart_by) {
  const Metadata plain = plain_metadata();
  auto refusal = [&](const Metadata& metadata, const Columns& columns) {
    std::string message;
    EXPECT_EQ(code_of([&] { clustering_of(metadata, columns); }, &message), ErrorCode::sql_unsupported);
    return message;
  };
  EXPECT_NE(refusal(plain_metadata({}, {"part"}), {{"id"}}).find("partitioned"), std::string::npos);
  EXPECT_NE(refusal(plain, {{"id"}, {"ID"}}).find("twice"), std::string::npos);
  EXPECT_NE(refusal(nested_metadata(), {{"raw"}}).find("binary"), std::string::npos);
  EXPECT_NE(refusal(plain_metadata({{"delta.dataSkippingNumIndexedCols", "1"}}), {{"name"}}).find("no statistics"),
            std::string::npos);
  EXPECT_NE(refusal(plain, {{"id"}, {"name"}, {"part"}, {"id"}, {"id"}}).find("4 columns at most"), std::string::npos);
  EXPECT_EQ(code_of([&] { clustering_of(plain, {{"nobody"}}); }), ErrorCode::sql_unknown_column);
}

TEST(Clustering, files_say_by_tags_how_they_were_clustered) {
  Add add = plain_add("a");
  EXPECT_EQ(cube_of(add), std::nullopt);
  const Cube cube{"some-id", {"id", "at.`odd name`"}};
  put_into_cube(add, cube);
  EXPECT_EQ(cube_of(add), cube);
  EXPECT_EQ(add.tags->at("ZCUBE_ZORDER_BY"), R"(["id","at.`odd name`"])");
  EXPECT_EQ(add.clustering_provider, "liquid");
  add.clustering_provider = "other";
  EXPECT_TRUE(clustered_by_others(add));
  EXPECT_EQ(cube_of(add), std::nullopt);
}

class ClusteredTest : public TableTest {
 protected:
  static constexpr int64_t target = 1000;
  void SetUp() override {
    const auto metadata = plain_metadata({{"delta.targetFileSize", std::to_string(target)}});
    commit(0, {lowest_protocol(metadata, true), metadata, clustering_of(metadata, {{"id"}, {"name"}})});
  }
  Add fresh(const std::string& path, int64_t bytes) { return plain_add(path, 10, bytes); }
  Add of_cube(const std::string& path, int64_t bytes, const std::string& id,
              std::vector<std::string> columns = {"id", "name"}) {
    Add add = plain_add(path, 10, bytes);
    put_into_cube(add, {id, std::move(columns)});
    return add;
  }
  void add(const std::vector<Add>& files) { commit(open()->version() + 1, {files.begin(), files.end()}); }
  std::set<std::string> chosen(const OptimizeOptions& options = {}) {
    std::set<std::string> paths;
    for (auto& group : plan_optimize(*open(), options)) {
      EXPECT_TRUE(group.order && group.order->cube);
      for (auto& path : group.paths) EXPECT_TRUE(paths.insert(path).second);
    }
    return paths;
  }
};

TEST_F(ClusteredTest, the_protocol_names_the_features_and_writers_keep_the_columns) {
  EXPECT_EQ(open()->protocol().writer_features, (std::vector<std::string>{"clustering", "domainMetadata"}));
  auto writing = [&](Action action) {
    CommitDraft draft;
    draft.actions.push_back(std::move(action));
    check_writable(*open(), draft);
  };
  writing(plain_add("x"));
  Metadata narrower = open()->metadata();
  narrower.schema.fields.erase(narrower.schema.fields.begin());
  narrower.schema_string = narrower.schema.to_string();
  EXPECT_EQ(code_of([&] { writing(narrower); }), ErrorCode::sql_unsupported);
  Metadata unknown = open()->metadata();
  unknown.configuration["delta.dataSkippingNumIndexedCols"] = "0";
  EXPECT_EQ(code_of([&] { writing(unknown); }), ErrorCode::sql_unsupported);
}

TEST_F(ClusteredTest, files_that_come_in_make_up_a_cube) {
  EXPECT_TRUE(chosen().empty());
  add({fresh("a", 10), fresh("b", 5000)});
  EXPECT_EQ(chosen(), (std::set<std::string>{"a", "b"}));
}

TEST_F(ClusteredTest, a_cube_alone_is_left_alone) {
  add({of_cube("a", 10, "1"), of_cube("b", 900, "1")});
  EXPECT_TRUE(chosen().empty());
  OptimizeOptions full;
  full.full = true;
  EXPECT_TRUE(chosen(full).empty());
}

TEST_F(ClusteredTest, cubes_are_taken_in_while_they_are_not_much_larger) {
  add({of_cube("small", 700, "1"), of_cube("middle", 1900, "2"), of_cube("large", 20'000, "3"), fresh("new", 300)});
  EXPECT_EQ(chosen(), (std::set<std::string>{"new", "small", "middle"}));
  OptimizeOptions full;
  full.full = true;
  EXPECT_EQ(chosen(full).size(), 4U);
}

TEST_F(ClusteredTest, two_cubes_smaller_than_a_file_become_one) {
  add({of_cube("a", 10, "1"), of_cube("b", 10, "2"), of_cube("c", 5000, "3")});
  EXPECT_EQ(chosen(), (std::set<std::string>{"a", "b"}));
}

TEST_F(ClusteredTest, full_cubes_and_those_of_others_stay) {
  Add foreign = fresh("foreign", 10);
  foreign.clustering_provider = "another";
  add({of_cube("full", 100 * target, "1"), of_cube("by other columns", 10, "2", {"name"}), foreign, fresh("new", 10)});
  EXPECT_EQ(chosen(), (std::set<std::string>{"new"}));
  OptimizeOptions full;
  full.full = true;
  EXPECT_EQ(chosen(full), (std::set<std::string>{"new", "by other columns", "foreign"}));
}

TEST_F(ClusteredTest, a_file_with_many_deleted_rows_comes_in_again) {
  Add deleted = of_cube("a", 100 * target, "1");
  deleted.deletion_vector = DeletionVector{"i", "x", {}, 1, 5};
  add({deleted});
  EXPECT_EQ(chosen(), (std::set<std::string>{"a"}));
}

TEST_F(ClusteredTest, cubes_have_a_bounded_size) {
  std::vector<Add> files;
  for (int i = 0; i < 40; ++i) files.push_back(fresh(fmt::format("f{:02}", i), 10 * target));
  add(files);
  auto groups = plan_optimize(*open(), {});
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].bytes, 150 * target);
  EXPECT_NE(groups[0].order->cube->id, groups[1].order->cube->id);
  OptimizeOptions bounded;
  bounded.most_bytes = 30 * target;
  groups = plan_optimize(*open(), bounded);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].bytes, 30 * target);
}

TEST_F(ClusteredTest, however_often_rows_come_in_each_is_moved_a_few_times) {
  int64_t moved = 0, number = 0;
  const int64_t each = 400, rounds = 200;
  for (int64_t round = 0; round < rounds; ++round) {
    add({fresh(fmt::format("n{}", number++), each)});
    for (auto& group : plan_optimize(*open(), {})) {
      std::vector<Action> actions;
      for (auto& path : group.paths) {
        auto files = open()->files();
        for (auto& file : files)
          if (file.path == path) actions.emplace_back(remove_of(file, 1, false));
      }
      Add merged = plain_add(fmt::format("n{}", number++), 10, group.bytes);
      merged.data_change = false;
      put_into_cube(merged, *group.order->cube);
      actions.emplace_back(merged);
      commit(open()->version() + 1, actions);
      moved += group.bytes;
    }
  }
  EXPECT_LT(moved, 12 * rounds * each);
  EXPECT_LT(open()->files().size(), 12U);
}

TEST_F(ClusteredTest, is_not_put_in_z_order) {
  OptimizeOptions options;
  options.z_order = {{"id"}};
  EXPECT_EQ(code_of([&] { plan_optimize(*open(), options); }), ErrorCode::sql_unsupported);
}

TEST_F(ClusteredTest, restore_brings_the_clustering_back) {
  auto metadata = open()->metadata();
  commit(1, {clustering_of(metadata, {{"name"}})});
  Transaction transaction(table, open(), parquet);
  transaction.draft() = plan_restore(*open(), *open(0), 9).draft;
  ASSERT_TRUE(std::holds_alternative<Committed>(transaction.commit(9)));
  EXPECT_EQ(clustering_columns(open()->metadata(), open()->domains()), (Columns{{"id"}, {"name"}}));
}

class ZOrderTest : public TableTest {
 protected:
  void SetUp() override {
    commit(0, {Protocol(), plain_metadata({}, {"part"})});
    std::vector<Action> files;
    for (const char* part : {"x", "y"})
      for (int i = 0; i < 2; ++i) {
        Add add = plain_add(fmt::format("part={}/{}", part, i), 10, 1 << 30);
        add.partition_values = {{"part", part}};
        files.emplace_back(add);
      }
    commit(1, files);
  }
  std::string refusal(Columns columns) {
    OptimizeOptions options;
    options.z_order = std::move(columns);
    std::string message;
    EXPECT_EQ(code_of([&] { plan_optimize(*open(), options); }, &message), ErrorCode::sql_unsupported);
    return message;
  }
};

TEST_F(ZOrderTest, takes_every_file_of_the_partitions_asked_for) {
  OptimizeOptions options;
  options.z_order = {{"id"}, {"NAME"}};
  auto groups = plan_optimize(*open(), options);
  ASSERT_EQ(groups.size(), 2U);
  for (auto& group : groups) {
    EXPECT_EQ(group.paths.size(), 2U);
    EXPECT_TRUE(group.order && !group.order->cube);
  }
  options.wanted = [](const PartitionValues& partition) { return partition.at("part") == "y"; };
  groups = plan_optimize(*open(), options);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].partition.at("part"), "y");
}

TEST_F(ZOrderTest, refuses_columns_that_order_nothing) {
  EXPECT_NE(refusal({{"part"}}).find("partitioned by it"), std::string::npos);
  EXPECT_NE(refusal({{"id"}, {"ID"}}).find("twice"), std::string::npos);
  EXPECT_NE(refusal(Columns(9, ColumnPath{"id"})).find("8 at most"), std::string::npos);
}

class AutomaticTest : public TableTest {
 protected:
  void small_files(int from, int to, const std::string& part) {
    std::vector<Action> files;
    for (int i = from; i < to; ++i) {
      Add add = plain_add(fmt::format("part={}/{}", part, i), 10, 1 << 20);
      add.partition_values = {{"part", part}};
      files.emplace_back(add);
    }
    commit(open()->version() + 1, files);
  }
};

TEST_F(AutomaticTest, waits_until_a_partition_has_many_small_files) {
  commit(0, {Protocol(), plain_metadata({{"delta.autoOptimize.autoCompact", "true"}}, {"part"})});
  small_files(0, 49, "x");
  EXPECT_FALSE(automatic_compaction(*open()));
  small_files(0, 5, "y");
  ASSERT_TRUE(automatic_compaction(*open()));
  EXPECT_TRUE(plan_optimize(*open(), *automatic_compaction(*open())).empty());
  small_files(49, 50, "x");
  auto groups = plan_optimize(*open(), *automatic_compaction(*open()));
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].paths.size(), 50U);
  EXPECT_EQ(groups[0].partition.at("part"), "x");
}

TEST_F(AutomaticTest, moves_a_bounded_amount) {
  commit(0, {Protocol(), plain_metadata({{"delta.autoOptimize.autoCompact", "TRUE"}}, {"part"})});
  small_files(0, 3000, "x");
  int64_t bytes = 0;
  for (auto& group : plan_optimize(*open(), *automatic_compaction(*open()))) bytes += group.bytes;
  EXPECT_LE(bytes, 1LL << 30);
  EXPECT_GT(bytes, 800LL << 20);
}

TEST_F(AutomaticTest, only_where_the_table_asks_for_it) {
  commit(0, {Protocol(), plain_metadata({}, {"part"})});
  small_files(0, 100, "x");
  EXPECT_FALSE(automatic_compaction(*open()));
}

}  // namespace
}  // namespace weir::lake
