#include <random>

#include "lake_fixture.h"

namespace weir::engine {
namespace {

class UniqueValuesTest : public LakeTest {
 protected:
  std::string differ(const std::string& column, const std::string& from) {
    return one("SELECT weir_all_differ(" + column + ") FROM " + from);
  }
};

TEST_F(UniqueValuesTest, ValuesInAnyOrderWithNullsBetween) {
  EXPECT_EQ(differ("CASE WHEN i % 3 <> 0 THEN (i * 7919) % 1000003 END", "range(1000003) t(i)"), "true");
  EXPECT_EQ(differ("i", "range(0) t(i)"), "true");
  EXPECT_EQ(differ("NULL::BIGINT", "range(5) t(i)"), "true");
}

TEST_F(UniqueValuesTest, OneValueTwiceHoweverFarApart) {
  EXPECT_EQ(differ("CASE WHEN i = 999999 THEN 5 ELSE i END", "range(1000000) t(i)"), "false");
  EXPECT_EQ(differ("i // 2", "range(100) t(i)"), "false");
  EXPECT_EQ(differ("7", "range(2) t(i)"), "false");
}

TEST_F(UniqueValuesTest, EndsOfTheRangeAndBothSigns) {
  const std::string ends = "(VALUES (-9223372036854775808), (9223372036854775807), (0), (-1), (1)) t(i)";
  EXPECT_EQ(differ("i::BIGINT", ends), "true");
  EXPECT_EQ(differ("i::BIGINT", "(SELECT * FROM " + ends + " UNION ALL SELECT -9223372036854775808) t(i)"), "false");
}

TEST_F(UniqueValuesTest, ValuesFarApartAreNotToldApart) {
  EXPECT_EQ(differ("i * 1000000007", "range(100000) t(i)"), "NULL");
  EXPECT_EQ(differ("i * 1000000007", "range(1000) t(i)"), "true") << "so few cost nothing";
}

TEST_F(UniqueValuesTest, DatesTimesAndSmallNumbers) {
  EXPECT_EQ(differ("DATE '2020-01-01' + i::INTEGER", "range(5000) t(i)"), "true");
  EXPECT_EQ(differ("DATE '2020-01-01' + (i % 4999)::INTEGER", "range(5000) t(i)"), "false");
  EXPECT_EQ(differ("TIMESTAMP '2020-01-01' + to_microseconds(i)", "range(5000) t(i)"), "true");
  EXPECT_EQ(differ("(TIMESTAMPTZ '2020-01-01 00:00:00+00') + to_microseconds(i)", "range(5000) t(i)"), "true");
  EXPECT_EQ(differ("i::TINYINT", "range(100) t(i)"), "true");
  EXPECT_EQ(differ("i::UINTEGER", "range(100) t(i)"), "true");
}

TEST_F(UniqueValuesTest, OtherTypesAreRefusedRatherThanConverted) {
  for (const char* type : {"VARCHAR", "DOUBLE", "DECIMAL(10,2)", "UBIGINT", "HUGEINT"})
    EXPECT_THAT(error_of("SELECT weir_all_differ(i::" + std::string(type) + ") FROM range(3) t(i)").message(),
                ::testing::HasSubstr("weir_all_differ"))
        << type;
}

TEST_F(UniqueValuesTest, OnlyRowsThatPassTheFilterAndEachGroupByItself) {
  EXPECT_EQ(one("SELECT weir_all_differ(i // 2) FILTER (WHERE i % 2 = 0) FROM range(10) t(i)"), "true");
  EXPECT_EQ(rows("SELECT i % 2 AS g, weir_all_differ(CASE WHEN i % 2 = 0 THEN 1 ELSE i END) FROM range(10) t(i) "
                 "GROUP BY g ORDER BY g"),
            (Table{{"0", "false"}, {"1", "true"}}));
}

TEST_F(UniqueValuesTest, SaysWhatCountingSays) {
  std::mt19937 random(20);
  for (int round = 0; round < 40; round++) {
    const int rows_wanted = 1 + static_cast<int>(random() % 4000), range = 1 + static_cast<int>(random() % 4000000);
    const std::string from = "(SELECT (hash(i + " + std::to_string(random() % 1000) + ") % " + std::to_string(range) +
                             ")::BIGINT - 1000 AS x FROM range(" + std::to_string(rows_wanted) + ") t(i))";
    EXPECT_EQ(differ("x", from), one("SELECT count(x) = count(DISTINCT x) FROM " + from)) << from;
  }
}

TEST_F(UniqueValuesTest, TakesAShareOfTheMemoryOnly) {
  auto small = open_duckdb({.memory_limit_bytes = 64 << 20, .threads = 2, .spill_dir = "/tmp/weir-test-spill"});
  auto narrow = small->session(lake);
  const auto differ = [&](const std::string& rows_wanted) {
    return rows(*narrow, "SELECT weir_all_differ(i) FROM range(" + rows_wanted + ") t(i)");
  };
  EXPECT_EQ(differ("1000000"), (Table{{"true"}}));
  EXPECT_EQ(differ("50000000"), (Table{{"NULL"}}));
}

std::string found(const std::string& child, const std::string& parent) {
  return "SELECT weir_all_found(x, listed) FROM (SELECT x, false FROM (" + child +
         ") c(x) UNION ALL SELECT x, true FROM (" + parent + ") p(x)) AS both_sides(x, listed)";
}

TEST_F(UniqueValuesTest, EachValueIsFoundOnTheOtherSide) {
  const std::string parent = "SELECT (i * 7919) % 200003 FROM range(200003) t(i)";
  const std::string child = "SELECT (hash(i) % 200003)::BIGINT FROM range(500000) t(i)";
  EXPECT_EQ(one(found(child, parent)), "true");
  EXPECT_EQ(one(found(child + " UNION ALL SELECT NULL", parent)), "true");
  EXPECT_EQ(one(found(child + " UNION ALL SELECT 200003", parent)), "false");
  EXPECT_EQ(one(found(child + " UNION ALL SELECT -1", parent)), "false");
  EXPECT_EQ(one(found(child, parent + " WHERE i <> 77")), "false");
  EXPECT_EQ(one(found("SELECT i FROM range(0) t(i)", parent)), "true");
  EXPECT_EQ(one(found("SELECT 1::BIGINT", "SELECT i FROM range(0) t(i)")), "false");
  EXPECT_EQ(one(found("SELECT 1::BIGINT", "SELECT i * 1000000007 FROM range(100000) t(i)")), "NULL");
}

TEST_F(UniqueValuesTest, FoundSaysWhatAJoinSays) {
  std::mt19937 random(21);
  for (int round = 0; round < 40; round++) {
    const std::string range = std::to_string(1 + random() % 5000), seed = std::to_string(random() % 1000);
    const std::string child = "SELECT (hash(i + " + seed + ") % " + range + ")::BIGINT AS x FROM range(300) t(i)";
    const std::string parent = "SELECT (hash(i) % " + range + ")::BIGINT AS y FROM range(9000) t(i)";
    EXPECT_EQ(one(found(child, parent)),
              one("SELECT count(*) = 0 FROM (" + child + ") ANTI JOIN (" + parent + ") ON x = y"))
        << child;
  }
}

class OutlineTest : public LakeTest {};

TEST_F(OutlineTest, WhatIsKnownOfTheInputsProvesThatNoRowComesOut) {
  run("CREATE TEMP TABLE t AS SELECT i AS id, 'n' || i AS name, CASE WHEN i > 3 THEN i END AS part FROM range(9) r(i)");
  run("CREATE TEMP VIEW v AS SELECT * FROM t WHERE name > 'n2'");
  EXPECT_TRUE(session->outline("SELECT 1 FROM v WHERE id IS NULL").no_rows);
  EXPECT_TRUE(session->outline("SELECT id FROM v WHERE id > 100 GROUP BY id").no_rows);
  EXPECT_FALSE(session->outline("SELECT 1 FROM v WHERE part IS NULL").no_rows);
  EXPECT_FALSE(session->outline("SELECT count(*) FROM v WHERE id IS NULL").no_rows) << "one row, the number 0";
  EXPECT_EQ(one("SELECT count(*) FROM t"), "9");
}

TEST_F(OutlineTest, ColumnsOfASingleScan) {
  run("CREATE TEMP TABLE t AS SELECT i AS id, i % 4 AS kind, i % 3 AS other FROM range(9) r(i)");
  EXPECT_EQ(session->outline("SELECT 1 FROM t WHERE kind NOT IN (1, 2)").columns_scanned, 1u);
  EXPECT_EQ(session->outline("SELECT 1 FROM t WHERE kind + other = 3").columns_scanned, 2u);
  EXPECT_EQ(session->outline("SELECT 1 FROM t JOIN t AS u USING (id) WHERE t.kind = 2").columns_scanned, std::nullopt);
}

TEST_F(OutlineTest, OfTheLakesTablesWithinAStepAndNothingIsRead) {
  run("CREATE TABLE main.orders AS SELECT i AS id FROM range(9) r(i)");
  (void)store->files_read();
  session->begin(uuid_v4());
  EXPECT_EQ(session->outline("SELECT 1 FROM main.orders WHERE id = 5").columns_scanned, 1u);
  EXPECT_THAT(error_of("SELECT nope FROM main.orders").message(), ::testing::HasSubstr("nope"));
  EXPECT_THROW(session->outline("SELECT nope FROM main.orders"), Error);
  EXPECT_EQ(one("SELECT count(*) FROM main.orders"), "9") << "the transaction goes on";
  session->rollback();
}

}  // namespace
}  // namespace weir::engine
