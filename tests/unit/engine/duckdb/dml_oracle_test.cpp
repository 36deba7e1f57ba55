// Random statements on a lake table and on a native table of DuckDB: the same rows after each.
// WEIR_ORACLE_SEEDS=<n> runs n sequences of each kind instead of one.
#include "lake_fixture.h"
#include "random_statements.h"

namespace weir::engine {

class Oracle : public LakeTest {
 protected:
  void both(const std::string& sql) {
    run(on_table(sql, "lake.main.t"));
    run(on_table(sql, "temp.main.t"));
  }
  void expect_same(const std::string& after) {
    ASSERT_EQ(one("SELECT count(*) FROM lake.main.t"), one("SELECT count(*) FROM temp.main.t")) << after;
    auto more = rows("SELECT * FROM lake.main.t EXCEPT ALL SELECT * FROM temp.main.t LIMIT 5");
    auto less = rows("SELECT * FROM temp.main.t EXCEPT ALL SELECT * FROM lake.main.t LIMIT 5");
    ASSERT_EQ(more, Table{}) << after;
    ASSERT_EQ(less, Table{}) << after;
  }
  void sequence(unsigned seed, int statements, const std::string& create) {
    RandomStatements generator(seed);
    run("CREATE OR REPLACE TABLE lake.main.t" + create);
    run(std::string("CREATE OR REPLACE TEMP TABLE t") + statement_columns);
    both(
        "INSERT INTO {T} SELECT i, (i % 5)::INTEGER, 's' || i, i / 2.0, [i::INTEGER], 'p' || (i % 5) FROM range(100) "
        "r(i)");
    for (int i = 0; i < statements; ++i) {
      auto sql = generator.next();
      SCOPED_TRACE("seed " + std::to_string(seed) + " statement " + std::to_string(i) + ": " + sql);
      bool undone = generator.pick(10) == 0;
      auto before = undone ? data_files() : std::vector<std::string>();
      if (undone) run("BEGIN");
      both(sql);
      if (undone) {
        both("DELETE FROM {T} WHERE id % 3 = 1");  // a second statement sees the first one's rows
        expect_same(sql);
        run("ROLLBACK");
        ASSERT_EQ(data_files(), before);
      }
      expect_same(sql);
      if (HasFatalFailure()) return;
      if (one("SELECT count(*) > 3000 FROM temp.main.t") == "true") both("DELETE FROM {T} WHERE id % 10 != 0");
    }
  }
};

TEST_F(Oracle, UnpartitionedTable) {
  for (unsigned seed = 1; seed <= oracle_seeds() && !HasFatalFailure(); ++seed) sequence(seed, 100, statement_columns);
}

TEST_F(Oracle, PartitionedTable) {
  for (unsigned seed = 101; seed <= 100 + oracle_seeds() && !HasFatalFailure(); ++seed)
    sequence(seed, 60, std::string(statement_columns) + " PARTITIONED BY (p)");
}

TEST_F(Oracle, TwoPartitionColumns) {
  for (unsigned seed = 201; seed <= 200 + oracle_seeds() && !HasFatalFailure(); ++seed)
    sequence(seed, 40, std::string(statement_columns) + " PARTITIONED BY (g, p)");
}

TEST_F(Oracle, TableWithDeletionVectors) {
  for (unsigned seed = 301; seed <= 300 + oracle_seeds() && !HasFatalFailure(); ++seed)
    sequence(seed, 100, std::string(statement_columns) + " WITH ('delta.enableDeletionVectors' = 'true')");
}

TEST_F(Oracle, PartitionedTableWithDeletionVectors) {
  for (unsigned seed = 401; seed <= 400 + oracle_seeds() && !HasFatalFailure(); ++seed)
    sequence(seed, 60,
             std::string(statement_columns) + " PARTITIONED BY (p) WITH ('delta.enableDeletionVectors' = 'true')");
}

// Small sources and large tables: the scan is filtered by the source's keys (key_filter.h).
class KeyedOracle : public Oracle, public ::testing::WithParamInterface<const char*> {
 protected:
  void fill(const std::string& options, const std::string& half) {
    const std::string columns = "(id BIGINT, line INTEGER, name VARCHAR, price DECIMAL(9,2), day DATE, p VARCHAR)";
    run("CREATE OR REPLACE TABLE lake.main.t" + columns + options);
    run("CREATE OR REPLACE TEMP TABLE t" + columns);
    for (const std::string& first : {std::string("0"), half})  // two files, or two of each partition
      both(std::string("INSERT INTO {T} SELECT i // 4, i % 4, 'n' || (i % 1000), i / 100.0, DATE '2024-01-01' + "
                       "(i % 300)::INTEGER, 'p' || (i % 3) FROM range(") +
           first + ", " + first + " + " + half + ") r(i)");
    both("UPDATE {T} SET id = NULL WHERE id % 97 = 3");
    both("UPDATE {T} SET p = NULL WHERE id % 89 = 3");
    run("CREATE OR REPLACE TEMP TABLE s AS SELECT i * 11 AS id, (i % 5)::INTEGER AS line, 'n' || (i % 1000) AS name, "
        "i * 0.44 AS price, DATE '2024-01-01' + (i % 400)::INTEGER AS day, CASE WHEN i % 7 > 0 THEN 'p' || (i % 4) "
        "END AS p FROM range(700) r(i) UNION ALL SELECT NULL, 0, 'n0', 0, NULL, NULL");
  }
  // Deletes, updates and merges by the condition.
  void change_by(const std::string& on) {
    SCOPED_TRACE(on);
    // One row of the source for each of the table, whatever the key.
    const std::string source = "(SELECT DISTINCT ON (id, line) * FROM s ORDER BY ALL) s";
    both("DELETE FROM {T} AS t USING " + source + " WHERE " + on + " AND s.line = 1");
    expect_same("delete");
    both(
        "UPDATE {T} AS t SET price = t.price + 1, p = 'p9' FROM (SELECT DISTINCT id, line, p, name, day, price FROM "
        "s WHERE line = 2) s WHERE " +
        on + " AND s.id % 2 = 0 AND t.line = 2");
    expect_same("update");
    if (on.find("t.id") == 0 && on.find("t.line = s.line") != std::string::npos) {
      both(
          "MERGE INTO {T} AS t USING (SELECT * FROM s WHERE id IS NOT NULL) s ON " + on +
          " WHEN MATCHED AND s.line = 3 THEN DELETE WHEN MATCHED THEN UPDATE SET name = 'm' || s.name WHEN NOT MATCHED "
          "THEN INSERT VALUES (s.id, s.line, s.name, s.price, s.day, s.p)");
      expect_same("merge");
      both("MERGE INTO {T} AS t USING (SELECT * FROM s WHERE id % 3 = 1) s ON " + on +
           " WHEN NOT MATCHED BY SOURCE AND t.id % 50 = 7 THEN DELETE WHEN MATCHED THEN UPDATE SET day = s.day");
      expect_same("merge by source");
    }
  }
};

TEST_P(KeyedOracle, JoinsByEveryKindOfKey) {
  fill(GetParam(), "15000");
  for (const std::string on :
       {"t.id = s.id AND t.line = s.line", "t.id = s.id AND t.p = s.p", "t.p = s.p AND t.name = s.name AND t.id = s.id",
        "t.id IS NOT DISTINCT FROM s.id AND t.line = s.line", "t.price = s.price AND t.p = s.p",
        "t.day = s.day AND t.id = s.id", "t.id + 1 = s.id AND t.line = s.line", "t.id = s.id AND t.price < s.price"}) {
    change_by(on);
    if (HasFatalFailure()) return;
  }
}

// Of a large table the keys are scanned first, and then the rows that have them.
TEST_P(KeyedOracle, RowsOfLargeTablesAreLookedForByTheirKeys) {
  fill(GetParam(), "150000");
  auto plan = rows("EXPLAIN UPDATE lake.main.t AS t SET price = 1 FROM s WHERE t.id = s.id AND t.line = s.line");
  EXPECT_NE(plan.at(0).at(1).find("ROWS_WITH_KEYS"), std::string::npos) << plan.at(0).at(1);
  for (const std::string on :
       {"t.id = s.id AND t.line = s.line AND t.name > 'n1'", "t.id = s.id AND t.price < s.price"}) {
    change_by(on);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tables, KeyedOracle,
    ::testing::Values("", " PARTITIONED BY (p)", " WITH ('delta.enableDeletionVectors' = 'true')",
                      " PARTITIONED BY (p) WITH ('delta.enableDeletionVectors' = 'true', 'delta.columnMapping.mode' = "
                      "'name', 'delta.enableRowTracking' = 'true')"));

}  // namespace weir::engine
