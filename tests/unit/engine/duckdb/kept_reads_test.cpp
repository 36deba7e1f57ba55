// Files that are read once for several statements: who takes the rows, and who reads for itself.
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "lake_fixture.h"

namespace weir::engine {

using ::testing::HasSubstr;

class KeptReadsTest : public LakeTest {
 protected:
  KeptReadsTest() {
    std::filesystem::create_directories(folder);
    write("a.csv", 0);
  }
  ~KeptReadsTest() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string& name) const { return (folder / name).string(); }
  std::string quoted(const std::string& name) const { return "'" + path(name) + "'"; }

  // 100,000 lines "n,text n,n.5"; the numbers begin at `first`.
  void write(const std::string& name, int first) const {
    std::ofstream file(path(name));
    file << "id,word,amount\n";
    for (int i = first; i < first + 100000; ++i) file << i << ",text " << i << "," << i << ".5\n";
  }

  bool keeps(const std::string& from) {
    auto kept = session->keep_read(from);
    session->use_kept({kept});
    return kept != nullptr;
  }

  // Other rows in a file that looks the same from outside: their number tells who reads the file, `spoiled` of them.
  void spoil(const std::string& name) {
    const auto time = std::filesystem::last_write_time(path(name));
    const auto size = std::filesystem::file_size(path(name));
    const std::string header = "id,word,amount\n", line = "1,x,2\n";
    const auto lines = (size - header.size()) / line.size();
    std::ofstream file(path(name));
    file << header << "1,x" << std::string((size - header.size()) % line.size(), 'x') << ",2\n";
    for (size_t i = 1; i < lines; ++i) file << line;
    file.close();
    ASSERT_EQ(std::filesystem::file_size(path(name)), size);
    std::filesystem::last_write_time(path(name), time);
    spoiled = std::to_string(lines);
  }
  std::string spoiled;

  // That are there now. Nothing lists them.
  int tables() {
    int found = 0;
    for (int i = 1; i < 100; ++i) {
      try {
        another()->query("SELECT 1 FROM weir_kept.main.read_" + std::to_string(i) + " LIMIT 1");
        found++;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::sql_unknown_table) throw;
      }
    }
    return found;
  }

  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("weir-kept-" + uuid_v4());
};

TEST_F(KeptReadsTest, RowsAreTakenWhereTheSameFilesAreReadInTheSameWay) {
  ASSERT_TRUE(keeps(quoted("a.csv")));
  spoil("a.csv");
  EXPECT_EQ(one("SELECT count(*) FROM " + quoted("a.csv")), "100000");
  EXPECT_EQ(one("SELECT count(*) FROM read_csv(" + quoted("a.csv") + ")"), "100000");
  EXPECT_EQ(one("SELECT sum(a.id) FROM " + quoted("a.csv")), "4999950000");
  EXPECT_EQ(one("SELECT sum(x.id) FROM " + quoted("a.csv") + " AS x WHERE x.amount < 2"), "1");
  EXPECT_EQ(one("SELECT max(n) FROM read_csv_auto(" + quoted("a.csv") + ") AS t(n)"), "99999");
  EXPECT_EQ(one("SELECT max(read_csv.id) FROM read_csv(" + quoted("a.csv") + ")"), "99999");
  EXPECT_EQ(one("SELECT count(*) FROM read_csv(" + quoted("a.csv") + ", max_line_size = 9000000)"), spoiled);
}

TEST_F(KeptReadsTest, InViewsMacrosAndTablesThatAreMade) {
  run("CREATE TEMP VIEW v AS SELECT id FROM " + quoted("a.csv"));
  run("CREATE TEMP MACRO m(p) AS TABLE SELECT id FROM read_csv(p)");
  ASSERT_TRUE(keeps(quoted("a.csv")));
  spoil("a.csv");
  EXPECT_EQ(one("SELECT count(*) FROM v"), "100000");
  EXPECT_EQ(one("SELECT count(*) FROM m(" + quoted("a.csv") + ")"), "100000");
  run("CREATE TABLE t AS SELECT * FROM " + quoted("a.csv") + " WHERE id < 10");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "10");
  run("INSERT INTO t SELECT * FROM " + quoted("a.csv") + " WHERE id BETWEEN 10 AND 14");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "15");
}

