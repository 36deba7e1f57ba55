// Transactions of a session: what is staged, what was read, what is left behind.
#include <thread>

#include "lake_fixture.h"
#include "store/fault_store.h"

namespace weir::engine {

using ::testing::HasSubstr;

namespace {

std::vector<lake::Add> adds_of(const lake::StagedTable& table) {
  std::vector<lake::Add> adds;
  for (auto& action : table.draft.actions) {
    if (auto* add = std::get_if<lake::Add>(&action)) adds.push_back(*add);
  }
  return adds;
}
std::vector<lake::Remove> removes_of(const lake::StagedTable& table) {
  std::vector<lake::Remove> removes;
  for (auto& action : table.draft.actions) {
    if (auto* remove = std::get_if<lake::Remove>(&action)) removes.push_back(*remove);
  }
  return removes;
}

}  // namespace

class SessionTest : public LakeTest {
 protected:
  const std::string attempt = uuid_v4();
};

TEST_F(SessionTest, StagesUnderTheAttemptsNameAndShowsNobody) {
  session->begin(attempt);
  run("CREATE TABLE t AS SELECT i AS id FROM range(5) r(i)");
  run("INSERT INTO t VALUES (5)");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "6");
  EXPECT_EQ(another()->query("SELECT count(*) FROM duckdb_tables() WHERE table_name = 't'").rows[0][0],
            Cell(int64_t{0}));
  auto staged = session->staged();
  ASSERT_EQ(staged.tables.size(), 1u);
  auto& table = staged.tables[0];
  EXPECT_EQ(table.name, (lake::TableName{"main", "t"}));
  EXPECT_EQ(table.base, nullptr);
  EXPECT_TRUE(std::holds_alternative<lake::Protocol>(table.draft.actions[0]));
  EXPECT_TRUE(std::holds_alternative<lake::Metadata>(table.draft.actions[1]));
  auto adds = adds_of(table);
  ASSERT_EQ(adds.size(), 2u);
  EXPECT_EQ(adds[0].path, attempt + "-0.parquet");
  EXPECT_EQ(adds[1].path, attempt + "-1.parquet");
  EXPECT_EQ(table.rows_added, 6);
  EXPECT_GT(table.bytes_added, 0u);
  EXPECT_GT(table.oldest_file_ms, 0);
  EXPECT_EQ(table.draft.operation, "CREATE TABLE AS SELECT");
  session->release();
  EXPECT_FALSE(session->in_transaction());
  EXPECT_EQ(data_files().size(), 2u);
  EXPECT_EQ(version("t"), -1);
}

TEST_F(SessionTest, RollbackLeavesNothing) {
  run("CREATE TABLE t(id BIGINT, p VARCHAR) PARTITIONED BY (p)");
  run("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  std::vector<std::string> before;
  for (auto& object : store::list(*store, "")) before.push_back(object.key);
  session->begin(attempt);
  run("CREATE SCHEMA s; CREATE TABLE s.u AS SELECT * FROM t; CREATE VIEW v AS SELECT * FROM t");
  run("UPDATE t SET id = 3; ALTER TABLE t ADD COLUMN x INT; INSERT INTO t VALUES (9, 'c', 1); DELETE FROM t WHERE p = "
      "'a'");
  error_of("INSERT INTO t SELECT 1, 'z', 'no number'");
  session->rollback();
  std::vector<std::string> after;
  for (auto& object : store::list(*store, "")) after.push_back(object.key);
  EXPECT_EQ(after, before);
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), (Table{{"1", "a"}, {"2", "b"}}));
}

TEST_F(SessionTest, FilesThatDoNotSurviveTheTransactionAreRemovedAtRelease) {
  run("CREATE TABLE t AS SELECT 1 AS id");
  session->begin(attempt);
  run("INSERT INTO t VALUES (2)");
  run("UPDATE t SET id = 20 WHERE id = 2");
  auto adds = adds_of(session->staged().tables.at(0));
  ASSERT_EQ(adds.size(), 1u);
  session->release();
  EXPECT_EQ(data_files().size(), 2u);
}

TEST_F(SessionTest, AppendsThatReadNothingAreBlind) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(3) r(i); CREATE TABLE src AS SELECT 7 AS id");
  session->begin(attempt);
  run("INSERT INTO t SELECT * FROM src");
  session->describe("SELECT max(id) FROM t");  // looking at its columns is no reading
  auto draft = session->staged().tables.at(0).draft;
  EXPECT_TRUE(draft.reads.nothing());
  EXPECT_TRUE(draft.is_blind_append());
  EXPECT_EQ(session->staged().tables.at(0).mode, lake::WriteMode::append);
  one("SELECT count(*) FROM t");  // answered from statistics, but read all the same
  EXPECT_TRUE(session->staged().tables.at(0).draft.reads.whole_table);
  session->rollback();
}

