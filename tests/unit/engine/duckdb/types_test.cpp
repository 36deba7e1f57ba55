// Every type goes into a table and comes back as docs/types.md says, at its extremes too.
#include "lake_fixture.h"

namespace weir::engine {

using ::testing::HasSubstr;

class TypesTest : public LakeTest {
 protected:
  // CREATE TABLE AS of one column with these values; gives the column's type and its rows, in order.
  std::pair<std::string, Table> stored(const std::vector<std::string>& values) {
    std::string sql = "CREATE OR REPLACE TABLE t AS SELECT * FROM (VALUES ";
    for (size_t i = 0; i < values.size(); ++i) sql += (i ? ", (" : "(") + std::to_string(i) + ", " + values[i] + ")";
    run(sql + ") v(i, x)");
    return {session->describe("SELECT x FROM t")[0].type, rows("SELECT x FROM t ORDER BY i")};
  }
  lake::Schema schema() {
    return lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet())->metadata().schema;
  }
  std::string delta_type() { return lake::type_name(schema().find("x")->type); }
};

TEST_F(TypesTest, RoundTripsAtTheExtremes) {
  struct Case {
    std::string delta, type;
    std::vector<std::string> values;
    Table expected;
  };
  const std::vector<Case> cases = {
      {"byte", "TINYINT", {"(-128)::TINYINT", "127::TINYINT", "NULL"}, {{"-128"}, {"127"}, {"NULL"}}},
      {"short", "SMALLINT", {"(-32768)::SMALLINT", "32767::SMALLINT"}, {{"-32768"}, {"32767"}}},
      {"integer", "INTEGER", {"(-2147483648)::INTEGER", "2147483647::INTEGER"}, {{"-2147483648"}, {"2147483647"}}},
      {"long",
       "BIGINT",
       {"(-9223372036854775808)::BIGINT", "9223372036854775807::BIGINT"},
       {{"-9223372036854775808"}, {"9223372036854775807"}}},
      {"short", "SMALLINT", {"255::UTINYINT", "0::UTINYINT"}, {{"255"}, {"0"}}},
      {"integer", "INTEGER", {"65535::USMALLINT"}, {{"65535"}}},
      {"long", "BIGINT", {"4294967295::UINTEGER"}, {{"4294967295"}}},
      {"decimal(20,0)", "DECIMAL(20,0)", {"18446744073709551615::UBIGINT"}, {{"18446744073709551615"}}},
      {"decimal(38,0)",
       "DECIMAL(38,0)",
       {"99999999999999999999999999999999999999::HUGEINT", "(-1)::HUGEINT"},
       {{"99999999999999999999999999999999999999"}, {"-1"}}},
      {"decimal(38,38)",
       "DECIMAL(38,38)",
       {"'0.99999999999999999999999999999999999999'::DECIMAL(38,38)"},
       {{".99999999999999999999999999999999999999"}}},
      {"decimal(4,1)", "DECIMAL(4,1)", {"(-999.9)::DECIMAL(4,1)", "NULL"}, {{"-999.9"}, {"NULL"}}},
      {"float",
       "FLOAT",
       {"'nan'::FLOAT", "'-inf'::FLOAT", "3.4028235e38::FLOAT", "1e-45::FLOAT"},
       {{"nan"}, {"-inf"}, {"3.4028234663852886e+38"}, {"1.401298464324817e-45"}}},
      {"double",
       "DOUBLE",
       {"'nan'::DOUBLE", "'inf'::DOUBLE", "1.7976931348623157e308::DOUBLE", "0.1::DOUBLE"},
       {{"nan"}, {"inf"}, {"1.7976931348623157e+308"}, {"0.1"}}},
      {"boolean", "BOOLEAN", {"true", "false", "NULL"}, {{"true"}, {"false"}, {"NULL"}}},
      {"string",
       "VARCHAR",
       {"''", "'zażółć'", "repeat('é', 400)", "NULL"},
       {{""}, {"zażółć"}, {std::string()}, {"NULL"}}},
      {"binary", "BLOB", {"'\\x00\\xFF'::BLOB", "''::BLOB"}, {{"\\x00\\xFF"}, {""}}},
      {"date",
       "DATE",
       {"DATE '0001-01-01'", "DATE '9999-12-31'", "DATE '1969-12-31'"},
       {{"0001-01-01"}, {"9999-12-31"}, {"1969-12-31"}}},
      {"timestamp_ntz",
       "TIMESTAMP",
       {"TIMESTAMP '0001-01-01 00:00:00'", "TIMESTAMP '9999-12-31 23:59:59.999999'"},
       {{"0001-01-01 00:00:00"}, {"9999-12-31 23:59:59.999999"}}},
      {"timestamp",
       "TIMESTAMP WITH TIME ZONE",
       {"TIMESTAMPTZ '1582-10-15 00:00:00+00'", "TIMESTAMPTZ '2024-06-01 12:00:00+02'"},
       {{"1582-10-15 00:00:00+00"}, {"2024-06-01 10:00:00+00"}}},
      {"timestamp_ntz", "TIMESTAMP", {"TIMESTAMP_S '2024-01-01 00:00:01'"}, {{"2024-01-01 00:00:01"}}},
      {"timestamp_ntz", "TIMESTAMP", {"TIMESTAMP_MS '2024-01-01 00:00:00.001'"}, {{"2024-01-01 00:00:00.001"}}},
      {"timestamp_ntz", "TIMESTAMP", {"TIMESTAMP_NS '2024-01-01 00:00:00.000001'"}, {{"2024-01-01 00:00:00.000001"}}},
      {"string", "VARCHAR", {"TIME '23:59:59.999999'"}, {{"23:59:59.999999"}}},
      {"string",
       "VARCHAR",
       {"'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID"},
       {{"ffffffff-ffff-ffff-ffff-ffffffffffff"}}},
      {"string", "VARCHAR", {"'b'::ENUM('a', 'b')"}, {{"b"}}},
      {"string", "VARCHAR", {"'{\"a\": [1]}'::JSON"}, {{"{\"a\": [1]}"}}},
      {"array<integer>", "INTEGER[]", {"[1, NULL]", "[]", "NULL"}, {{"[1, NULL]"}, {"[]"}, {"NULL"}}},
      {"array<decimal(38,0)>", "DECIMAL(38,0)[]", {"[1::HUGEINT]"}, {{"[1]"}}},
      {"array<integer>", "INTEGER[]", {"[1, 2]::INTEGER[2]"}, {{"[1, 2]"}}},
  };
  for (auto& test : cases) {
    auto [type, got] = stored(test.values);
    EXPECT_EQ(type, test.type) << test.values[0];
    EXPECT_EQ(delta_type(), test.delta) << test.values[0];
    ASSERT_EQ(got.size(), test.expected.size()) << test.values[0];
    for (size_t i = 0; i < got.size(); ++i) {
      bool shown = !test.expected[i][0].empty() || got[i][0].empty();  // long texts are only compared in SQL
      if (shown) {
        EXPECT_EQ(got[i], test.expected[i]) << test.values[i];
      }
    }
    for (size_t i = 0; i < test.values.size(); ++i) {  // found again by what statistics and pruning make of it
      if (test.values[i] == "NULL") continue;
      EXPECT_EQ(one("SELECT count(*) FROM t WHERE x IS NOT DISTINCT FROM CAST(" + test.values[i] + " AS " + type + ")"),
                "1")
          << test.values[i];
    }
  }
}

