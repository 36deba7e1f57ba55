// Statements on lake tables: what each does, and what is refused by name.
#include "lake_fixture.h"

namespace weir::engine {

using ::testing::HasSubstr;

TEST_F(LakeTest, CreatesWritesAndReads) {
  run("CREATE TABLE t AS SELECT i AS id, 'row ' || i AS name FROM range(10) r(i)");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "10");
  EXPECT_EQ(rows("SELECT * FROM t WHERE id = 3"), (Table{{"3", "row 3"}}));
  run("INSERT INTO t VALUES (10, 'x')");
  EXPECT_EQ(version("t"), 1);
  EXPECT_EQ(one("SELECT sum(id) FROM lake.main.t"), "55");
  run("DELETE FROM t WHERE id < 5");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "6");
  run("UPDATE t SET name = 'y' WHERE id = 7");
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"),
            (Table{{"5", "row 5"}, {"6", "row 6"}, {"7", "y"}, {"8", "row 8"}, {"9", "row 9"}, {"10", "x"}}));
  run("MERGE INTO t USING (VALUES (5, 'five'), (77, 'new')) s(id, name) ON t.id = s.id "
      "WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.name)");
  EXPECT_EQ(rows("SELECT * FROM t WHERE id IN (5, 77) ORDER BY id"), (Table{{"5", "five"}, {"77", "new"}}));
}

TEST_F(LakeTest, ChangedRowsAreCounted) {
  EXPECT_EQ(session->query("CREATE TABLE t AS SELECT i AS id, i % 3 AS g FROM range(9) r(i)").changed, 9);
  EXPECT_EQ(session->query("INSERT INTO t VALUES (100, 0), (101, 1)").changed, 2);
  EXPECT_EQ(session->query("UPDATE t SET g = 7 WHERE id < 4").changed, 4);
  EXPECT_EQ(session->query("DELETE FROM t WHERE g = 7").changed, 4);
  EXPECT_EQ(session
                ->query("MERGE INTO t USING (VALUES (100), (999)) s(id) ON t.id = s.id WHEN MATCHED THEN DELETE "
                        "WHEN NOT MATCHED THEN INSERT VALUES (s.id, 1)")
                .changed,
            2);
  EXPECT_EQ(session->query("DELETE FROM t").changed, 7);
}

TEST_F(LakeTest, MergeTakesTheFirstFittingBranchOfEachKind) {
  run("CREATE TABLE t AS SELECT i AS id, 0 AS v FROM range(6) r(i)");
  run("MERGE INTO t USING (SELECT i AS id FROM range(2, 9) r(i)) s ON t.id = s.id "
      "WHEN MATCHED AND t.id = 2 THEN DELETE WHEN MATCHED AND t.id = 3 THEN DO NOTHING "
      "WHEN MATCHED THEN UPDATE SET v = s.id * 10 WHEN NOT MATCHED AND s.id = 8 THEN INSERT (id) VALUES (s.id) "
      "WHEN NOT MATCHED THEN INSERT VALUES (s.id, -1) WHEN NOT MATCHED BY SOURCE AND t.id = 0 THEN UPDATE SET v = 99 "
      "WHEN NOT MATCHED BY SOURCE THEN DELETE");
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"),
            (Table{{"0", "99"}, {"3", "0"}, {"4", "40"}, {"5", "50"}, {"6", "-1"}, {"7", "-1"}, {"8", "NULL"}}));
}

TEST_F(LakeTest, MergeErrorBranchStops) {
  run("CREATE TABLE t AS SELECT 1 AS id");
  auto error = error_of("MERGE INTO t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN ERROR 'row ' || s.id");
  EXPECT_THAT(error.message(), HasSubstr("row 1"));
  EXPECT_EQ(version("t"), 0);
}