TEST_F(SessionTest, ReadSetsHoldPredicatesAndFiles) {
  run("CREATE TABLE t AS SELECT i AS id, 'n' || i AS s FROM range(3) r(i)");
  run("INSERT INTO t SELECT i, 'n' || i FROM range(10, 13) r(i)");
  session->begin(attempt);
  run("DELETE FROM t WHERE id = 11 AND s IN ('n11', 'n12')");
  auto table = session->staged().tables.at(0);
  auto& reads = table.draft.reads;
  EXPECT_FALSE(reads.whole_table);
  EXPECT_EQ(reads.files.size(), 1u);
  ASSERT_EQ(reads.predicates.size(), 1u);
  bool has_id = false;
  for (auto& any : reads.predicates[0].all_of_any) {
    for (auto& condition : any)
      has_id = has_id || (condition.column == "id" && condition.compare == lake::Compare::equal &&
                          condition.value == lake::Scalar(int64_t{11}));
  }
  EXPECT_TRUE(has_id);
  EXPECT_EQ(removes_of(table).size(), 1u);
  EXPECT_EQ(table.draft.operation, "DELETE");
  EXPECT_EQ(table.rows_removed, 1);
  EXPECT_EQ(table.rows_added, 0);
  EXPECT_EQ(table.mode, lake::WriteMode::merge);
  session->rollback();
  session->begin(attempt);
  run("INSERT INTO t SELECT 99, 'x' WHERE NOT EXISTS (SELECT 1 FROM t WHERE id = 500)");  // no file can hold it
  EXPECT_FALSE(session->staged().tables.at(0).draft.is_blind_append());
  session->rollback();
}

TEST_F(SessionTest, ReadingAnOldVersionIsNoReadingOfTheTable) {
  run("CREATE TABLE t AS SELECT 1 AS id; INSERT INTO t VALUES (2)");
  session->begin(attempt);
  run("INSERT INTO t SELECT id + 10 FROM t AT (VERSION => 0)");
  EXPECT_TRUE(session->staged().tables.at(0).draft.is_blind_append());
  session->rollback();
}

TEST_F(SessionTest, OverwriteReadsTheWholeTable) {
  run("CREATE TABLE t AS SELECT 1 AS id");
  session->begin(attempt);
  run("CREATE OR REPLACE TABLE t AS SELECT 2 AS id");
  auto table = session->staged().tables.at(0);
  EXPECT_EQ(table.mode, lake::WriteMode::overwrite);
  EXPECT_TRUE(table.draft.reads.whole_table);
  EXPECT_EQ(removes_of(table).size(), 1u);
  for (auto& action : table.draft.actions)
    EXPECT_FALSE(std::holds_alternative<lake::Metadata>(action));  // same columns
  session->rollback();
}

TEST_F(SessionTest, ReadsAreOfThePinnedVersion) {
  run("CREATE TABLE t AS SELECT 1 AS v");
  run("UPDATE t SET v = 2");
  session->begin(attempt, {{{"main", "T"}, 0}});
  EXPECT_EQ(one("SELECT v FROM t"), "1");
  run("INSERT INTO t VALUES (5)");
  EXPECT_EQ(session->staged().tables.at(0).base->version(), 0);
  session->rollback();
  EXPECT_EQ(one("SELECT v FROM t"), "2");
}

TEST_F(SessionTest, ATableThatIsPinnedAsAbsentIsNotSeenWhoeverMakesIt) {
  session->begin(attempt, {{{"main", "T"}, std::nullopt}});
  another()->execute("CREATE TABLE t AS SELECT 1 AS v");
  EXPECT_EQ(one("SELECT count(*) FROM information_schema.tables WHERE table_name = 't'"), "0");
  run("CREATE TABLE t AS SELECT 2 AS v");
  EXPECT_EQ(session->staged().tables.at(0).base, nullptr);
  auto outcomes = session->commit();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<lake::Conflict>(outcomes[0]));
  EXPECT_EQ(one("SELECT v FROM t"), "1");
}

TEST_F(SessionTest, ATransactionSeesOneVersion) {
  run("CREATE TABLE t AS SELECT 1 AS v");
  session->begin(attempt);
  EXPECT_EQ(one("SELECT v FROM t"), "1");
  another()->execute("UPDATE t SET v = 2");
  EXPECT_EQ(one("SELECT v FROM t"), "1");
  session->rollback();
  EXPECT_EQ(one("SELECT v FROM t"), "2");
}

