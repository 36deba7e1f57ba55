// A confined session: which statements and files it refuses, however they are written.
#include <filesystem>

#include "base/file.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace fs = std::filesystem;

class FenceTest : public LakeTest {
 protected:
  void SetUp() override {
    LakeTest::SetUp();
    root_ = fs::temp_directory_path() / ("fence-" + uuid_v4());
    fs::create_directories(root_ / "inside/deep");
    fs::create_directories(root_ / "outside");
    write_file(inside("a.csv"), "a\n1\n");
    write_file(inside("deep/b.csv"), "a\n2\n");
    write_file(outside("c.csv"), "a\n3\n");
    fs::create_directory_symlink(root_ / "outside", root_ / "inside/link");
  }
  void TearDown() override {
    session.reset();
    fs::remove_all(root_);
  }
  std::string inside(const std::string& name) { return (root_ / "inside" / name).string(); }
  std::string outside(const std::string& name) { return (root_ / "outside" / name).string(); }
  void confine(std::set<std::string> kinds = {}) { session->confine({{resolved_path(inside(""))}, std::move(kinds)}); }

  // The message of the refusal; "" = there was none.
  std::string refusal(const std::string& sql) {
    try {
      session->execute(sql);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::not_trusted) << sql << ": " << error.message();
      return error.message();
    }
    return {};
  }
  fs::path root_;
};

TEST_F(FenceTest, RefusesStatementsThatReachBeyond) {
  session->execute("CREATE TEMP TABLE t AS SELECT 1 AS a");
  confine();
  for (const std::string& sql : std::vector<std::string>{
           "ATTACH '" + outside("x.db") + "' AS x", "attach ':memory:' as y", "COPY t TO '" + inside("t.csv") + "'",
           "EXPORT DATABASE '" + inside("dump") + "'", "EXPLAIN ANALYZE COPY t TO '" + inside("t.csv") + "'",
           "PREPARE p AS COPY t TO '" + inside("t.csv") + "'", "SELECT 1; COPY t TO '" + inside("t.csv") + "'",
           "SET profiling_output = '" + outside("p.json") + "'", "PRAGMA profile_output = '" + outside("p.json") + "'",
           "SET log_query_path = '" + outside("q.log") + "'",
           "CALL enable_logging(storage = 'file', storage_config = {'path': '" + outside("l") + "'})"})
    EXPECT_NE(refusal(sql), "") << sql;
  EXPECT_FALSE(fs::exists(inside("t.csv")));
  EXPECT_THAT(refusal("ATTACH 'x.db'\n  AS x"), ::testing::StartsWith("ATTACH asks for trust: ATTACH 'x.db' AS x"));
  for (const char* sql : {"SELECT 'attach x'", "CREATE TEMP TABLE u AS SELECT 1 AS load", "SET threads = 2",
                          "PRAGMA table_info('t')", "EXPLAIN SELECT 1"})
    EXPECT_EQ(refusal(sql), "") << sql;
}

TEST_F(FenceTest, RefusesFilesOutsideHoweverTheyAreNamed) {
  confine();
  for (const std::string& sql : std::vector<std::string>{
           "IMPORT DATABASE '" + outside("") + "'", "SELECT * FROM '" + outside("c.csv") + "'",
           "FROM read_csv('" + outside("c.csv") + "')", "FROM read_text('" + root_.string() + "/out' || 'side/c.csv')",
           "FROM read_blob('" + outside("*") + "')", "FROM glob('" + outside("*") + "')",
           "FROM read_csv(['" + inside("a.csv") + "', '" + outside("c.csv") + "'])",
           "FROM read_csv('" + inside("deep/../../outside/c.csv") + "')",
           "FROM read_csv('" + inside("link/c.csv") + "')", "FROM read_csv('" + inside("*/../../outside/c.csv") + "')",
           "FROM read_csv('file://" + outside("c.csv") + "')", "FROM read_text('~/.profile')",
           "FROM sniff_csv('" + outside("c.csv") + "')", "FROM query('FROM read_csv(''" + outside("c.csv") + "'')')",
           "CREATE TEMP TABLE c AS FROM read_csv('" + outside("c.csv") + "')",
           "CREATE TEMP TABLE d (a INT); COPY d FROM '" + outside("c.csv") + "'",
           "PRAGMA disable_optimizer; FROM read_text('/etc/hostname')"})
    EXPECT_NE(refusal(sql), "") << sql;
  EXPECT_THROW(session->describe("FROM read_csv('" + outside("c.csv") + "')"), Error);
  for (const std::string& sql :
       {"FROM read_csv('" + inside("a.csv") + "')", "FROM read_csv('" + inside("**/*.csv") + "')",
        "FROM read_csv('" + inside("deep/../a.csv") + "')", "FROM read_text('file://" + inside("a.csv") + "')"})
    EXPECT_EQ(refusal(sql), "") << sql;
}

// Functions that open what they name in ways of their own.
TEST_F(FenceTest, RefusesDatabasesAndTablesOfOtherFormatsOutside) {
  for (const std::string& place : {inside("x.db"), outside("x.db")}) {
    session->execute("ATTACH '" + place + "' AS made");
    session->execute("CREATE TABLE made.t AS SELECT 1 AS a");
    session->execute("DETACH made");
  }
  confine();
  EXPECT_NE(refusal("FROM read_duckdb('" + outside("x.db") + "', table_name = 't')"), "");
  EXPECT_NE(refusal("FROM '" + outside("x.db") + "'"), "");
  EXPECT_NE(refusal("FROM iceberg_scan('" + outside("table") + "')"), "");
  EXPECT_NE(refusal("FROM iceberg_scan('" + inside("link/table") + "')"), "");
  EXPECT_NE(refusal("FROM iceberg_scan_rows('" + outside("table") + "', 1)"), "");
  EXPECT_EQ(refusal("FROM read_duckdb('" + inside("x.db") + "', table_name = 't')"), "");
}

TEST_F(FenceTest, AllowsTheKindsThatAreConfirmed) {
  session->execute("CREATE TEMP TABLE t AS SELECT 1 AS a");
  confine({"COPY TO"});
  EXPECT_EQ(refusal("COPY t TO '" + inside("t.csv") + "'"), "");
  EXPECT_NE(refusal("COPY t TO '" + outside("t.csv") + "'"), "");  // a file outside
  EXPECT_NE(refusal("ATTACH ':memory:' AS x"), "");
  confine({"COPY TO", reach_file});
  EXPECT_EQ(refusal("COPY t TO '" + outside("t.csv") + "'"), "");
}

TEST_F(FenceTest, StatementsOfWeirsOwnAreFree) {
  confine();
  session->query_own("COPY (SELECT 1 AS a) TO '" + outside("own.csv") + "'");
  EXPECT_TRUE(fs::exists(outside("own.csv")));
  EXPECT_NE(refusal("FROM read_csv('" + outside("own.csv") + "')"), "");
  // What somebody puts into its text is no statement of its own.
  EXPECT_THROW(session->query_own("COPY (SELECT 1) TO '" + outside("x.csv") + "'; ATTACH ':memory:' AS x"), Error);
  EXPECT_FALSE(fs::exists(outside("x.csv")));
}

TEST_F(FenceTest, TheLakeIsInReachWhereverItLies) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(5) r(i)");
  confine();
  EXPECT_EQ(one("SELECT sum(id) FROM t"), "10");
  run("INSERT INTO t VALUES (5)");
  EXPECT_EQ(one("SELECT sum(id) FROM t"), "15");
}

}  // namespace weir::engine
