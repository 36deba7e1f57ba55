// Twelve ways in which a catalogue inside DuckDB goes wrong; two of them give wrong data without a word.
#include "lake_fixture.h"

namespace weir::engine {

using ::testing::HasSubstr;

class Trap : public LakeTest {
 protected:
  // Two files, so that a scan of several files is what is tested.
  void two_files() {
    run("CREATE TABLE t AS SELECT i AS id, i % 3 AS g, 'name ' || i AS name FROM range(10) r(i)");
    run("INSERT INTO t SELECT i, i % 3, 'name ' || i FROM range(10, 20) r(i)");
  }
};

TEST_F(Trap, T01_UpdateMustNotScanAColumnTwice) {
  two_files();
  run("UPDATE t SET g = 100 WHERE id % 2 = 0");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE name != 'name ' || id"), "0");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE g = CASE WHEN id % 2 = 0 THEN 100 ELSE id % 3 END"), "20");
  run("UPDATE t SET g = g + id, name = name || g WHERE g = 100");  // the same columns on both sides
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE id % 2 = 0 AND g = 100 + id AND name = 'name ' || id || '100'"), "10");
  run("MERGE INTO t USING (SELECT id, g FROM t) s ON t.id = s.id WHEN MATCHED AND s.g < 100 THEN UPDATE SET g = t.g + "
      "s.g");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE id % 2 = 1 AND g = 2 * (id % 3)"), "10");
}

TEST_F(Trap, T02_OurErrorsDoNotCloseTheInstance) {
  two_files();
  for (auto* sql :
       {"DROP TABLE t", "CREATE TABLE u(i INTERVAL)", "SELECT * FROM t AT (VERSION => 99)", "CREATE TABLE t(a INT)",
        "MERGE INTO t USING (VALUES (1), (1)) s(id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET g = 0"}) {
    EXPECT_NE(error_of(sql).code(), ErrorCode::engine_broken) << sql;
    EXPECT_EQ(one("SELECT count(*) FROM t"), "20") << sql;
  }
}

TEST_F(Trap, T03_TypesAreBoundWhateverTheirName) {
  run("CREATE TABLE t(a DECIMAL(38,10), b STRUCT(x DECIMAL(5,2), y VARCHAR[]), c MAP(VARCHAR, TIMESTAMPTZ))");
  run("INSERT INTO t VALUES (1.5, {'x': 2.25, 'y': ['p']}, MAP {'k': '2024-01-01 00:00:00+00'})");
  EXPECT_EQ(
      rows("SELECT a, b, c FROM t WHERE a = 1.5 AND b.x = 2.25 AND c['k'] = TIMESTAMPTZ '2024-01-01 00:00:00+00'"),
      (Table{{"1.5000000000", "{'x': 2.25, 'y': [p]}", "{k='2024-01-01 00:00:00+00'}"}}));
}

TEST_F(Trap, T04_EntriesKeepTheirIdsAcrossTransactions) {
  two_files();
  EXPECT_EQ(one("SELECT count(*) FROM (SHOW ALL TABLES) WHERE database = 'lake' AND name = 't'"), "1");
  EXPECT_EQ(one("SELECT table_oid FROM duckdb_tables() WHERE table_name = 't'"),
            one("SELECT table_oid FROM duckdb_tables() WHERE table_name = 't'"));
}

TEST_F(Trap, T05_FilesArePrunedByWholeStrings) {
  for (auto* word : {"aaaaaaaa-1", "aaaaaaaa-2", "aaaaaaaa-3"})
    run(std::string(version("t") < 0 ? "CREATE TABLE t AS " : "INSERT INTO t ") + "SELECT '" + word + "' AS s");
  store->files_read();
  EXPECT_EQ(rows("SELECT s FROM t WHERE s = 'aaaaaaaa-2'"), (Table{{"aaaaaaaa-2"}}));
  EXPECT_EQ(store->files_read().size(), 1u);
  EXPECT_EQ(rows("SELECT s FROM t WHERE s > 'aaaaaaaa-2'"), (Table{{"aaaaaaaa-3"}}));
  EXPECT_EQ(store->files_read().size(), 1u);
  run("CREATE TABLE p(i INT, part VARCHAR) PARTITIONED BY (part)");
  run("INSERT INTO p VALUES (1, 'aaaaaaaa-1'), (2, 'aaaaaaaa-2'), (3, 'aaaaaaaa-3'), (4, NULL)");
  store->files_read();
  EXPECT_EQ(rows("SELECT i FROM p WHERE part = 'aaaaaaaa-3'"), (Table{{"3"}}));
  EXPECT_EQ(store->files_read().size(), 1u);
  EXPECT_EQ(rows("SELECT i FROM p WHERE part LIKE '%-1' OR reverse(part) = '2-aaaaaaaa' ORDER BY i"),
            (Table{{"1"}, {"2"}}));
  EXPECT_EQ(store->files_read().size(), 2u);
}

TEST_F(Trap, T06_CreateIndexIsRefused) {
  two_files();
  EXPECT_THAT(error_of("CREATE INDEX i ON t(id)").message(), HasSubstr("index"));
  EXPECT_THAT(error_of("CREATE UNIQUE INDEX i ON t(id)").message(), HasSubstr("index"));
}

