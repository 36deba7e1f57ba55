// Rows put in order of a curve: none changes, whatever the table keeps of them, and files are told apart better.
#include "lake/clustering.h"
#include "lake/optimize.h"
#include "lake/predicate.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace {

using Columns = std::vector<lake::ColumnPath>;

class OrderFixture : public LakeTest {
 protected:
  std::shared_ptr<const lake::Snapshot> newest() {
    return lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  }
  // As the plan wants it, in one commit; how many groups that were.
  size_t optimize(const lake::OptimizeOptions& options) {
    auto groups = lake::plan_optimize(*newest(), options);
    session->begin(uuid_v4());
    for (auto& group : groups) session->rewrite_files({"main", "t"}, {group.paths, group.order});
    for (auto& outcome : session->commit()) EXPECT_TRUE(std::holds_alternative<lake::Committed>(outcome));
    return groups.size();
  }
  size_t z_order(Columns columns) {
    lake::OptimizeOptions options;
    options.z_order = std::move(columns);
    return optimize(options);
  }
  // Files that a reader of rows with this value must open.
  size_t files_with(const std::string& column, const lake::Scalar& value) {
    auto snapshot = newest();
    lake::Predicate predicate;
    predicate.all_of_any.push_back({{column, lake::Compare::equal, value}});
    size_t count = 0;
    for (auto& add : snapshot->files()) count += lake::may_match(add, snapshot->metadata(), predicate) ? 1 : 0;
    return count;
  }
};

// ---- nothing is lost ----

struct Kind {
  const char* clauses;
  const char* z_order;  // "" = the table is clustered
};

class RowsInOrderTest : public OrderFixture, public ::testing::WithParamInterface<Kind> {
 protected:
  void SetUp() override {
    run("CREATE TABLE t(id INTEGER, v VARCHAR, s STRUCT(f DOUBLE, d DATE), l VARCHAR[], p INTEGER)" +
        std::string(GetParam().clauses));
    for (int i = 0; i < 4; ++i)
      run("INSERT INTO t SELECT CASE WHEN i % 13 <> 0 THEN (i * 7919) % 1000 END, CASE WHEN i % 7 <> 0 THEN 'v' || "
          "i % 50 END, {'f': CASE WHEN i % 11 = 0 THEN 'nan'::DOUBLE ELSE i / 3 END, 'd': DATE '2026-01-01' + "
          "i::INTEGER}, "
          "[i::VARCHAR], i % 3 FROM range(" +
          std::to_string(i * 300) + ", " + std::to_string(i * 300 + 300) + ") r(i)");
    if (is_on("delta.enableTypeWidening")) run("ALTER TABLE t ALTER id TYPE BIGINT");
    run("INSERT INTO t VALUES (NULL, '', NULL, NULL, 1), (-5, 'é', {'f': -0.0, 'd': NULL}, [], 2)");
    run("DELETE FROM t WHERE p = 1 AND id % 5 = 0");
    run("UPDATE t SET v = 'changed' WHERE id BETWEEN 10 AND 20");
  }
  bool is_on(const std::string& property) { return newest()->property(property) == "true"; }
  Table all() {
    return rows(std::string("SELECT *") + (is_on("delta.enableRowTracking") ? ", _row_id, _row_commit_version" : "") +
                " FROM t ORDER BY ALL");
  }
  size_t optimize_once() {
    lake::OptimizeOptions options;
    for (auto& name : std::string_view(GetParam().z_order).empty() ? std::vector<std::string>()
                                                                   : std::vector<std::string>{"id", "v"})
      options.z_order.push_back({name});
    return optimize(options);
  }
};

TEST_P(RowsInOrderTest, stay_as_they_are) {
  const auto before = all();
  const auto last = newest();
  ASSERT_GT(optimize_once(), 0U);
  EXPECT_EQ(all(), before);
  const auto snapshot = newest();
  EXPECT_EQ(snapshot->version(), last->version() + 1);
  for (auto& file : snapshot->files()) {
    EXPECT_FALSE(file.deletion_vector);
    EXPECT_EQ(lake::cube_of(file).has_value(), std::string_view(GetParam().z_order).empty());
  }
  const auto commit = lake::read_commits(snapshot->location(), last->version(), snapshot->version()).commits.at(0);
  EXPECT_EQ(commit.operation(), "OPTIMIZE");
  for (auto& action : commit.actions) {
    auto* add = std::get_if<lake::Add>(&action);
    auto* remove = std::get_if<lake::Remove>(&action);
    EXPECT_FALSE(add && add->data_change);
    EXPECT_FALSE(remove && remove->data_change);
    EXPECT_FALSE(std::holds_alternative<lake::Cdc>(action));
  }
  if (std::string_view(GetParam().z_order).empty()) {
    EXPECT_EQ(optimize_once(), 0U);
    run("INSERT INTO t(id, p) VALUES (1, 1)");
    EXPECT_EQ(optimize_once(), 1U);
    EXPECT_EQ(one("SELECT count(*) FROM t"), std::to_string(before.size() + 1));
  }
}