TEST_F(SessionTest, CommitTellsConflicts) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(10) r(i)");
  session->begin(attempt);
  run("UPDATE t SET id = id + 100 WHERE id = 3");
  another()->execute("DELETE FROM t WHERE id = 4");
  auto files = data_files().size();
  auto outcomes = session->commit();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<lake::Conflict>(outcomes[0]));
  EXPECT_FALSE(session->in_transaction());
  EXPECT_EQ(data_files().size(), files - 1);  // what lost the race is gone
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE id > 50"), "0");
  session->begin(uuid_v4());
  run("INSERT INTO t VALUES (77)");
  another()->execute("INSERT INTO t VALUES (78)");
  outcomes = session->commit();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(std::get<lake::Committed>(outcomes[0]).version, 3);
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE id > 70"), "2");
}

TEST_F(SessionTest, SeveralTablesInOneTransactionAreNotCommitted) {
  session->begin(attempt);
  run("CREATE TABLE a AS SELECT 1 AS x; CREATE TABLE b AS SELECT 1 AS x");
  EXPECT_EQ(session->staged().tables.size(), 2u);
  try {
    session->commit();
    FAIL() << "committed two tables";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::several_tables);
  }
  EXPECT_EQ(data_files(), std::vector<std::string>());
}

TEST_F(SessionTest, TransactionStatementsAreRefusedInAStep) {
  session->begin(attempt);
  for (auto* sql : {"COMMIT", "ROLLBACK", "BEGIN", "SELECT 1; COMMIT"})
    EXPECT_EQ(error_of(sql).code(), ErrorCode::sql_transaction);
  session->rollback();
}

TEST_F(SessionTest, DescribesAndNamesTablesWithoutRunning) {
  run("CREATE TABLE t AS SELECT 1 AS id, 'x' AS s; CREATE TABLE u AS SELECT 1 AS id; CREATE VIEW v AS SELECT id FROM "
      "u");
  store->files_read();
  auto columns = session->describe("SELECT id, s, id + 0.5 AS h, now() AS n FROM t");
  EXPECT_EQ(columns[0], (ColumnInfo{"id", "INTEGER"}));
  EXPECT_EQ(columns[2].name, "h");
  EXPECT_EQ(columns[3], (ColumnInfo{"n", "TIMESTAMP WITH TIME ZONE"}));
  EXPECT_EQ(session->tables_of("WITH t AS (SELECT 1 AS id) SELECT * FROM t JOIN v USING (id)"),
            (std::vector<lake::TableName>{{"main", "u"}}));
  EXPECT_EQ(session->tables_of("SELECT * FROM t WHERE id IN (SELECT id FROM lake.main.u)"),
            (std::vector<lake::TableName>{{"main", "t"}, {"main", "u"}}));
  EXPECT_TRUE(store->files_read().empty());
  try {
    session->tables_of("SELECT * FROM missing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::sql_unknown_table);
  }
}

TEST_F(SessionTest, VolatileFunctionsAreNamed) {
  run("CREATE TABLE t AS SELECT 1 AS id; CREATE VIEW v AS SELECT random() AS r");
  EXPECT_EQ(session->volatile_functions_of("SELECT id + 1, upper('x') FROM t"), std::vector<std::string>());
  EXPECT_EQ(session->volatile_functions_of("SELECT id FROM t WHERE id > (SELECT max(id) FROM t)"),
            std::vector<std::string>());
  EXPECT_THAT(session->volatile_functions_of("SELECT random(), id FROM t"), ::testing::ElementsAre("random"));
  EXPECT_THAT(session->volatile_functions_of("SELECT * FROM v"), ::testing::ElementsAre("random"));
  EXPECT_FALSE(session->volatile_functions_of("SELECT * FROM t WHERE now() > TIMESTAMPTZ '2020-01-01'").empty());
  EXPECT_FALSE(session->volatile_functions_of("SELECT current_date").empty());
  EXPECT_FALSE(session->volatile_functions_of("SELECT uuid() FROM t").empty());
}

TEST_F(SessionTest, StreamsBatches) {
  run("CREATE TABLE t AS SELECT i AS id, 'n' || i AS s FROM range(50000) r(i)");
  auto stream = session->stream("SELECT * FROM t ORDER BY id");
  EXPECT_EQ(stream->schema().column_count(), 2u);
  EXPECT_EQ(stream->schema().name(1), "s");
  EXPECT_EQ(stream->schema().format(0), "l");
  int64_t rows = 0;
  while (auto batch = stream->next()) rows += batch->row_count();
  EXPECT_EQ(rows, 50000);
  EXPECT_THROW(
      {
        auto failing = session->stream("SELECT CASE WHEN id = 49999 THEN error('at the end') END FROM t");
        while (failing->next()) {
        }
      },
      Error);
  EXPECT_EQ(one("SELECT 1"), "1");
}

TEST_F(SessionTest, CancelEndsTheStatement) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(1000) r(i)");
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) {
      session->cancel();
      session->progress();
      std::this_thread::yield();
    }
  });
  auto error = error_of("SELECT sum(a.id * b.id + c.id) FROM t a, t b, t c");
  done = true;
  other.join();
  EXPECT_EQ(error.code(), ErrorCode::cancelled);
  EXPECT_EQ(one("SELECT count(*) FROM t"), "1000");
}