TEST_F(Trap, T07_ConstraintsAreEnforcedOrRefused) {
  run("CREATE TABLE t(a INT NOT NULL, b INT)");
  auto error = error_of("INSERT INTO t VALUES (1, 1), (NULL, 2)");
  EXPECT_EQ(error.code(), ErrorCode::sql_constraint);
  EXPECT_THAT(error.message(), HasSubstr("\"a\""));
  EXPECT_EQ(error_of("INSERT INTO t(b) VALUES (1)").code(), ErrorCode::sql_constraint);
  run("INSERT INTO t VALUES (1, 1)");
  EXPECT_EQ(error_of("UPDATE t SET a = NULL").code(), ErrorCode::sql_constraint);
  EXPECT_EQ(error_of("MERGE INTO t USING (SELECT 2 AS x) s ON t.a = s.x WHEN NOT MATCHED THEN INSERT VALUES (NULL, 1)")
                .code(),
            ErrorCode::sql_constraint);
  EXPECT_EQ(one("SELECT count(*) FROM t"), "1");
  EXPECT_EQ(data_files().size(), 1u);
  for (auto* sql : {"CREATE TABLE u(a INT CHECK (a > random()))", "CREATE TABLE u(a INT PRIMARY KEY)",
                    "CREATE TABLE u(a INT DEFAULT random())", "CREATE TABLE u(a INT, b INT AS (hash(a)))"})
    EXPECT_EQ(error_of(sql).code(), ErrorCode::sql_unsupported) << sql;
}

TEST_F(Trap, T08_AFailedStatementLeavesNoFile) {
  two_files();
  auto before = data_files();
  error_of("INSERT INTO t SELECT i, 1, CASE WHEN i = 399999 THEN error('late') ELSE 'x' END FROM range(400000) r(i)");
  EXPECT_EQ(data_files(), before);
  error_of(
      "CREATE TABLE u AS SELECT CASE WHEN i = 399999 THEN error('late') ELSE 'x' END AS s FROM range(400000) r(i)");
  EXPECT_EQ(data_files(), before);
  EXPECT_EQ(version("u"), -1);
  session->begin(uuid_v4());
  run("INSERT INTO t SELECT i, 1, 'y' FROM range(1000) r(i)");
  EXPECT_GT(data_files().size(), before.size());
  session->rollback();
  EXPECT_EQ(data_files(), before);
  EXPECT_EQ(version("t"), 1);
}

TEST_F(Trap, T09_ReservedWordsAreNames) {
  run("CREATE TABLE t(\"day\" INT, \"select\" VARCHAR, \"a \"\"b\" INT, \"x.y\" INT) PARTITIONED BY (\"day\")");
  run("INSERT INTO t VALUES (1, 's', 2, 3), (2, 't', 4, 5)");
  run("UPDATE t SET \"select\" = 'u' WHERE \"day\" = 2");
  EXPECT_EQ(rows("SELECT \"day\", \"select\", \"a \"\"b\", \"x.y\" FROM t ORDER BY \"day\""),
            (Table{{"1", "s", "2", "3"}, {"2", "u", "4", "5"}}));
  auto snapshot = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  EXPECT_THAT(*snapshot->files()[0].stats, HasSubstr("\"select\""));
}

TEST_F(Trap, T10_WhatIsNotPlannedIsRefused) {
  two_files();
  for (auto* sql :
       {"INSERT INTO t VALUES (1, 1, 'x') RETURNING id", "INSERT INTO t VALUES (1, 1, 'x') ON CONFLICT DO NOTHING",
        "INSERT OR REPLACE INTO t VALUES (1, 1, 'x')", "UPDATE t SET g = 1 RETURNING id", "DELETE FROM t RETURNING id",
        "MERGE INTO t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE RETURNING *"}) {
    auto error = error_of(sql);
    EXPECT_TRUE(error.code() == ErrorCode::sql_unsupported || error.code() == ErrorCode::sql_binder)
        << sql << error.what();
  }
  EXPECT_EQ(version("t"), 1);
}

TEST_F(Trap, T11_NotMatchedRowsHaveNoRowid) {
  run("CREATE TABLE t(id INT, v INT)");
  run("MERGE INTO t USING (VALUES (1, 1), (2, 2)) s(id, v) ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED "
      "THEN INSERT *");
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), (Table{{"1", "1"}, {"2", "2"}}));
  run("MERGE INTO t USING (VALUES (NULL, 9)) s(id, v) ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v)");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE id IS NULL"), "1");
}

// An optimizer took two plans over two versions of a table for one: the row that version 1 has was not there.
TEST_F(Trap, T13_TwoVersionsInOneStatementAreTwoScans) {
  run("CREATE TABLE t AS SELECT 1 AS id");
  run("INSERT INTO t VALUES (2)");
  const std::string old = "(SELECT id FROM t AT (VERSION => 0))", now = "(SELECT id FROM t AT (VERSION => 1))";
  EXPECT_EQ(rows("SELECT '-' AS d, * FROM (" + old + " EXCEPT ALL " + now + ") UNION ALL SELECT '+', * FROM (" + now +
                 " EXCEPT ALL " + old + ")"),
            (Table{{"+", "2"}}));
}

TEST_F(Trap, T12_TheEngineIsThePinnedVersion) { EXPECT_EQ(engine().version(), "duckdb v1.5.6"); }

}  // namespace weir::engine