TEST_F(LakeTest, MergeWithSeveralSourceRowsForOneTargetNamesTheKeys) {
  run("CREATE TABLE t AS SELECT i AS id, i AS day, 0 AS v FROM range(6) r(i)");
  auto error = error_of(
      "MERGE INTO t USING (VALUES (3, 3, 1), (3, 3, 2)) s(id, day, v) ON t.id = s.id AND t.day = s.day "
      "WHEN MATCHED THEN UPDATE SET v = s.v");
  EXPECT_EQ(error.code(), ErrorCode::merge_duplicates);
  EXPECT_THAT(error.message(), HasSubstr("main.t"));
  EXPECT_THAT(error.message(), HasSubstr("id = 3, day = 3"));
  EXPECT_EQ(version("t"), 0);
  run("MERGE INTO t USING (VALUES (3), (3)) s(id) ON t.id = s.id WHEN MATCHED THEN DELETE");  // no doubt what is meant
  EXPECT_EQ(one("SELECT count(*) FROM t"), "5");
}

TEST_F(LakeTest, ChangesThatChangeNothingStageNothing) {
  run("CREATE TABLE t AS SELECT i AS id, CASE WHEN i = 2 THEN NULL ELSE 'n' || i END AS name, {'a': [i]} AS nested "
      "FROM range(6) r(i)");
  auto files = data_files();
  run("UPDATE t SET name = name, nested = {'a': [id]}");
  run("MERGE INTO t USING (SELECT * FROM t) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT "
      "MATCHED THEN "
      "INSERT VALUES (s.id, s.name, s.nested)");
  run("DELETE FROM t WHERE id = 77");
  run("INSERT INTO t SELECT * FROM t WHERE id = 77");
  EXPECT_EQ(version("t"), 0);
  EXPECT_EQ(data_files(), files);
}

TEST_F(LakeTest, OnlyTouchedFilesAreRewritten) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(3) r(i)");
  run("INSERT INTO t SELECT i FROM range(10, 13) r(i)");
  run("INSERT INTO t SELECT i FROM range(20, 23) r(i)");
  auto before = data_files();
  run("UPDATE t SET id = 99 WHERE id = 11");
  run("DELETE FROM t WHERE id BETWEEN 20 AND 22");
  auto snapshot = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  std::vector<std::string> live;
  for (auto& add : snapshot->files()) live.push_back("main/t/" + add.path);
  EXPECT_EQ(live.size(), 2u);
  EXPECT_EQ(
      std::count_if(live.begin(), live.end(), [&](auto& key) { return std::count(before.begin(), before.end(), key); }),
      1);
  EXPECT_EQ(rows("SELECT id FROM t ORDER BY id"), (Table{{"0"}, {"1"}, {"2"}, {"10"}, {"12"}, {"99"}}));
}

TEST_F(LakeTest, TruncateReadsNoFile) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(1000) r(i)");
  store->files_read();
  EXPECT_EQ(session->query("TRUNCATE t").changed, 1000);
  EXPECT_TRUE(store->files_read().empty());
  EXPECT_EQ(one("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(rows("SELECT * FROM t"), Table{});
  run("INSERT INTO t VALUES (5)");
  EXPECT_EQ(one("SELECT sum(id) FROM t"), "5");
}

TEST_F(LakeTest, CreateOrReplaceAndIfNotExists) {
  run("CREATE TABLE t AS SELECT 1 AS a");
  EXPECT_EQ(error_of("CREATE TABLE t AS SELECT 2 AS a").code(), ErrorCode::sql_exists);
  EXPECT_EQ(error_of("CREATE TABLE t(x INT)").code(), ErrorCode::sql_exists);
  run("CREATE TABLE IF NOT EXISTS t AS SELECT 2 AS a");
  run("CREATE TABLE IF NOT EXISTS t(x INT)");
  EXPECT_EQ(version("t"), 0);
  run("CREATE OR REPLACE TABLE t AS SELECT a + 1 AS a, 'x' AS b FROM t");  // reads what it replaces
  EXPECT_EQ(rows("SELECT * FROM t"), (Table{{"2", "x"}}));
  EXPECT_EQ(rows("SELECT * FROM t AT (VERSION => 0)"), (Table{{"1"}}));
  auto snapshot = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  auto first = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet(), {0, std::nullopt});
  EXPECT_EQ(snapshot->metadata().id, first->metadata().id);
  EXPECT_EQ(snapshot->files().size(), 1u);
}

