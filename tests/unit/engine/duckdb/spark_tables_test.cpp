// Tables that Spark wrote, changed by weir.
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace {

class SparkTable : public LakeTest {
 protected:
  // Copies a table of the conformance suite into the lake as main.t.
  void take(const std::string& name) {
    const std::filesystem::path folder =
        std::filesystem::path(WEIR_SOURCE_DIR) / "tests/conformance/delta/spark" / name / "delta";
    for (auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      store->put("main/t/" + std::filesystem::relative(entry.path(), folder).generic_string(), read_file(entry.path()));
    }
  }
  void run_beside_ddl(const std::string& change) {
    run("ALTER TABLE t " + change);
    run("ALTER TABLE temp.plain " + change);
  }
  // Runs a statement on the table and on a native table with the same rows, and compares.
  void run_beside(const std::string& sql) {
    for (std::string name : {"t", "temp.plain"}) run(replace_all(sql, "{T}", name));
    EXPECT_EQ(rows("(FROM t EXCEPT ALL FROM temp.plain) UNION ALL (FROM temp.plain EXCEPT ALL FROM t)"), Table())
        << sql;
  }
};

TEST_F(SparkTable, rows_deleted_by_vectors_stay_deleted_when_files_are_rewritten) {
  take("dv_basic");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "346");
  EXPECT_EQ(one("SELECT count(id) FROM t WHERE id IS NOT NULL"), "346");
  run("CREATE TEMP TABLE plain AS FROM t");
  run_beside("UPDATE {T} SET v = v + 1 WHERE id % 7 = 0");
  run_beside("DELETE FROM {T} WHERE id % 5 = 1");
  run_beside(
      "MERGE INTO {T} x USING (SELECT i AS id FROM range(0, 400, 3) r(i)) s ON x.id = s.id "
      "WHEN MATCHED AND x.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET name = 'merged' "
      "WHEN NOT MATCHED THEN INSERT (id, name, v) VALUES (s.id, 'new', 0)");
  auto newest = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  EXPECT_TRUE(std::any_of(newest->files().begin(), newest->files().end(), [](auto& file) {
    return file.deletion_vector && file.stats && file.stats->find("\"tightBounds\":false") != std::string::npos;
  }));
  run_beside("INSERT INTO {T} VALUES (1000, 'x', 1)");
  run_beside("DELETE FROM {T}");
}

TEST_F(SparkTable, joins_and_filters_see_mapped_columns_at_every_depth) {
  take("cm_name");
  EXPECT_EQ(rows("SELECT count(*) FROM t x JOIN t y ON x.id = y.id WHERE x.id = 2"), (Table{{"1"}}));
}

class MappedSparkTable : public SparkTable, public ::testing::WithParamInterface<const char*> {};

TEST_P(MappedSparkTable, columns_are_written_under_the_names_that_spark_gave_them) {
  take(GetParam());
  run("CREATE TEMP TABLE plain AS FROM t");
  run_beside("INSERT INTO {T} SELECT * FROM {T}");
  run_beside("UPDATE {T} SET id = id + 10 WHERE id > 1");
  run_beside("DELETE FROM {T} WHERE id = 1");
  run_beside_ddl("ADD COLUMN fresh INTEGER");
  run_beside("UPDATE {T} SET fresh = id");
  run_beside_ddl("RENAME COLUMN fresh TO old");
  run_beside("INSERT INTO {T}(id, old) VALUES (77, 78)");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE old = 78"), "1");
  auto newest = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  for (auto& file : newest->files()) EXPECT_EQ(file.stats->find("\"old\""), std::string::npos) << *file.stats;
}
INSTANTIATE_TEST_SUITE_P(All, MappedSparkTable, ::testing::Values("cm_name", "cm_id"));

TEST_F(SparkTable, constraints_are_enforced) {
  take("constraints");
  auto rule = one("SELECT count(*) FROM t");
  EXPECT_EQ(error_of("INSERT INTO t SELECT 1, -1e9").code(), ErrorCode::sql_constraint);
  EXPECT_EQ(error_of("UPDATE t SET v = -1e9").code(), ErrorCode::sql_constraint);
  EXPECT_EQ(one("SELECT count(*) FROM t"), rule);
}

TEST_F(SparkTable, defaults_fill_what_is_not_given) {
  take("defaults");
  run("INSERT INTO t(id) VALUES (1000)");
  run("INSERT INTO t VALUES (1001, DEFAULT, 5)");
  EXPECT_EQ(rows("SELECT a, n FROM t WHERE id >= 1000 ORDER BY id"), (Table{{"dflt", "42"}, {"dflt", "5"}}));
}

TEST_F(SparkTable, identity_columns_go_on_and_generated_columns_are_computed) {
  take("identity_generated");
  auto last = one("SELECT max(k) FROM t");
  run("INSERT INTO t(d) VALUES (TIMESTAMPTZ '2026-02-03 04:05:06+00'), (NULL)");
  EXPECT_EQ(rows("SELECT k - " + last + " FROM t WHERE k > " + last + " ORDER BY k"), (Table{{"5"}, {"10"}}));
  EXPECT_EQ(rows("SELECT day FROM t WHERE k > " + last + " ORDER BY day"), (Table{{"2026-02-03"}, {"NULL"}}));
  run("INSERT INTO t(d) VALUES (NULL)");
  EXPECT_EQ(one("SELECT max(k) - " + last + " FROM t"), "15");
  EXPECT_EQ(one("SELECT count(*) - count(DISTINCT k) FROM t"), "0");
  EXPECT_EQ(error_of("INSERT INTO t(k) VALUES (1)").code(), ErrorCode::sql_constraint);
  EXPECT_EQ(error_of("UPDATE t SET k = 1").code(), ErrorCode::sql_constraint);
  auto merge = [](const std::string& insert) {
    return "MERGE INTO t USING (SELECT 1 AS x) s ON t.k = -s.x WHEN NOT MATCHED THEN INSERT " + insert;
  };
  EXPECT_EQ(error_of(merge("(k) VALUES (5)")).code(), ErrorCode::sql_constraint);
  run(merge("(k2) VALUES (-8)"));
  EXPECT_EQ(one("SELECT max(k) - " + last + " FROM t"), "20");
  run("INSERT INTO t(k2) VALUES (-7)");  // GENERATED BY DEFAULT takes values
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE k2 = -7"), "1");
}

TEST_F(SparkTable, widened_columns_are_written) {
  take("type_widening");
  run("CREATE TEMP TABLE plain AS FROM t");
  run_beside("INSERT INTO {T} SELECT * FROM {T}");
  run_beside("DELETE FROM {T} WHERE rowid % 3 = 0 AND false");
}

}  // namespace

}  // namespace weir::engine
