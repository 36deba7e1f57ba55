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

}  // namespace weir::engine