TEST_F(LakeTest, EmptyTables) {
  run("CREATE TABLE t(id BIGINT NOT NULL, p VARCHAR, d DATE) PARTITIONED BY (p)");
  EXPECT_EQ(rows("SELECT * FROM t"), Table{});
  EXPECT_EQ(one("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(one("SELECT max(id) FROM t"), "NULL");
  EXPECT_EQ(rows("SELECT t.id FROM t JOIN t u USING (id)"), Table{});
  run("UPDATE t SET id = 1");
  run("DELETE FROM t WHERE id = 1");
  EXPECT_EQ(version("t"), 0);
  run("CREATE TABLE u AS SELECT * FROM t");
  EXPECT_EQ(version("u"), 0);
}

TEST_F(LakeTest, PartitionsKeepAnyValue) {
  run("CREATE TABLE t(id INT, p VARCHAR, d DATE, n INT, z TIMESTAMPTZ, b BOOLEAN) PARTITIONED BY (p, d, n, z, b)");
  run("INSERT INTO t VALUES (1, 'a/b=c %', '2024-02-29', -5, '2024-01-01 00:00:00.123456+02', true), "
      "(2, NULL, NULL, NULL, NULL, NULL), (3, 'zażółć \"quoted\" ''x''', '0001-01-01', 0, '1969-12-31 23:59:59+00', "
      "false), "
      "(4, repeat('long', 100), NULL, 1, NULL, true)");
  EXPECT_EQ(rows("SELECT id, p, d, n, z, b FROM t WHERE id < 4 ORDER BY id"),
            (Table{{"1", "a/b=c %", "2024-02-29", "-5", "2023-12-31 22:00:00.123456+00", "true"},
                   {"2", "NULL", "NULL", "NULL", "NULL", "NULL"},
                   {"3", "zażółć \"quoted\" 'x'", "0001-01-01", "0", "1969-12-31 23:59:59+00", "false"}}));
  EXPECT_EQ(one("SELECT length(p) FROM t WHERE id = 4"), "400");
  EXPECT_EQ(rows("SELECT id FROM t WHERE p IS NULL"), (Table{{"2"}}));
  EXPECT_EQ(rows("SELECT id FROM t WHERE p = 'a/b=c %'"), (Table{{"1"}}));
  run("UPDATE t SET p = 'moved' WHERE id = 1");
  EXPECT_EQ(rows("SELECT id FROM t WHERE p = 'moved'"), (Table{{"1"}}));
  auto error = error_of("INSERT INTO t(id, p) VALUES (9, '')");
  EXPECT_EQ(error.code(), ErrorCode::sql_constraint);
  EXPECT_THAT(error.message(), HasSubstr("\"p\""));
}

TEST_F(LakeTest, ManyPartitionsWriteOneFileEach) {
  run("CREATE TABLE t(i BIGINT, p BIGINT) PARTITIONED BY (p)");
  run("INSERT INTO t SELECT i, i % 300 FROM range(30000) r(i)");
  EXPECT_LE(data_files().size(), 310u);
  EXPECT_EQ(rows("SELECT count(*), sum(i), count(DISTINCT p) FROM t"), (Table{{"30000", "449985000", "300"}}));
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE p = 17"), "100");
}

TEST_F(LakeTest, FilesAreCutAtTheTargetSize) {
  run("CREATE TABLE t(s VARCHAR) WITH ('delta.targetFileSize' = '1mb')");
  run("INSERT INTO t SELECT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) FROM range(600000) r(i)");
  EXPECT_GE(data_files().size(), 3u);
  EXPECT_EQ(one("SELECT count(*) FROM t"), "600000");
}

TEST_F(LakeTest, AddedColumnsReadAsNullInOldFiles) {
  run("CREATE TABLE t AS SELECT 1 AS a");
  run("ALTER TABLE t ADD COLUMN b VARCHAR");
  run("ALTER TABLE t ADD COLUMN IF NOT EXISTS b VARCHAR");
  run("INSERT INTO t VALUES (2, 'two')");
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY a"), (Table{{"1", "NULL"}, {"2", "two"}}));
  EXPECT_EQ(rows("SELECT a FROM t WHERE b IS NULL"), (Table{{"1"}}));
  run("UPDATE t SET b = 'one' WHERE b IS NULL");
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY a"), (Table{{"1", "one"}, {"2", "two"}}));
  EXPECT_EQ(rows("SELECT * FROM t AT (VERSION => 0)"), (Table{{"1"}}));
}

TEST_F(LakeTest, WhatCannotBeHonouredIsRefusedByName) {
  run("CREATE TABLE t(a INT NOT NULL, b INT)");
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"CREATE TABLE u(a INT DEFAULT (random()))", "random"},
      {"CREATE TABLE u(a VARCHAR, b VARCHAR GENERATED ALWAYS AS (md5(a)))", "md5"},
      {"CREATE TABLE u(a VARCHAR CHECK (regexp_matches(a, 'x')))", "regexp_matches"},
      {"CREATE TABLE u(a INT) WITH ('delta.enableIcebergCompatV1' = 'true')", "none that weir honours"},
      {"CREATE TABLE u(a INT) WITH ('delta.appendOnly' = 'yes')", "true or false"},
      {"CREATE TABLE u(a INT PRIMARY KEY)", "PRIMARY KEY"},
      {"CREATE TABLE u(a INT UNIQUE)", "UNIQUE"},
      {"CREATE TABLE u(a VARCHAR COLLATE nocase)", "collation"},
      {"CREATE TABLE u(a INT, b INT) PARTITIONED BY (a + 1)", "PARTITIONED BY"},
      {"CREATE TABLE u(a INT) PARTITIONED BY (a)", "partitioned"},
      {"CREATE TABLE u(a INT, b BLOB) PARTITIONED BY (b)", "partitioned"},
      {"CREATE TABLE u(a INT) WITH (colour = 'red')", "colour"},
      {"CREATE INDEX i ON t(a)", "index"},
      {"CREATE SEQUENCE s", "sequence"},
      {"CREATE TYPE mood AS ENUM ('a')", "types"},
      {"ALTER TABLE t RENAME COLUMN b TO c", "renamed"},
      {"ALTER TABLE t DROP COLUMN b", "dropped"},
      {"ALTER TABLE t ALTER b TYPE BIGINT", "type"},
      {"ALTER TABLE t RENAME TO v", "renamed"},
      {"ALTER TABLE t ADD COLUMN c INT DEFAULT 3", "default"},
      {"ALTER TABLE t ADD PRIMARY KEY (a)", "PRIMARY KEY"},
      {"INSERT INTO t VALUES (1, 2) RETURNING a", "RETURNING"},
      {"INSERT INTO t VALUES (1, 2) ON CONFLICT DO NOTHING", "ON CONFLICT"},
      {"DELETE FROM t RETURNING a", "RETURNING"},
      {"UPDATE t SET b = 1 RETURNING a", "RETURNING"},
      {"COMMENT ON TABLE t IS 'x'", "ALTER"},
      {"INSTALL httpfs", "extensions"},
  };
  for (auto& [sql, word] : refused) {
    auto error = error_of(sql);
    EXPECT_THAT(error.message() + " " + error.hint(), HasSubstr(word)) << sql;
    EXPECT_NE(error.code(), ErrorCode::engine_broken) << sql;
  }
  EXPECT_EQ(version("t"), 0);
  run("INSERT INTO t VALUES (1, 2)");  // the engine is alive
}