TEST_F(KeptReadsTest, NotOfAFileThatHasChanged) {
  ASSERT_TRUE(keeps(quoted("a.csv")));
  write("a.csv", 1000);
  EXPECT_EQ(one("SELECT max(id) FROM " + quoted("a.csv")), "100999");
}

TEST_F(KeptReadsTest, NotOfAPatternThatFindsMore) {
  ASSERT_TRUE(keeps(quoted("*.csv")));
  EXPECT_EQ(one("SELECT count(*) FROM " + quoted("*.csv")), "100000");
  write("b.csv", 5);
  EXPECT_EQ(one("SELECT count(*) FROM " + quoted("*.csv")), "200000");
}

TEST_F(KeptReadsTest, ColumnsThatOnlyFilesHaveAreReadFromThem) {
  ASSERT_TRUE(keeps(quoted("a.csv")));
  EXPECT_EQ(one("SELECT DISTINCT filename FROM " + quoted("a.csv")), path("a.csv"));
  try {
    run("SELECT nope FROM " + quoted("a.csv"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::sql_unknown_column);
    ASSERT_TRUE(error.span());
    EXPECT_EQ(error.span()->column, 8);
  }
}

TEST_F(KeptReadsTest, SmallFilesOtherFormatsAndWhatHasEffectsAreNotKept) {
  std::ofstream(path("small.csv")) << "id\n1\n";
  EXPECT_FALSE(keeps(quoted("small.csv")));
  run("COPY (SELECT i, i::VARCHAR AS word FROM range(1000000) r(i)) TO " + quoted("a.parquet"));
  EXPECT_FALSE(keeps(quoted("a.parquet")));
  for (auto* option : {"store_rejects = true", "ignore_errors = true", "filename = true"})
    EXPECT_FALSE(keeps("read_csv(" + quoted("a.csv") + ", " + option + ")")) << option;
  std::filesystem::create_directories(folder / "day=3");
  write("day=3/a.csv", 0);
  EXPECT_FALSE(keeps(quoted("day=3/*.csv")));
  EXPECT_THROW(keeps(quoted("nothing.csv")), Error);
}

TEST_F(KeptReadsTest, NotBehindASettingNorWhereRowsAreNumberedOrDrawn) {
  ASSERT_TRUE(keeps(quoted("a.csv")));
  spoil("a.csv");
  EXPECT_EQ(one("SELECT max(ordinality) FROM read_csv(" + quoted("a.csv") + ") WITH ORDINALITY"), spoiled);
  EXPECT_EQ(one("SELECT count(*) FROM read_csv(" + quoted("a.csv") + ") TABLESAMPLE 100 PERCENT"), spoiled);
  EXPECT_EQ(one("SELECT count(*) FROM " + quoted("a.csv")), "100000");
  run("SET TimeZone = 'Europe/Berlin'");
  EXPECT_EQ(one("SELECT count(*) FROM " + quoted("a.csv")), spoiled);
}

// 01234 is a number in a table, and in a UNION with words it is the text that the file has.
TEST_F(KeptReadsTest, TextIsReadFromTheFileWhereAUnionOrAnInsertWantsIt) {
  std::ofstream file(path("zip.csv"));
  file << "zip,word\n";
  for (int i = 0; i < 100000; ++i) file << "0" << i % 1000 + 1000 << ",text " << i << "\n";
  file.close();
  run("CREATE TABLE texts (zip VARCHAR)");
  run("CREATE TEMP VIEW zips AS SELECT zip FROM " + quoted("zip.csv"));
  for (auto* from :
       {"(SELECT zip FROM zips UNION ALL SELECT 'none')", "(SELECT zip FROM zips INTERSECT SELECT '01000')"}) {
    ASSERT_TRUE(keeps(quoted("zip.csv")));
    EXPECT_EQ(one(std::string("SELECT min(zip) FROM ") + from), "01000") << from;
  }
  ASSERT_TRUE(keeps(quoted("zip.csv")));
  run("INSERT INTO texts SELECT zip FROM " + quoted("zip.csv"));
  EXPECT_EQ(one("SELECT min(zip) FROM texts"), "01000");
  ASSERT_TRUE(keeps(quoted("zip.csv")));
  spoil("zip.csv");
  EXPECT_EQ(one("SELECT count(*) FROM (SELECT zip FROM zips UNION ALL SELECT 5)"), "100001");
}

TEST_F(KeptReadsTest, APreparedStatementReadsTheFileWhenItIsExecuted) {
  ASSERT_TRUE(keeps(quoted("a.csv")));
  run("PREPARE greatest AS SELECT max(id) FROM " + quoted("a.csv"));
  write("a.csv", 1000);
  EXPECT_EQ(one("EXECUTE greatest"), "100999");
}

TEST_F(KeptReadsTest, NotOfAFileThatWasChangedWithinTheSecond) {
  ASSERT_TRUE(keeps(quoted("a.csv")));
  std::fstream file(path("a.csv"));
  file.seekp(std::string_view("id,word,amount\n").size());
  file << "7";
  file.close();
  EXPECT_EQ(one("SELECT sum(id) FROM " + quoted("a.csv")), "4999950007");
}

TEST_F(KeptReadsTest, ADatabaseOfTheProjectMayHaveTheNameOfTheHiddenOne) {
  static Engine* const own = open_duckdb({.memory_limit_bytes = 1ll << 30, .threads = 2}).release();  // as engine()
  session = own->session(lake);
  run("ATTACH ':memory:' AS weir_kept");
  EXPECT_THROW(keeps(quoted("a.csv")), Error);
  EXPECT_EQ(one("SELECT count(*) FROM " + quoted("a.csv")), "100000");
  run("DETACH weir_kept");
  EXPECT_TRUE(keeps(quoted("a.csv")));
}

TEST_F(KeptReadsTest, JsonWithItsTypes) {
  std::ofstream file(path("a.json"));
  for (int i = 0; i < 50000; ++i)
    file << R"({"id": )" << i << R"(, "day": "2026-01-02", "parts": {"a": [1, )" << i << R"(]}, "nothing": null})"
         << "\n";
  file.close();
  const std::string types =
      "SELECT typeof(day) || ' ' || typeof(parts) || ' ' || typeof(nothing) FROM " + quoted("a.json") + " LIMIT 1";
  const std::string sum = "SELECT sum(parts.a[2]) FROM " + quoted("a.json");
  const std::string before = one(types), sum_before = one(sum);
  ASSERT_TRUE(keeps(quoted("a.json")));
  spoil("a.json");
  EXPECT_EQ(one(types), before);
  EXPECT_EQ(one(sum), sum_before);
}

TEST_F(KeptReadsTest, OtherSessionsTakeTheRowsTooAndTheyGoWithTheLast) {
  auto kept = session->keep_read(quoted("a.csv"));
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->rows(), 100000);
  EXPECT_EQ(kept->file_bytes(), static_cast<int64_t>(std::filesystem::file_size(path("a.csv"))));
  spoil("a.csv");
  auto other = another();
  other->begin(uuid_v4());
  other->use_kept({kept});
  EXPECT_EQ(tables(), 1);
  EXPECT_EQ(cell_text(other->query("SELECT count(*) FROM " + quoted("a.csv")).rows[0][0]), "100000");
  kept.reset();
  EXPECT_EQ(cell_text(other->query("SELECT count(*) FROM " + quoted("a.csv")).rows[0][0]), "100000");
  other->rollback();
  other.reset();
  EXPECT_EQ(tables(), 0);
}

TEST_F(KeptReadsTest, ViewsKeepTheirText) {
  ASSERT_TRUE(keeps(quoted("a.csv")));
  run("CREATE TEMP VIEW v AS SELECT id FROM " + quoted("a.csv"));
  session->use_kept({});
  EXPECT_EQ(one("SELECT count(*) FROM v"), "100000");
}

}  // namespace weir::engine