TEST_F(SessionTest, ACancelledTokenStopsARunningStatement) {
  CancelToken token;
  auto mine = engine().session(lake, token);
  mine->execute("CREATE TABLE t AS SELECT i AS id FROM range(1000) r(i)");
  std::thread other([&] {
    while (mine->progress().fraction < 0) std::this_thread::yield();
    token.cancel();
  });
  EXPECT_EQ(error_of(*mine, "SELECT sum(a.id * b.id + c.id) FROM t a, t b, t c").code(), ErrorCode::cancelled);
  other.join();
  EXPECT_EQ(error_of(*mine, "SELECT 1").code(), ErrorCode::cancelled);  // it stays so
}

TEST_F(SessionTest, RowsAreCountedWhileTheyAreWritten) {
  session->begin(uuid_v4());
  std::atomic<bool> done{false};
  int64_t seen = 0;
  std::thread other([&] {
    while (!done)
      if (const auto rows = session->progress().rows_staged; rows > 0 && seen == 0) seen = rows;
  });
  run("CREATE TABLE t AS SELECT i AS id, md5(i::VARCHAR) AS text FROM range(3000000) r(i)");
  done = true;
  other.join();
  EXPECT_GT(seen, 0);
  EXPECT_LT(seen, 3000000);
  EXPECT_EQ(session->progress().rows_staged, 3000000);
  session->rollback();
  session->begin(uuid_v4());
  EXPECT_EQ(session->progress().rows_staged, 0);
  session->rollback();
}

TEST_F(SessionTest, OutOfMemoryIsNamedAndTheSessionGoesOn) {
  auto small = open_duckdb({64ll << 20, 2, "", 0});
  auto mine = small->session(lake);
  auto error =
      error_of(*mine, "SELECT length(list(i || 'some text that takes room')::VARCHAR) FROM range(20000000) r(i)");
  EXPECT_EQ(error.code(), ErrorCode::out_of_memory);
  EXPECT_EQ(mine->query("SELECT 1").rows[0][0], Cell(int64_t{1}));
}

TEST_F(SessionTest, SpillsAndSaysSo) {
  auto folder = ::testing::TempDir() + "weir-spill-" + uuid_v4();
  auto small = open_duckdb({160ll << 20, 2, folder, 0});
  auto mine = small->session(lake);
  mine->execute(
      "CREATE TABLE t AS SELECT md5(i::VARCHAR) || md5((i * 7)::VARCHAR) AS s, i FROM range(2500000) r(i) ORDER BY s");
  EXPECT_GT(mine->metrics().spilled_bytes, 0u);
  EXPECT_GT(mine->metrics().peak_memory_bytes, 0u);
  EXPECT_EQ(mine->metrics().rows_written, 2500000);
  EXPECT_GT(mine->metrics().bytes_written, 0u);
}

TEST_F(SessionTest, AnErrorOfTheStoreComesBackWhole) {
  auto faulty = std::make_shared<store::FaultStore>(std::make_shared<store::MemoryStore>(), store::FaultPlan{});
  auto broken = std::make_shared<lake::Lake>(faulty);
  auto mine = engine().session(broken);
  mine->execute("CREATE TABLE t AS SELECT 1 AS id");
  faulty->set_plan({store::FaultKind::no_space, faulty->operations() + 1});
  auto error = error_of(*mine, "INSERT INTO t VALUES (2)");
  EXPECT_EQ(error.code(), ErrorCode::store_io) << error.what();
  faulty->set_plan({});
  EXPECT_EQ(rows(*mine, "SELECT count(*) FROM t"), (Table{{"1"}}));
}

TEST_F(SessionTest, SeveralLakesInOneEngine) {
  auto elsewhere = std::make_shared<lake::Lake>(std::make_shared<store::MemoryStore>("two"));
  auto second = engine().session(elsewhere);
  run("CREATE TABLE t AS SELECT 'first' AS which");
  second->execute("CREATE TABLE t AS SELECT 'second' AS which");
  EXPECT_EQ(one("SELECT which FROM t"), "first");
  EXPECT_EQ(rows(*second, "SELECT which FROM lake.main.t"), (Table{{"second"}}));
}

TEST_F(SessionTest, ManyWritersLoseNothing) {
  run("CREATE TABLE t(id BIGINT)");
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&, w] {
      auto mine = another();
      for (int i = 0; i < 10; ++i) mine->execute("INSERT INTO t VALUES (" + std::to_string(w * 100 + i) + ")");
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT id) FROM t"), (Table{{"30", "30"}}));
}

}  // namespace weir::engine
