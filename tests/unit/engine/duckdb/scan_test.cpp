// Which files a query opens.
#include <filesystem>

#include "lake_fixture.h"

namespace weir::engine {

class ScanTest : public LakeTest {
 protected:
  // Ten files of ten rows: id 0-9, 10-19, ...
  void ten_files() {
    run("CREATE TABLE t(id BIGINT, day DATE, ts TIMESTAMPTZ, s VARCHAR, d DOUBLE, n INTEGER, dec DECIMAL(10,2))");
    for (int i = 0; i < 10; ++i)
      run("INSERT INTO t SELECT i, DATE '2024-01-01' + i::INTEGER, TIMESTAMPTZ '2024-01-01 00:00:00.0005+00' + i * "
          "INTERVAL 1 HOUR, "
          "'prefix-that-is-long-' || lpad(i::VARCHAR, 3, '0'), i / 2.0, CASE WHEN i < 50 THEN NULL ELSE i END, i FROM "
          "range(" +
          std::to_string(i * 10) + ", " + std::to_string(i * 10 + 10) + ") r(i)");
    store->files_read();
  }
  size_t opened(const std::string& sql, const Table& expected) {
    EXPECT_EQ(rows(sql), expected) << sql;
    return store->files_read().size();
  }
};

TEST_F(ScanTest, WherePrunes) {
  ten_files();
  EXPECT_EQ(opened("SELECT id FROM t WHERE id = 42", {{"42"}}), 1u);
  EXPECT_EQ(opened("SELECT count(id) FROM t WHERE id BETWEEN 35 AND 44", {{"10"}}), 2u);
  EXPECT_EQ(opened("SELECT count(id) FROM t WHERE id < 15 OR id > 95", {{"19"}}), 3u);
  EXPECT_EQ(opened("SELECT count(id) FROM t WHERE id IN (5, 55, 56)", {{"3"}}), 2u);
  EXPECT_EQ(opened("SELECT count(id) FROM t WHERE id > 1000", {{"0"}}), 0u);
  EXPECT_EQ(opened("SELECT id FROM t WHERE day = DATE '2024-01-03'", {{"2"}}), 1u);
  EXPECT_EQ(opened("SELECT id FROM t WHERE s = 'prefix-that-is-long-077'", {{"77"}}), 1u);
  EXPECT_EQ(opened("SELECT id FROM t WHERE dec = 33", {{"33"}}), 1u);
  EXPECT_EQ(opened("SELECT count(id) FROM t WHERE n IS NULL", {{"50"}}), 5u);
  EXPECT_EQ(opened("SELECT count(id) FROM t WHERE n IS NOT NULL AND id < 70", {{"20"}}), 2u);
  EXPECT_EQ(opened("SELECT id FROM t WHERE d < 1", {{"0"}, {"1"}}), 1u);
  EXPECT_EQ(opened("SELECT id FROM t WHERE ts = TIMESTAMPTZ '2024-01-01 05:00:00.0005+00'", {{"5"}}),
            1u);  // kept though cut to ms
}

TEST_F(ScanTest, CountsComeFromStatistics) {
  ten_files();
  EXPECT_EQ(opened("SELECT count(*) FROM t", {{"100"}}), 0u);
}

TEST_F(ScanTest, JoinsPruneByTheOtherSide) {
  ten_files();
  run("CREATE TABLE k AS SELECT 63 AS id");
  store->files_read();
  EXPECT_EQ(rows("SELECT t.id FROM t JOIN k USING (id)"), (Table{{"63"}}));
  auto read = store->files_read();
  std::erase_if(read, [](auto& key) { return key.find("main/k/") == 0; });
  EXPECT_EQ(read.size(), 1u);
}

TEST_F(ScanTest, TopNSkipsFiles) {
  run("CREATE TABLE t(id BIGINT)");
  for (int i = 0; i < 40; ++i)
    run("INSERT INTO t SELECT i FROM range(" + std::to_string(i * 1000) + ", " + std::to_string(i * 1000 + 1000) +
        ") r(i)");
  EXPECT_EQ(rows("SELECT id FROM t ORDER BY id DESC LIMIT 3"), (Table{{"39999"}, {"39998"}, {"39997"}}));
}

TEST_F(ScanTest, DeletesOpenOnlyWhatTheyTouch) {
  ten_files();
  EXPECT_EQ(session->query("DELETE FROM t WHERE id = 77").changed, 1);
  auto read = store->files_read();
  EXPECT_EQ(read.size(), 1u);
  EXPECT_EQ(
      session->query("MERGE INTO t USING (SELECT 12 AS id) k ON t.id = k.id WHEN MATCHED THEN UPDATE SET s = 'new'")
          .changed,
      1);
  EXPECT_EQ(store->files_read().size(), 1u);
}

TEST_F(ScanTest, PlanningOpensNoFile) {
  ten_files();
  session->describe("SELECT * FROM t WHERE id = 3");
  rows("EXPLAIN SELECT * FROM t WHERE id = 3");
  EXPECT_EQ(store->files_read().size(), 0u);
}

TEST_F(ScanTest, OddNamesAndPathsAreRead) {
  run("CREATE TABLE t(id INT, \"p q%\" VARCHAR) PARTITIONED BY (\"p q%\")");
  run("INSERT INTO t VALUES (1, '../../x'), (2, '100%'), (3, 'a#b?c*[d]')");
  EXPECT_EQ(rows("SELECT id, \"p q%\" FROM t ORDER BY id"),
            (Table{{"1", "../../x"}, {"2", "100%"}, {"3", "a#b?c*[d]"}}));
  for (auto& key : data_files()) EXPECT_EQ(key.find("/../"), std::string::npos) << key;
  for (auto& key : data_files()) EXPECT_EQ(key.find("main/t/"), 0u) << key;
}

TEST_F(ScanTest, ANameWithADotIsNotAPath) {
  for (auto* columns : {"\"a.b\" BIGINT, a STRUCT(b BIGINT)", "a STRUCT(b BIGINT), \"a.b\" BIGINT"}) {
    run("CREATE OR REPLACE TABLE t(" + std::string(columns) + ")");
    run("INSERT INTO t (\"a.b\", a) VALUES (1, {'b': 100})");
    EXPECT_EQ(one("SELECT count(*) FROM t WHERE \"a.b\" = 1"), "1") << columns;
    EXPECT_EQ(one("SELECT count(*) FROM t WHERE \"a.b\" = 100"), "0") << columns;
    EXPECT_EQ(one("SELECT count(*) FROM t WHERE a.b = 100"), "1") << columns;
  }
}

TEST_F(ScanTest, ADamagedFileIsNamed) {
  run("CREATE TABLE t AS SELECT 1 AS id");
  auto key = data_files().at(0);
  auto bytes = store->read(key);
  bytes.replace(bytes.size() - 40, 30, std::string(30, '\xff'));  // in the footer
  store->put(key, bytes);
  auto error = error_of("SELECT * FROM t");
  EXPECT_EQ(error.code(), ErrorCode::bad_parquet);
  EXPECT_THAT(error.message(), ::testing::HasSubstr(key.substr(key.rfind('/') + 1)));
  store->put(key, "PAR1 this is no Parquet PAR1");
  error = error_of("SELECT * FROM t");
  EXPECT_NE(error.code(), ErrorCode::engine_broken);
  EXPECT_THAT(error.message(), ::testing::HasSubstr(key));
  store->remove(key);
  error = error_of("SELECT * FROM t");
  EXPECT_EQ(error.code(), ErrorCode::store_not_found);
}

// A log may name files anywhere: those of the lake are read, others are not even looked for.
TEST_F(ScanTest, AbsolutePathsStayInsideTheLake) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / ("weir-paths-" + uuid_v4());
  auto disk = std::make_shared<lake::Lake>(store::open((folder / "lake").string()));
  auto local = engine().session(disk);
  local->execute("CREATE TABLE t AS SELECT 1 AS id");
  std::string file;
  for (auto& object : store::list(disk->store(), "main/t/"))
    if (object.key.ends_with(".parquet")) file = object.key;
  std::filesystem::copy(folder / "lake" / file, folder / "outside.parquet");
  std::filesystem::copy(folder / "lake" / file, folder / "lake" / "main" / "else where.parquet");
  const std::string log = "main/t/_delta_log/00000000000000000001.json";
  auto naming = [&](const std::string& path) {
    disk->store().put(log, R"({"add":{"path":")" + path + R"(","partitionValues":{},"size":)" +
                               std::to_string(disk->store().head(file)->size) +
                               R"(,"modificationTime":1,"dataChange":true}})" + "\n");
    return engine().session(disk);
  };
  const auto lake = disk->uri(), plain = (folder / "lake").string();
  for (const std::string& path : {lake + "/main/else%20where.parquet", plain + "/main/else%20where.parquet"})
    EXPECT_EQ(rows(*naming(path), "SELECT id FROM t"), (Table{{"1"}, {"1"}})) << path;
  for (const std::string& path :
       {"file://" + folder.string() + "/outside.parquet", folder.string() + "/outside.parquet",
        lake + "/../outside.parquet", lake + "/%2e%2e/outside.parquet", lake + "/main/t/../../../outside.parquet",
        lake + "/main//x", std::string("s3://bucket/x"), std::string("file://host/x")})
    EXPECT_EQ(error_of(*naming(path), "SELECT id FROM t").code(), ErrorCode::path_outside) << path;
  EXPECT_EQ(error_of(*naming("../../../outside.parquet"), "SELECT id FROM t").code(), ErrorCode::bad_log);
  std::filesystem::remove_all(folder);
}

}  // namespace weir::engine