TEST_F(LakeTest, DropOfATableIsRefusedUnlessTheTransactionMadeIt) {
  run("CREATE TABLE t AS SELECT 1 AS a");
  auto error = error_of("DROP TABLE t");
  EXPECT_EQ(error.code(), ErrorCode::drop_refused);
  EXPECT_FALSE(error.hint().empty());
  run("DROP TABLE IF EXISTS nothing");
  session->begin(uuid_v4());
  run("CREATE TABLE u AS SELECT 1 AS a");
  run("DROP TABLE u");
  EXPECT_TRUE(session->staged().tables.empty());
  session->rollback();
}

TEST_F(LakeTest, ViewsAreKeptInTheLakeWithQualifiedNames) {
  run("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS a; CREATE TABLE u AS SELECT 2 AS a");
  run("CREATE VIEW s.v(x) AS WITH c AS (SELECT a FROM t) SELECT c.a + (SELECT max(a) FROM u) FROM c");
  EXPECT_EQ(one("SELECT x FROM s.v"), "3");
  auto sql = lake->catalog().views.at("s.v").sql;
  EXPECT_THAT(sql, HasSubstr("s.t"));
  EXPECT_THAT(sql, HasSubstr("main.u"));
  auto reader = another();
  EXPECT_EQ(rows(*reader, "SELECT * FROM s.v"), (Table{{"3"}}));
  EXPECT_EQ(error_of("CREATE VIEW s.v AS SELECT 1 AS x").code(), ErrorCode::sql_exists);
  run("CREATE OR REPLACE VIEW s.v AS SELECT 7 AS x");
  EXPECT_EQ(one("SELECT x FROM s.v"), "7");
  EXPECT_EQ(error_of("CREATE TABLE s.v(a INT)").code(), ErrorCode::sql_exists);
  EXPECT_EQ(error_of("CREATE OR REPLACE VIEW s.t AS SELECT 1").code(), ErrorCode::sql_exists);
  run("CREATE TEMP TABLE mine AS SELECT 1 AS a");
  EXPECT_THAT(error_of("CREATE VIEW w AS SELECT * FROM mine").message(), HasSubstr("outside the lake"));
  run("DROP VIEW s.v");
  EXPECT_EQ(error_of("SELECT * FROM s.v").code(), ErrorCode::sql_unknown_table);
  EXPECT_EQ(error_of("DROP VIEW s.v").code(), ErrorCode::sql_unknown_table);
  run("DROP VIEW IF EXISTS s.v");
}