TEST_F(TypesTest, NestedTypes) {
  run("CREATE TABLE t AS SELECT {'a': 1::UTINYINT, 'b': {'c': [TIME '01:02:03']}} AS x, MAP {'k': [1::HUGEINT]} AS m");
  EXPECT_EQ(rows("SELECT x, m FROM t"), (Table{{"{'a': 1, 'b': {'c': ['01:02:03']}}", "{k=[1]}"}}));
  EXPECT_EQ(rows("SELECT x.b.c[1] FROM t WHERE x.a = 1"), (Table{{"01:02:03"}}));
  run("INSERT INTO t VALUES (NULL, NULL), ({'a': NULL, 'b': NULL}, MAP {})");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE x IS NULL"), "1");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE x.a IS NULL"), "2");
}

TEST_F(TypesTest, NothingIsLostSilently) {
  EXPECT_EQ(error_of("CREATE TABLE u AS SELECT 100000000000000000000000000000000000000::HUGEINT AS x").code(),
            ErrorCode::sql_conversion);
  EXPECT_EQ(error_of("CREATE TABLE u AS SELECT 340282366920938463463374607431768211455::UHUGEINT AS x").code(),
            ErrorCode::sql_conversion);
  auto nanos = error_of("CREATE TABLE u AS SELECT TIMESTAMP_NS '2024-01-01 00:00:00.000000001' AS x");
  EXPECT_THAT(nanos.message(), HasSubstr("nanoseconds"));
  EXPECT_THAT(error_of("CREATE TABLE u AS SELECT {'y': [TIMESTAMP_NS '2024-01-01 00:00:00.000000001']} AS x").message(),
              HasSubstr("nanoseconds"));
  run("CREATE TABLE t(x TIMESTAMP, h BIGINT)");
  EXPECT_THAT(error_of("INSERT INTO t SELECT make_timestamp_ns(i), 1 FROM range(1, 3) r(i)").message(),
              HasSubstr("nanoseconds"));
  EXPECT_EQ(
      error_of("INSERT INTO t SELECT NULL, sum(i) * 100 FROM range(9223372036854775800, 9223372036854775807) r(i)")
          .code(),
      ErrorCode::sql_conversion);
  for (auto* value : {"'infinity'::DATE", "'-infinity'::TIMESTAMP", "'infinity'::TIMESTAMPTZ", "['infinity'::DATE]",
                      "{'d': 'infinity'::TIMESTAMP}"}) {
    auto error = error_of(std::string("CREATE TABLE u AS SELECT ") + value + " AS x");
    EXPECT_EQ(error.code(), ErrorCode::sql_constraint) << value;
    EXPECT_THAT(error.message(), HasSubstr("infinity")) << value;
  }
  EXPECT_EQ(version("u"), -1);
}

