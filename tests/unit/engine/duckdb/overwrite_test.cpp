// INSERT … REPLACE WHERE and INSERT OVERWRITE: what is replaced, as one commit, held against DELETE and INSERT on a
// native table of DuckDB.
#include "engine/duckdb/overwrite_sql.h"
#include "lake_fixture.h"
#include "random_statements.h"

namespace weir::engine {

using duck::OverwriteSql;
using duck::sql_pieces;
using ::testing::HasSubstr;

namespace {

OverwriteSql overwrite(const std::string& sql) {
  auto pieces = sql_pieces(sql);
  EXPECT_EQ(pieces.size(), 1u);
  return std::get<OverwriteSql>(pieces.at(0));
}

}  // namespace

TEST(OverwriteSql, IsCutIntoStatementsWhosePlacesStay) {
  const auto made = overwrite("INSERT INTO t (a, b)\n  REPLACE WHERE a > 1 AND b IN (SELECT 3)\nSELECT 1, 2");
  EXPECT_EQ(made.insert, "INSERT INTO t (a, b)\n                                         \nSELECT 1, 2");
  EXPECT_EQ(made.remove, "DELETE FROM t       \n          WHERE a > 1 AND b IN (SELECT 3)\n           ");
  EXPECT_EQ(made.condition, "a > 1 AND b IN (SELECT 3)");
  EXPECT_TRUE(made.partitions.empty());
}

TEST(OverwriteSql, OverwriteOfATableAndOfPartitions) {
  const auto whole = overwrite("insert overwrite table \"a b\".t select 1");
  EXPECT_EQ(whole.insert, "INSERT INTO            \"a b\".t select 1");
  EXPECT_EQ(whole.remove, "DELETE FROM            \"a b\".t         ");
  const auto parts = overwrite("INSERT OVERWRITE t PARTITION (p, \"Q\") (a, p) FROM x");
  EXPECT_EQ(parts.partitions, (std::vector<std::string>{"p", "Q"}));
  EXPECT_EQ(parts.insert, "INSERT INTO      t                    (a, p) FROM x");
}

TEST(OverwriteSql, OtherStatementsStayAsTheyAre) {
  for (const char* sql : {"INSERT INTO t SELECT replace(a, 'x', 'overwrite') FROM s",
                          "SELECT 1; CREATE OR REPLACE TABLE t AS SELECT 'insert'",
                          "INSERT OR REPLACE INTO t VALUES (1)", "-- insert overwrite\nSELECT 2"})
    EXPECT_EQ(sql_pieces(sql), (std::vector<duck::SqlPiece>{std::string(sql)})) << sql;
  const auto several = sql_pieces("SELECT ';';\nINSERT OVERWRITE t SELECT 1; SELECT 2");
  ASSERT_EQ(several.size(), 3u);
  EXPECT_EQ(std::get<std::string>(several[2]), "           \n                             SELECT 2");
}

class Overwrite : public LakeTest {
 protected:
  void make(const std::string& with = "") {
    run("CREATE OR REPLACE TABLE t(id BIGINT, p VARCHAR)" + with);
    run("INSERT INTO t SELECT i, 'p' || (i % 3) FROM range(9) r(i)");
  }
  Json info(int64_t version) {
    const auto log = store->read("main/t/_delta_log/" + std::string(20 - std::to_string(version).size(), '0') +
                                 std::to_string(version) + ".json");
    return Json::parse(log.substr(0, log.find('\n'))).at("commitInfo");
  }
};

TEST_F(Overwrite, ReplaceWhereIsOneCommitThatSaysSo) {
  make();
  const auto before = version("t");
  EXPECT_EQ(session->query("INSERT INTO t REPLACE WHERE id >= 6 SELECT 100, 'new' UNION ALL SELECT 6, 'six'").changed,
            2);
  EXPECT_EQ(version("t"), before + 1);
  EXPECT_EQ(rows("SELECT id FROM t ORDER BY id"), (Table{{"0"}, {"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"100"}}));
  const auto said = info(version("t"));
  EXPECT_EQ(said.get_string("operation"), "WRITE");
  EXPECT_EQ(said.at("operationParameters").dump(), R"({"mode":"Overwrite","partitionBy":"[]","predicate":"id >= 6"})");
  EXPECT_EQ(said.get_bool("isBlindAppend"), false);
}

TEST_F(Overwrite, RowsOutsideOfTheConditionAreRefusedAndShown) {
  make();
  const auto before = version("t");
  for (const char* row : {"3, 'x'", "NULL, 'x'"}) {
    const auto error = error_of(std::string("INSERT INTO t REPLACE WHERE id >= 6 SELECT ") + row);
    EXPECT_EQ(error.code(), ErrorCode::sql_constraint);
    EXPECT_THAT(error.message(), HasSubstr("REPLACE WHERE (id >= 6) does not hold for the row with id = "));
  }
  EXPECT_EQ(version("t"), before);
  EXPECT_EQ(one("SELECT count(*) FROM t"), "9");
  run("INSERT INTO t VALUES (1, 'an INSERT of its own is asked nothing')");
}

TEST_F(Overwrite, TheQueryReadsTheTableAsItWas) {
  make();
  run("INSERT INTO t REPLACE WHERE id < 6 SELECT id - 1, p FROM t WHERE id < 6");
  EXPECT_EQ(rows("SELECT id FROM t ORDER BY id"),
            (Table{{"-1"}, {"0"}, {"1"}, {"2"}, {"3"}, {"4"}, {"6"}, {"7"}, {"8"}}));
  run("INSERT OVERWRITE t SELECT id * 10, p FROM t WHERE id > 5");
  EXPECT_EQ(rows("SELECT id FROM t ORDER BY id"), (Table{{"60"}, {"70"}, {"80"}}));
  EXPECT_EQ(info(version("t")).at("operationParameters").dump(), R"({"mode":"Overwrite","partitionBy":"[]"})");
}

TEST_F(Overwrite, PartitionsThatRowsComeForAreReplaced) {
  make(" PARTITIONED BY (p)");
  run("INSERT INTO t VALUES (50, NULL)");
  run("INSERT OVERWRITE t PARTITION (p) SELECT 100, 'p1' UNION ALL SELECT 101, 'p9' UNION ALL SELECT 102, NULL");
  EXPECT_EQ(rows("SELECT id, p FROM t ORDER BY id"), (Table{{"0", "p0"},
                                                            {"2", "p2"},
                                                            {"3", "p0"},
                                                            {"5", "p2"},
                                                            {"6", "p0"},
                                                            {"8", "p2"},
                                                            {"100", "p1"},
                                                            {"101", "p9"},
                                                            {"102", "NULL"}}));
  EXPECT_EQ(info(version("t")).at("operationParameters").dump(), R"({"mode":"Overwrite","partitionBy":"[\"p\"]"})");
  EXPECT_THAT(error_of("INSERT OVERWRITE t PARTITION (id) SELECT 1, 'p1'").message(),
              HasSubstr("\"id\" is no partition column of main.t"));
  EXPECT_THAT(error_of("INSERT OVERWRITE t PARTITION (p = 'p1') SELECT 1").message(), HasSubstr("come from the query"));
}

TEST_F(Overwrite, OnlyTheConditionCountsAsRead) {
  make(" PARTITIONED BY (p)");
  auto other = another();
  session->begin("one");
  session->execute("INSERT INTO t REPLACE WHERE p = 'p0' SELECT 100, 'p0'");
  other->execute("UPDATE t SET id = id + 1000 WHERE p = 'p1'");
  EXPECT_TRUE(std::holds_alternative<lake::Committed>(session->commit().at(0)));
  session->begin("two");
  session->execute("INSERT OVERWRITE t PARTITION (p) SELECT 100, 'p0'");
  other->execute("UPDATE t SET id = id + 1000 WHERE p = 'p2'");
  EXPECT_TRUE(std::holds_alternative<lake::Committed>(session->commit().at(0)));
  session->begin("three");
  session->execute("INSERT INTO t REPLACE WHERE p = 'p0' SELECT 100, 'p0'");
  other->execute("UPDATE t SET id = id + 1000 WHERE p = 'p0'");
  EXPECT_TRUE(std::holds_alternative<lake::Conflict>(session->commit().at(0)));
}

TEST_F(Overwrite, TheFeedTellsWhatWentAndWhatCame) {
  for (const char* with : {"", ", 'delta.enableDeletionVectors' = 'true'"}) {
    make(std::string(" WITH ('delta.enableChangeDataFeed' = 'true'") + with + ")");
    run("INSERT INTO t REPLACE WHERE id >= 7 SELECT 70, 'new'");
    const auto now = std::to_string(version("t"));
    EXPECT_EQ(rows("SELECT id, _change_type FROM table_changes('main.t', " + now + ") ORDER BY ALL"),
              (Table{{"7", "delete"}, {"8", "delete"}, {"70", "insert"}}))
        << with;
  }
}

TEST_F(Overwrite, AStatementThatFailsInATransactionLeavesTheTable) {
  make();
  session->begin("attempt");
  EXPECT_THROW(session->execute("INSERT OVERWRITE t SELECT 1, 2, 3"), Error);
  session->rollback();
  EXPECT_EQ(one("SELECT count(*) FROM t"), "9");
}

TEST_F(Overwrite, OtherTablesAreNotMeant) {
  run("CREATE TEMP TABLE native(id BIGINT)");
  EXPECT_EQ(error_of("INSERT OVERWRITE native SELECT 1").code(), ErrorCode::sql_unsupported);
  EXPECT_EQ(error_of("INSERT OVERWRITE none SELECT 1").code(), ErrorCode::sql_unknown_table);
  make();
  const auto error = error_of("INSERT INTO t\nREPLACE WHERE idd > 1\nSELECT 1, 'x'");
  EXPECT_EQ(error.code(), ErrorCode::sql_unknown_column);
  ASSERT_TRUE(error.span());
  EXPECT_EQ(error.span()->line, 2);
}

class OverwriteOracle : public Overwrite {
 protected:
  void sequence(unsigned seed, const std::string& create) {
    RandomStatements generator(seed);
    auto both = [&](const std::string& sql) {
      run(on_table(sql, "lake.main.t"));
      run(on_table(sql, "temp.main.t"));
    };
    run("CREATE OR REPLACE TABLE lake.main.t" + create);
    run(std::string("CREATE OR REPLACE TEMP TABLE t") + statement_columns);
    for (int i = 0; i < 60; ++i) {
      const auto n = [&](size_t below) { return std::to_string(generator.pick(below)); };
      const auto low = n(200), high = std::to_string(std::stoi(low) + static_cast<int>(generator.pick(80)));
      const std::string condition = "id BETWEEN " + low + " AND " + high;
      const std::string fresh = "SELECT " + low + " + i % (" + high + " - " + low +
                                " + 1), i::INTEGER, 's' || i, i / 2.0, "
                                "[i::INTEGER], 'p' || (i % 4) FROM range(" +
                                n(30) + ") r(i)";
      const std::string own = "SELECT id, g + 1, s, d, l, p FROM {T} WHERE " + condition + " AND id % 2 = 0";
      std::string said;
      switch (generator.pick(4)) {
        case 0:
          both(said = generator.next());
          break;
        case 1: {
          const std::string query = generator.pick(2) == 0 ? fresh : own;
          run(on_table("CREATE OR REPLACE TEMP TABLE came AS " + query, "temp.main.t"));
          run(on_table(said = "INSERT INTO {T} REPLACE WHERE " + condition + " " + query, "lake.main.t"));
          run(on_table("DELETE FROM {T} WHERE " + condition, "temp.main.t"));
          run("INSERT INTO temp.main.t FROM came");
          break;
        }
        case 2:
          if (create.find("PARTITIONED") == std::string::npos) continue;
          run("CREATE OR REPLACE TEMP TABLE came(id, g, s, d, l, p) AS " + fresh);
          run(on_table(said = "INSERT OVERWRITE {T} PARTITION (p) " + fresh, "lake.main.t"));
          run("DELETE FROM temp.main.t WHERE p IN (SELECT p FROM came)");
          run("INSERT INTO temp.main.t FROM came");
          break;
        default:
          if (generator.pick(5) != 0) continue;
          run("CREATE OR REPLACE TEMP TABLE came AS " + fresh);
          run(on_table(said = "INSERT OVERWRITE TABLE {T} " + fresh, "lake.main.t"));
          run("DELETE FROM temp.main.t");
          run("INSERT INTO temp.main.t FROM came");
      }
      SCOPED_TRACE("seed " + std::to_string(seed) + " statement " + std::to_string(i) + ": " + said);
      ASSERT_EQ(rows("SELECT * FROM lake.main.t EXCEPT ALL SELECT * FROM temp.main.t LIMIT 5"), Table{});
      ASSERT_EQ(rows("SELECT * FROM temp.main.t EXCEPT ALL SELECT * FROM lake.main.t LIMIT 5"), Table{});
    }
  }
};

TEST_F(OverwriteOracle, RandomOverwrites) {
  const std::string columns = statement_columns;
  for (unsigned seed = 1; seed <= oracle_seeds() && !HasFatalFailure(); ++seed) {
    sequence(seed, columns);
    sequence(seed, columns + " PARTITIONED BY (p)");
    sequence(seed, columns + " WITH ('delta.enableDeletionVectors' = 'true')");
    sequence(seed, columns + " PARTITIONED BY (p) WITH ('delta.enableDeletionVectors' = 'true')");
  }
}

}  // namespace weir::engine