TEST_F(LakeTest, MacrosAreKeptInTheLakeWithTypesAndQualifiedNames) {
  run("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 40 AS a; CREATE TABLE u AS SELECT 2 AS a");
  run("CREATE MACRO s.f(\"an x\" INTEGER, y DOUBLE := 1 + 1) AS "
      "(WITH c AS (SELECT a FROM s.t) SELECT c.a + (SELECT max(a) FROM u) + \"an x\" * y FROM c)");
  EXPECT_EQ(one("SELECT s.f(3)"), "48.0");
  EXPECT_EQ(one("SELECT lake.s.f(3, y := 0)"), "42.0");
  EXPECT_EQ(error_of("SELECT s.f('three')").code(), ErrorCode::sql_binder);
  auto sql = lake->catalog().functions.at("s.f").sql;
  EXPECT_THAT(sql, HasSubstr("lake.s.t"));
  EXPECT_THAT(sql, HasSubstr("lake.main.u"));
  auto reader = another();
  EXPECT_EQ(rows(*reader, "SELECT s.f(0)"), (Table{{"42.0"}}));
  EXPECT_EQ(rows(*reader, "SELECT function_type, parameter_types FROM duckdb_functions() WHERE function_name = 'f'"),
            (Table{{"macro", "[INTEGER, DOUBLE]"}}));
  run("CREATE VIEW v AS SELECT s.f(a) AS x FROM u");
  EXPECT_EQ(rows(*reader, "SELECT x FROM v"), (Table{{"46.0"}}));
  EXPECT_EQ(error_of("CREATE MACRO s.f(x) AS x").code(), ErrorCode::sql_exists);
  run("CREATE OR REPLACE MACRO s.f(x) AS x || '!'");
  EXPECT_EQ(one("SELECT s.f('a')"), "a!");
  run("CREATE MACRO total(x) AS sum(x) * 10");
  EXPECT_EQ(one("SELECT total(a) FROM (VALUES (1), (2)) r(a)"), "30");
  run("CREATE TEMP TABLE mine AS SELECT 1 AS a");
  EXPECT_THAT(error_of("CREATE MACRO w() AS (SELECT a FROM mine)").message(), HasSubstr("outside the lake"));
  run("DROP MACRO s.f");
  EXPECT_TRUE(lake->catalog().functions.contains("main.total"));
  EXPECT_FALSE(lake->catalog().functions.contains("s.f"));
  EXPECT_THAT(error_of("SELECT s.f('a')").message(), HasSubstr("does not exist"));
}

TEST_F(LakeTest, AMacroMayStandForATable) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(5) r(i)");
  run("CREATE MACRO above(least INTEGER) AS TABLE SELECT * FROM t WHERE id >= least");
  EXPECT_EQ(rows("SELECT id FROM above(3) ORDER BY id"), (Table{{"3"}, {"4"}}));
  run("CREATE TABLE above AS SELECT 1 AS x");
  EXPECT_EQ(one("SELECT x FROM above"), "1");
  run("DROP MACRO TABLE above");
  EXPECT_TRUE(lake->catalog().functions.empty());
}