TEST_F(TypesTest, TypesWithoutEqualAreRefusedWithTheRemedy) {
  for (auto* value : {"INTERVAL 1 DAY", "'101'::BIT", "'01:02:03+04'::TIMETZ", "union_value(a := 1)",
                      "[INTERVAL 1 DAY]", "{'deep': '1'::BIT}"}) {
    auto error = error_of(std::string("CREATE TABLE u AS SELECT ") + value + " AS x");
    EXPECT_EQ(error.code(), ErrorCode::sql_type_not_in_delta) << value;
    EXPECT_THAT(error.message(), HasSubstr("\"x")) << value;
    EXPECT_THAT(error.hint(), HasSubstr("ast it")) << value;
  }
  EXPECT_EQ(error_of("CREATE TABLE u(x INTERVAL)").code(), ErrorCode::sql_type_not_in_delta);
}

TEST_F(TypesTest, TimestampsGoIntoATimestampColumnAsUtc) {
  run("CREATE TABLE t(x TIMESTAMPTZ)");
  run("INSERT INTO t VALUES (TIMESTAMP '2024-01-01 12:00:00')");
  EXPECT_EQ(one("SELECT x FROM t"), "2024-01-01 12:00:00+00");
}

TEST_F(TypesTest, StatisticsOfWrittenFilesAreDeltas) {
  run("CREATE TABLE t AS SELECT * FROM (VALUES (1, 1.5::DOUBLE, 'nan'::DOUBLE, 'a', DATE '2024-01-01', TIMESTAMP "
      "'2024-01-01 00:00:00.123456', "
      "1.25::DECIMAL(9,2), {'z': 5}, true, 'x'::BLOB), (2, -2.5, 1.0, 'b', NULL, TIMESTAMP '2024-01-02 "
      "00:00:00.000999', 2.5, {'z': NULL}, false, NULL)) "
      "v(i, d, n, s, day, ts, dec, st, b, bl)");
  auto snapshot = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  auto stats = Json::parse(*snapshot->files()[0].stats);
  EXPECT_EQ(stats.at("numRecords").as_int(), 2);
  auto& min = stats.at("minValues");
  auto& max = stats.at("maxValues");
  EXPECT_EQ(min.at("i").dump(), "1");
  EXPECT_EQ(max.at("d").dump(), "1.5");
  EXPECT_EQ(max.find("n"), nullptr);  // NaN is there
  EXPECT_EQ(min.at("day").dump(), "\"2024-01-01\"");
  EXPECT_EQ(min.at("ts").as_string().substr(0, 23), "2024-01-01T00:00:00.123");
  EXPECT_EQ(max.at("ts").as_string().substr(0, 23), "2024-01-02T00:00:00.001");
  EXPECT_EQ(max.at("dec").dump(), "2.50");
  EXPECT_EQ(max.at("st").at("z").dump(), "5");
  EXPECT_EQ(min.find("b"), nullptr);
  EXPECT_EQ(stats.at("nullCount").at("day").as_int(), 1);
  EXPECT_EQ(stats.at("nullCount").at("st").at("z").as_int(), 1);
  EXPECT_EQ(stats.at("nullCount").at("bl").as_int(), 1);
}

TEST_F(TypesTest, NanInAnyRowGroupKeepsMaxOut) {
  run("CREATE TABLE t AS SELECT CASE WHEN i = 5 THEN 'nan'::DOUBLE ELSE i END AS x FROM range(300000) r(i)");
  auto snapshot = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  for (auto& add : snapshot->files()) {
    auto stats = Json::parse(*add.stats);
    ASSERT_EQ(snapshot->files().size(), 1u);
    EXPECT_EQ(stats.at("maxValues").find("x"), nullptr);
  }
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE x > 1e300"), "1");
}

}  // namespace weir::engine