TEST_P(RowsInOrderTest, a_rival_that_deletes_rows_wins) {
  const auto groups = lake::plan_optimize(*newest(), [&] {
    lake::OptimizeOptions options;
    if (!std::string_view(GetParam().z_order).empty()) options.z_order = {{"id"}, {"v"}};
    return options;
  }());
  session->begin(uuid_v4());
  for (auto& group : groups) session->rewrite_files({"main", "t"}, {group.paths, group.order});
  another()->execute("DELETE FROM t WHERE v = 'v3'");
  EXPECT_TRUE(std::holds_alternative<lake::Conflict>(session->commit().at(0)));
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE v = 'v3'"), "0");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, RowsInOrderTest,
    ::testing::Values(
        Kind{"", "id, v"}, Kind{" PARTITIONED BY (p)", "id, v"}, Kind{" SORTED BY (id, v)", ""},
        Kind{" SORTED BY (s.d)", ""},
        Kind{" SORTED BY (s.f, v, id, p) WITH ('delta.enableDeletionVectors' = 'true')", ""},
        Kind{" PARTITIONED BY (p) WITH ('delta.enableRowTracking' = 'true', 'delta.columnMapping.mode' = 'name', "
             "'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true')",
             "id, v"},
        Kind{" SORTED BY (v, id) WITH ('delta.enableRowTracking' = 'true', 'delta.columnMapping.mode' = 'name', "
             "'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true', "
             "'delta.enableTypeWidening' = 'true')",
             ""}));

// ---- files are told apart ----

class TellingFilesApartTest : public OrderFixture {
 protected:
  // A file holds a row group at least, so there must be some of them.
  static constexpr int row_count = 1'000'000;
  void fill(const std::string& columns, const std::string& clauses = {}) {
    run("CREATE TABLE t" + clauses + " AS SELECT " + columns + " FROM range(" + std::to_string(row_count) + ") r(i)");
    run("ALTER TABLE t SET ('delta.targetFileSize' = '1')");
    rewrite_without_order();
  }
  void rewrite_without_order() {
    std::vector<std::string> paths;
    const auto snapshot = newest();
    for (auto& file : snapshot->files()) paths.push_back(file.path);
    session->begin(uuid_v4());
    session->rewrite_files({"main", "t"}, {paths, {}});
    session->commit();
  }
  size_t files() { return newest()->files().size(); }
};

TEST_F(TellingFilesApartTest, by_each_of_two_columns) {
  fill("(i * 7919) % 1000 AS x, (i * 104729) % 997 AS y");
  const size_t count = files();
  ASSERT_GE(count, 6U);
  EXPECT_EQ(files_with("x", int64_t{77}), count);
  z_order({{"x"}, {"y"}});
  size_t x = 0, y = 0;
  for (int64_t value = 5; value < 997; value += 90) {
    x += files_with("x", value);
    y += files_with("y", value);
  }
  EXPECT_LT(x, 12 * files() * 7 / 10);
  EXPECT_LT(y, 12 * files() * 7 / 10);
}

TEST_F(TellingFilesApartTest, texts_that_are_nearly_all_the_same) {
  fill(
      "CASE WHEN i % 10 = 0 THEN 'https://example.com/item/' || (i * 7919) % 100003 ELSE 'https://example.com/' END AS "
      "url, (i * 104729) % 997 AS y");
  const size_t count = files();
  z_order({{"url"}, {"y"}});
  size_t rare = 0, y = 0;
  for (int i = 0; i < 12; ++i) {
    rare += files_with("url", "https://example.com/item/" + std::to_string(5000 + i * 7000));
    y += files_with("y", int64_t{i * 80});
  }
  EXPECT_LT(rare, 12 * count / 2);
  EXPECT_LT(y, 12 * count * 8 / 10);
}