TEST_F(LakeTest, AMacroOfATransactionThatIsTakenBackIsNoMore) {
  session->begin(uuid_v4());
  run("CREATE MACRO f(x) AS x + 1");
  EXPECT_EQ(one("SELECT f(1)"), "2");
  session->rollback();
  EXPECT_TRUE(lake->catalog().functions.empty());
}

TEST_F(LakeTest, TimeTravel) {
  run("CREATE TABLE t AS SELECT 0 AS v");
  for (int i = 1; i <= 3; ++i) run("UPDATE t SET v = " + std::to_string(i));
  for (int i = 0; i <= 3; ++i)
    EXPECT_EQ(one("SELECT v FROM t AT (VERSION => " + std::to_string(i) + ")"), std::to_string(i));
  EXPECT_EQ(one("SELECT v FROM t AT (TIMESTAMP => now())"), "3");
  EXPECT_EQ(error_of("SELECT * FROM t AT (VERSION => 9)").code(), ErrorCode::no_such_version);
  EXPECT_EQ(error_of("SELECT * FROM t AT (TIMESTAMP => TIMESTAMP '2001-01-01')").code(), ErrorCode::no_such_version);
  run("CREATE VIEW old AS SELECT * FROM t AT (VERSION => 1)");
  EXPECT_EQ(one("SELECT v FROM old"), "1");
}

TEST_F(LakeTest, VirtualColumns) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(3) r(i)");
  run("INSERT INTO t VALUES (3)");
  EXPECT_EQ(one("SELECT count(DISTINCT filename) FROM t"), "2");
  EXPECT_EQ(one("SELECT count(DISTINCT rowid) FROM t"), "4");
  EXPECT_EQ(one("SELECT id FROM t WHERE rowid = (SELECT max(rowid) FROM t)"), "3");
}

TEST_F(LakeTest, ColumnsMayBeCalledLikeVirtualOnes) {
  run("CREATE TABLE t(filename VARCHAR, rowid VARCHAR, id INT)");
  run("INSERT INTO t VALUES ('f', 'r', 1); INSERT INTO t VALUES ('g', 's', 2)");
  run("UPDATE t SET filename = 'h' WHERE id = 2");
  run("MERGE INTO t USING (SELECT 1 AS id) k ON t.id = k.id WHEN MATCHED THEN UPDATE SET rowid = 'x'");
  EXPECT_EQ(rows("SELECT filename, rowid, id FROM t ORDER BY id"), (Table{{"f", "x", "1"}, {"h", "s", "2"}}));
  run("DELETE FROM t WHERE rowid = 's'");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "1");
}

TEST_F(LakeTest, AnAddedTimestampRaisesTheProtocol) {
  run("CREATE TABLE t AS SELECT 1 AS id");
  run("ALTER TABLE t ADD COLUMN seen TIMESTAMP");
  run("INSERT INTO t VALUES (2, TIMESTAMP '2024-01-01 00:00:00')");
  auto protocol = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet())->protocol();
  EXPECT_EQ(protocol.min_reader_version, 3);
  EXPECT_THAT(*protocol.reader_features, ::testing::Contains("timestampNtz"));
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), (Table{{"1", "NULL"}, {"2", "2024-01-01 00:00:00"}}));
}

TEST_F(LakeTest, TwoVersionsOfOneTableInAStatement) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(5) r(i)");
  run("DELETE FROM t WHERE id > 2");
  EXPECT_EQ(rows("SELECT id FROM t AT (VERSION => 0) EXCEPT SELECT id FROM t ORDER BY id"), (Table{{"3"}, {"4"}}));
  EXPECT_EQ(one("SELECT (SELECT count(id) FROM t AT (VERSION => 0)) - (SELECT count(id) FROM t)"), "2");
}

TEST_F(LakeTest, ErrorsTellPlaceAndCandidates) {
  run("CREATE TABLE orders(customer_id BIGINT, amount DOUBLE)");
  auto column = error_of("SELECT\n  custmer_id\nFROM orders");
  EXPECT_EQ(column.code(), ErrorCode::sql_unknown_column);
  EXPECT_THAT(column.message(), HasSubstr("\"custmer_id\" does not exist; did you mean \"customer_id\"?"));
  EXPECT_EQ(column.span()->line, 2);
  EXPECT_EQ(column.span()->column, 3);
  EXPECT_EQ(column.span()->line_text, "  custmer_id");
  auto table = error_of("SELECT * FROM order");
  EXPECT_EQ(table.code(), ErrorCode::sql_syntax);
  EXPECT_EQ(table.span()->column, 15);
  auto missing = error_of("SELECT * FROM ordres");
  EXPECT_EQ(missing.code(), ErrorCode::sql_unknown_table);
  EXPECT_THAT(missing.message(), HasSubstr("did you mean \"orders\"?"));
  EXPECT_EQ(error_of("SELECT frobnicate(1)").code(), ErrorCode::sql_unknown_function);
  EXPECT_EQ(error_of("SELECT * FROM nowhere.t").code(), ErrorCode::sql_unknown_table);
  EXPECT_EQ(error_of("SELECT CAST('x' AS INT)").code(), ErrorCode::sql_conversion);
  EXPECT_EQ(error_of("SELECT amount, count(*) FROM orders").code(), ErrorCode::sql_binder);
  EXPECT_EQ(error_of("SELECT 1; SELECT nope FROM orders").span()->column, 18);
}

TEST_F(LakeTest, Listings) {
  run("CREATE SCHEMA s; CREATE TABLE s.one AS SELECT 1 AS a; CREATE TABLE two AS SELECT 1 AS a; CREATE VIEW v AS "
      "SELECT * FROM two");
  EXPECT_EQ(rows("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'lake' ORDER BY ALL"),
            (Table{{"main", "two"}, {"s", "one"}}));
  EXPECT_EQ(
      rows("SELECT table_name, table_type FROM information_schema.tables WHERE table_catalog = 'lake' ORDER BY ALL"),
      (Table{{"one", "BASE TABLE"}, {"two", "BASE TABLE"}, {"v", "VIEW"}}));
  EXPECT_EQ(rows("DESCRIBE s.one").size(), 1u);
  EXPECT_EQ(rows("SHOW TABLES FROM s"), (Table{{"one"}}));
}

// A table as another writer declares it: protocol, columns as JSON, properties.
class ForeignTable : public LakeTest {
 protected:
  void declare(const std::string& protocol, const std::string& fields, const std::string& properties = "") {
    auto schema = Json("{\"type\":\"struct\",\"fields\":[" + fields + "]}").dump();
    store->put("main/t/_delta_log/00000000000000000000.json",
               "{\"protocol\":" + protocol +
                   "}\n{\"metaData\":{\"id\":\"x\",\"format\":{\"provider\":\"parquet\",\"options\":{}},"
                   "\"schemaString\":" +
                   schema + ",\"partitionColumns\":[],\"configuration\":{" + properties + "}}}\n");
  }
  static std::string field(const std::string& name, const std::string& type,
                           const std::string& more = "\"nullable\":true,\"metadata\":{}") {
    return "{\"name\":\"" + name + "\",\"type\":" + type + "," + more + "}";
  }
  const std::string plain = "{\"minReaderVersion\":1,\"minWriterVersion\":2}";
};

TEST_F(ForeignTable, NotNullInsideNestedTypesIsEnforced) {
  declare(plain, field("s", "{\"type\":\"struct\",\"fields\":[" +
                                field("a", "\"integer\"", "\"nullable\":false,\"metadata\":{}") + "]}") +
                     "," + field("l", "{\"type\":\"array\",\"elementType\":\"long\",\"containsNull\":false}"));
  run("INSERT INTO t VALUES ({'a': 1}, [1, 2]), (NULL, NULL)");
  auto error = error_of("INSERT INTO t VALUES ({'a': NULL}, NULL)");
  EXPECT_EQ(error.code(), ErrorCode::sql_constraint);
  EXPECT_THAT(error.message(), HasSubstr("s.a"));
  EXPECT_THAT(error_of("INSERT INTO t VALUES (NULL, [1, NULL])").message(), HasSubstr("l.element"));
  EXPECT_EQ(one("SELECT count(*) FROM t"), "2");
}