TEST_F(TellingFilesApartTest, by_one_column_alone) {
  fill("(i * 7919) % 1000003 AS x");
  z_order({{"x"}});
  size_t opened = 0;
  for (int64_t value = 1000; value < 1'000'000; value += 100'000) opened += files_with("x", value);
  EXPECT_LE(opened, 20U);  // of ten values: its own file, and one beside it where threads took turns
}

TEST_F(TellingFilesApartTest, clustering_does_so_too) {
  run("CREATE TABLE t SORTED BY (x, y) AS SELECT (i * 7919) % 1000 AS x, (i * 104729) % 997 AS y, i FROM range(" +
      std::to_string(row_count) + ") r(i)");
  run("ALTER TABLE t SET ('delta.targetFileSize' = '1mb')");
  ASSERT_GT(optimize({}), 0U);
  const size_t count = files();
  ASSERT_GE(count, 4U);
  size_t x = 0, y = 0;
  for (int64_t value = 5; value < 997; value += 90) {
    x += files_with("x", value);
    y += files_with("y", value);
  }
  EXPECT_LT(x, 12 * count * 7 / 10);
  EXPECT_LT(y, 12 * count * 7 / 10);
}

// ---- what a table says of it ----

class ClusterByTest : public OrderFixture {
 protected:
  Columns columns() {
    auto snapshot = newest();
    return lake::clustering_columns(snapshot->metadata(), snapshot->domains());
  }
};

TEST_F(ClusterByTest, is_declared_changed_and_taken_away) {
  run("CREATE TABLE t(a INTEGER, b VARCHAR, c DATE) SORTED BY (a, b)");
  EXPECT_EQ(columns(), (Columns{{"a"}, {"b"}}));
  EXPECT_EQ(newest()->protocol().writer_features, (std::vector<std::string>{"clustering", "domainMetadata"}));
  EXPECT_EQ(newest()->protocol().min_reader_version, 1);
  const auto before = version("t");
  run("ALTER TABLE t SET SORTED BY (a, b)");
  EXPECT_EQ(version("t"), before);
  run("ALTER TABLE t SET SORTED BY (C)");
  EXPECT_EQ(columns(), (Columns{{"c"}}));
  auto commit = lake::read_commit(newest()->location(), version("t"));
  EXPECT_EQ(commit->operation(), "CLUSTER BY");
  EXPECT_EQ(commit->commit_info()->fields.at("operationParameters").at("oldClusteringColumns").as_string(), "a,b");
  run("ALTER TABLE t RESET SORTED BY");
  EXPECT_TRUE(columns().empty());
}

TEST_F(ClusterByTest, a_table_that_exists_becomes_clustered) {
  run("CREATE TABLE t AS SELECT 1 AS a");
  run("ALTER TABLE t SET SORTED BY (a)");
  EXPECT_EQ(columns(), (Columns{{"a"}}));
  run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(one("SELECT sum(a) FROM t"), "3");
  const auto snapshot = newest();
  for (auto& file : snapshot->files()) EXPECT_EQ(file.clustering_provider, std::nullopt);
}

TEST_F(ClusterByTest, what_replaces_a_table_says_how_it_is_clustered) {
  run("CREATE TABLE t SORTED BY (a) AS SELECT 1 AS a, 2 AS b");
  run("CREATE OR REPLACE TABLE t SORTED BY (a) AS SELECT 3 AS a, 4 AS b");
  EXPECT_EQ(columns(), (Columns{{"a"}}));
  run("CREATE OR REPLACE TABLE t SORTED BY (b) AS SELECT 3 AS a, 4 AS b");
  EXPECT_EQ(columns(), (Columns{{"b"}}));
  run("CREATE OR REPLACE TABLE t AS SELECT 5 AS z");
  EXPECT_TRUE(columns().empty());
  EXPECT_NE(
      error_of("CREATE OR REPLACE TABLE t PARTITIONED BY (p) AS SELECT 1 AS a, 2 AS p").message().find("clustered"),
      std::string::npos);
}

TEST_F(ClusterByTest, mistakes_are_refused) {
  auto refused = [&](const std::string& sql, const std::string& why) {
    auto error = error_of(sql);
    EXPECT_NE(error.message().find(why), std::string::npos) << error.message();
  };
  refused("CREATE TABLE t(a INTEGER, p INTEGER) PARTITIONED BY (p) SORTED BY (a)", "not both");
  refused("CREATE TABLE t(a INTEGER) SORTED BY (b)", "\"b\"");
  refused("CREATE TABLE t(a BLOB) SORTED BY (a)", "binary");
  refused("CREATE TABLE t(a INTEGER) SORTED BY (a + 1)", "columns only");
  run("CREATE TABLE t(a INTEGER, b STRUCT(x INTEGER, y INTEGER)) SORTED BY (a, b.x) WITH ('delta.columnMapping.mode' = "
      "'name')");
  EXPECT_EQ(columns(), (Columns{{"a"}, {"b", "x"}}));
  refused("ALTER TABLE t DROP COLUMN a", "clustered by it");
  refused("ALTER TABLE t DROP COLUMN b", "clustered by it");
  refused("ALTER TABLE t DROP COLUMN b.x", "clustered by it");
  refused("ALTER TABLE t SET SORTED BY (a DESC)", "DESC");
  run("ALTER TABLE t DROP COLUMN b.y");
  run("ALTER TABLE t RENAME COLUMN a TO z");
  EXPECT_EQ(columns(), (Columns{{"z"}, {"b", "x"}}));
}

}  // namespace

}  // namespace weir::engine