TEST_F(ForeignTable, ConstraintsOfOthersAreNotBroken) {
  declare("{\"minReaderVersion\":1,\"minWriterVersion\":3}", field("a", "\"integer\""),
          "\"delta.constraints.positive\":\"a > 0\"");
  EXPECT_EQ(rows("SELECT * FROM t"), Table{});
  auto error = error_of("INSERT INTO t VALUES (-1)");
  EXPECT_EQ(error.code(), ErrorCode::sql_constraint);
  EXPECT_THAT(error.message(), HasSubstr("positive (a > 0)"));
  EXPECT_EQ(data_files(), std::vector<std::string>());
}

TEST_F(ForeignTable, ConstraintsAreAskedOfNewRowsOnly) {
  declare(plain, field("a", "\"integer\""));
  run("INSERT INTO t VALUES (-1), (1), (2)");
  auto log = store->read("main/t/_delta_log/00000000000000000000.json");
  log.replace(log.find("\"configuration\":{"), 17, "\"configuration\":{\"delta.constraints.positive\":\"a > 0\"");
  log.replace(log.find("\"minWriterVersion\":2"), 20, "\"minWriterVersion\":3");
  store->put("main/t/_delta_log/00000000000000000002.json", log);
  run("DELETE FROM t WHERE a = 2");
  run("UPDATE t SET a = 3 WHERE a = 1");
  EXPECT_EQ(rows("FROM t ORDER BY a"), (Table{{"-1"}, {"3"}}));
  EXPECT_EQ(error_of("UPDATE t SET a = a - 1").code(), ErrorCode::sql_constraint);
}

TEST_F(ForeignTable, ConstraintsThatAreNotUnderstoodKeepWritersOut) {
  declare("{\"minReaderVersion\":1,\"minWriterVersion\":3}", field("a", "\"integer\""),
          "\"delta.constraints.odd\":\"my_function(a) <=> `a`\"");
  EXPECT_EQ(rows("SELECT * FROM t"), Table{});
  auto error = error_of("INSERT INTO t VALUES (1)");
  EXPECT_EQ(error.code(), ErrorCode::writer_feature);
  EXPECT_THAT(error.message(), HasSubstr("my_function"));
  EXPECT_EQ(data_files(), std::vector<std::string>());
}

TEST_F(ForeignTable, LengthLimitsOfSparkAreNotBroken) {
  declare(plain,
          field("a", "\"string\"", "\"nullable\":true,\"metadata\":{\"__CHAR_VARCHAR_TYPE_STRING\":\"varchar(3)\"}"));
  EXPECT_THAT(error_of("INSERT INTO t VALUES ('long')").message(), HasSubstr("\"a\""));
}

TEST_F(ForeignTable, AppendOnlyTablesKeepTheirRows) {
  declare(plain, field("a", "\"integer\""), "\"delta.appendOnly\":\"true\"");
  run("INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(error_of("DELETE FROM t WHERE a = 1").code(), ErrorCode::append_only);
  EXPECT_EQ(error_of("TRUNCATE t").code(), ErrorCode::append_only);
  EXPECT_EQ(error_of("UPDATE t SET a = 3").code(), ErrorCode::append_only);
  EXPECT_EQ(one("SELECT count(*) FROM t"), "2");
}

TEST_F(ForeignTable, PathsOfTheLogStayInTheirPlace) {
  declare(plain, field("a", "\"integer\""));
  run("INSERT INTO t VALUES (1)");
  auto commit = store->read("main/t/_delta_log/00000000000000000001.json");
  auto name = data_files().at(0).substr(std::string("main/t/").size());
  for (auto* path : {"../../secret.parquet", "%2E%2E/%2E%2E/secret.parquet", "a/../../b.parquet"}) {
    auto forged = commit;
    forged.replace(forged.find(name), name.size(), path);
    store->put("main/t/_delta_log/00000000000000000001.json", forged);
    auto error = error_of(*another(), "SELECT * FROM t");
    EXPECT_TRUE(error.code() == ErrorCode::bad_log || error.code() == ErrorCode::bad_key) << path << error.what();
  }
}

}  // namespace weir::engine
