#include "lake/predicate.h"

#include <cmath>

#include "lake_fixture.h"

namespace weir::lake {
namespace {

Metadata table_of(const std::string& type, std::vector<std::string> partition_columns = {}) {
  Metadata metadata = plain_metadata({}, std::move(partition_columns));
  std::string quoted = type.starts_with("{") ? type : "\"" + type + "\"";
  metadata.schema_string =
      fmt::format(R"({{"type":"struct","fields":[{{"name":"c","type":{},"nullable":true,"metadata":{{}}}}]}})", quoted);
  metadata.schema = Schema::parse(metadata.schema_string);
  return metadata;
}

Add file(const std::string& min, const std::string& max, int64_t nulls = 0, int64_t rows = 10) {
  Add add = plain_add("f");
  add.stats = fmt::format(R"({{"numRecords":{},"minValues":{{"c":{}}},"maxValues":{{"c":{}}},"nullCount":{{"c":{}}}}})",
                          rows, min, max, nulls);
  return add;
}

Predicate where(Compare compare, Scalar value = {}, const std::string& column = "c") {
  return {{{{column, compare, std::move(value)}}}};
}

std::string matches(const Add& add, const Metadata& metadata, const Scalar& value) {
  std::string text;
  for (auto [compare, name] : {std::pair(Compare::equal, "="),
                               {Compare::not_equal, "!"},
                               {Compare::less, "<"},
                               {Compare::less_equal, "l"},
                               {Compare::greater, ">"},
                               {Compare::greater_equal, "g"}})
    if (may_match(add, metadata, where(compare, value))) text += name;
  return text;
}

TEST(Predicate, compares_numbers_with_bounds) {
  Metadata metadata = table_of("long");
  Add add = file("3", "5");
  EXPECT_EQ(matches(add, metadata, int64_t{2}), "!>g");
  EXPECT_EQ(matches(add, metadata, int64_t{3}), "=!l>g");
  EXPECT_EQ(matches(add, metadata, int64_t{4}), "=!<l>g");
  EXPECT_EQ(matches(add, metadata, int64_t{5}), "=!<lg");
  EXPECT_EQ(matches(add, metadata, int64_t{6}), "!<l");
  EXPECT_EQ(matches(add, metadata, 3.5), "=!<l>g") << "a double against integers";
  EXPECT_EQ(matches(add, metadata, 2.5), "!>g");
  Add constant = file("7", "7");
  EXPECT_EQ(matches(constant, metadata, int64_t{7}), "=lg") << "no row differs";
  EXPECT_EQ(matches(add, metadata, std::string("x")), "=!<l>g") << "not comparable: may match";
  EXPECT_EQ(matches(add, metadata, Scalar()), "=!<l>g");
}

TEST(Predicate, integers_keep_all_64_bits) {
  Metadata metadata = table_of("long");
  Add add = file("9223372036854775806", "9223372036854775806");
  EXPECT_FALSE(may_match(add, metadata, where(Compare::equal, int64_t{9223372036854775807})));
  EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, int64_t{9223372036854775806})));
  EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, 9223372036854775806.0))) << "a double cannot tell";
}

TEST(Predicate, nulls) {
  Metadata metadata = table_of("long");
  EXPECT_FALSE(may_match(file("1", "2", 0), metadata, where(Compare::is_null)));
  EXPECT_TRUE(may_match(file("1", "2", 1), metadata, where(Compare::is_null)));
  EXPECT_TRUE(may_match(file("1", "2", 9), metadata, where(Compare::is_not_null)));
  Add all_null = file("null", "null", 10);
  EXPECT_FALSE(may_match(all_null, metadata, where(Compare::is_not_null)));
  EXPECT_EQ(matches(all_null, metadata, int64_t{1}), "") << "null compares with nothing";
  all_null.stats = R"({"numRecords":10,"nullCount":{}})";
  EXPECT_TRUE(may_match(all_null, metadata, where(Compare::is_null)));
  EXPECT_TRUE(may_match(all_null, metadata, where(Compare::is_not_null)));
}

TEST(Predicate, statistics_that_are_missing_or_broken_exclude_nothing) {
  Metadata metadata = table_of("long");
  for (const char* stats :
       {"", "{", "[]", "{}", R"({"minValues":[]})", R"({"minValues":{"c":"x"},"maxValues":{"c":{}}})",
        R"({"numRecords":-1,"minValues":{"c":null}})", R"({"minValues":{"d":1},"maxValues":{"d":1}})"}) {
    Add add = plain_add("f");
    add.stats = stats;
    EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, int64_t{99}))) << stats;
  }
  Add add = plain_add("f");
  add.stats.reset();
  EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, int64_t{99})));
  EXPECT_TRUE(may_match(file("1", "2"), metadata, where(Compare::equal, int64_t{99}, "nothing")));
  EXPECT_FALSE(may_match(file("1", "2"), metadata, where(Compare::equal, int64_t{99}, "C"))) << "case does not matter";
}

TEST(Predicate, cut_texts_still_bound) {
  Metadata metadata = table_of("string");
  std::string prefix(32, 'm');
  Add add = file("\"" + prefix + "\"", "\"" + prefix + "\"");
  EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, prefix + "zzz"))) << "the maximum was cut without a mark";
  EXPECT_TRUE(may_match(add, metadata, where(Compare::greater, prefix)));
  EXPECT_FALSE(may_match(add, metadata, where(Compare::equal, std::string(31, 'm') + "n")));
  EXPECT_FALSE(may_match(add, metadata, where(Compare::less, std::string("a"))));
  EXPECT_EQ(matches(file("\"b\"", "\"b\""), metadata, std::string("b")), "=!lg") << "texts may differ behind the cut";
  EXPECT_FALSE(may_match(file("\"b\"", "\"d\""), metadata, where(Compare::greater, std::string("d"))));
  EXPECT_TRUE(may_match(file("\"b\"", "\"\xC3\xA4\""), metadata, where(Compare::equal, std::string("z"))))
      << "texts are ordered by bytes";
}

TEST(Predicate, timestamps_allow_for_cut_microseconds) {
  Metadata metadata = table_of("timestamp");
  Add add = file("\"1970-01-01T00:00:01.000Z\"", "\"1970-01-01T02:00:02.000+02:00\"");
  EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, int64_t{2'000'999})));
  EXPECT_FALSE(may_match(add, metadata, where(Compare::equal, int64_t{2'001'000})));
  EXPECT_FALSE(may_match(add, metadata, where(Compare::equal, int64_t{999'999})));
  Add old = file("\"1969-12-31T23:59:59.000Z\"", "\"1969-12-31T23:59:59.000Z\"");
  EXPECT_TRUE(may_match(old, metadata, where(Compare::equal, int64_t{-1'000'999}))) << "cut towards zero";
  EXPECT_FALSE(may_match(old, metadata, where(Compare::equal, int64_t{-1'001'001})));
  EXPECT_FALSE(may_match(file("\"2026-01-05T00:00:00.000\"", "\"2026-01-06T00:00:00.000\""), table_of("timestamp_ntz"),
                         where(Compare::less, int64_t{0})));
}

TEST(Predicate, dates_decimals_and_booleans) {
  EXPECT_FALSE(
      may_match(file("\"1970-01-02\"", "\"1970-01-03\""), table_of("date"), where(Compare::equal, int64_t{3})));
  EXPECT_TRUE(may_match(file("\"1970-01-02\"", "\"1970-01-03\""), table_of("date"), where(Compare::equal, int64_t{2})));
  Metadata decimal = table_of("decimal(38,2)");
  Add add = file("-123456789012345678901234567890123456.78", "10.50");
  EXPECT_TRUE(may_match(add, decimal, where(Compare::equal, std::string("-123456789012345678901234567890123456.78"))));
  EXPECT_FALSE(may_match(add, decimal, where(Compare::equal, std::string("-123456789012345678901234567890123456.79"))));
  EXPECT_FALSE(may_match(add, decimal, where(Compare::equal, std::string("10.51"))));
  EXPECT_TRUE(may_match(add, decimal, where(Compare::equal, std::string("10.5"))));
  EXPECT_FALSE(may_match(add, decimal, where(Compare::equal, int64_t{11})));
  EXPECT_FALSE(may_match(file("true", "true"), table_of("boolean"), where(Compare::equal, false)));
}

TEST(Predicate, nan_is_greater_than_every_number) {
  Metadata metadata = table_of("double");
  Add foreign = file("1.0", "2.0");
  EXPECT_TRUE(may_match(foreign, metadata, where(Compare::greater, 5.0))) << "a NaN may have been left out";
  EXPECT_TRUE(may_match(foreign, metadata, where(Compare::greater_equal, 5.0)));
  EXPECT_TRUE(may_match(foreign, metadata, where(Compare::equal, std::nan(""))));
  EXPECT_FALSE(may_match(foreign, metadata, where(Compare::equal, 5.0)));
  EXPECT_FALSE(may_match(foreign, metadata, where(Compare::less, 1.0)));
  Add checked = foreign;
  checked.tags = std::map<std::string, std::string>{{nan_checked_tag, "1"}};
  EXPECT_FALSE(may_match(checked, metadata, where(Compare::greater, 5.0)));
  EXPECT_FALSE(may_match(checked, metadata, where(Compare::equal, std::nan(""))));
  EXPECT_TRUE(may_match(file("1.0", "\"NaN\""), metadata, where(Compare::greater, 5.0)));
}

TEST(Predicate, floats_are_compared_as_floats) {
  Metadata metadata = table_of("float");
  Add add = file("0.1", "0.1");
  EXPECT_TRUE(may_match(add, metadata, where(Compare::greater, 0.1))) << "0.1f is above 0.1";
  EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, static_cast<double>(0.1F))));
}

Metadata partitioned(const std::string& type) { return table_of(type, {"c"}); }

Add in_partition(std::optional<std::string> value) {
  Add add = plain_add("f");
  add.partition_values["c"] = std::move(value);
  return add;
}

TEST(Predicate, partition_values_are_exact) {
  EXPECT_EQ(matches(in_partition("5"), partitioned("integer"), int64_t{5}), "=lg");
  EXPECT_EQ(matches(in_partition("5"), partitioned("integer"), int64_t{6}), "!<l");
  EXPECT_EQ(matches(in_partition(std::nullopt), partitioned("integer"), int64_t{5}), "");
  EXPECT_EQ(matches(in_partition(""), partitioned("string"), std::string("")), "") << "\"\" is null";
  EXPECT_TRUE(may_match(in_partition(std::nullopt), partitioned("string"), where(Compare::is_null)));
  EXPECT_FALSE(may_match(in_partition("x"), partitioned("string"), where(Compare::is_null)));
  EXPECT_FALSE(may_match(in_partition(std::nullopt), partitioned("string"), where(Compare::is_not_null)));
  EXPECT_FALSE(may_match(in_partition("true"), partitioned("boolean"), where(Compare::equal, false)));
  EXPECT_FALSE(may_match(in_partition("2026-01-05"), partitioned("date"), where(Compare::less, int64_t{0})));
  EXPECT_FALSE(may_match(in_partition("1970-01-01 00:00:01.5"), partitioned("timestamp"),
                         where(Compare::equal, int64_t{1'500'001})));
  EXPECT_TRUE(may_match(in_partition("1970-01-01T00:00:01.500000Z"), partitioned("timestamp"),
                        where(Compare::equal, int64_t{1'500'000})));
  EXPECT_TRUE(may_match(in_partition("nonsense"), partitioned("integer"), where(Compare::equal, int64_t{5})));
  EXPECT_TRUE(may_match(plain_add("f"), partitioned("integer"), where(Compare::equal, int64_t{5})))
      << "value not given";
  std::string long_value(40, 'x');
  EXPECT_FALSE(may_match(in_partition(long_value), partitioned("string"), where(Compare::greater, long_value)));
}

TEST(Predicate, all_of_any) {
  Metadata metadata = table_of("long");
  Add add = file("3", "5");
  Condition no{"c", Compare::equal, int64_t{9}}, yes{"c", Compare::equal, int64_t{4}};
  EXPECT_TRUE(may_match(add, metadata, {}));
  EXPECT_TRUE(may_match(add, metadata, {{{no, yes}}}));
  EXPECT_FALSE(may_match(add, metadata, {{{yes}, {no}}}));
  EXPECT_FALSE(may_match(add, metadata, {{{no, no}}}));
}

TEST(Predicate, reaches_into_structs) {
  Metadata metadata =
      table_of(R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]})");
  Add add = file(R"({"a":3})", R"({"a":5})");
  add.stats = R"({"numRecords":1,"minValues":{"c":{"a":3}},"maxValues":{"c":{"a":5}},"nullCount":{"c":{"a":0}}})";
  EXPECT_FALSE(may_match(add, metadata, where(Compare::equal, int64_t{6}, "c.a")));
  EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, int64_t{4}, "C.A")));
  EXPECT_TRUE(may_match(add, metadata, where(Compare::is_null, {}, "c"))) << "of the struct itself nothing is known";
}

TEST(Predicate, a_name_with_a_dot_is_not_a_path) {
  for (bool dotted_first : {true, false}) {
    const std::string dotted = R"({"name":"a.b","type":"long","nullable":true,"metadata":{}})";
    const std::string nested =
        R"({"name":"a","type":{"type":"struct","fields":[{"name":"b","type":"long","nullable":true,"metadata":{}}]},)"
        R"("nullable":true,"metadata":{}})";
    Metadata metadata = plain_metadata();
    metadata.schema_string =
        R"({"type":"struct","fields":[)" + (dotted_first ? dotted + "," + nested : nested + "," + dotted) + "]}";
    metadata.schema = Schema::parse(metadata.schema_string);
    Add add = plain_add("f");
    add.stats = R"({"numRecords":1,"minValues":{"a.b":1,"a":{"b":100}},"maxValues":{"a.b":1,"a":{"b":100}}})";
    EXPECT_TRUE(may_match(add, metadata, where(Compare::equal, int64_t{1}, "a.b")));
    EXPECT_FALSE(may_match(add, metadata, where(Compare::equal, int64_t{100}, "a.b")));
  }
}

TEST(ParseStats, decodes_bounds_and_partitions) {
  Metadata metadata = plain_metadata({}, {"part"});
  Add add = plain_add("f", 8);
  add.partition_values["part"] = "x";
  FileStats stats = parse_stats(add, metadata);
  EXPECT_EQ(stats.num_records, 8);
  EXPECT_TRUE(stats.tight_bounds);
  EXPECT_EQ(stats.columns.at("id").min, Scalar(int64_t{0}));
  EXPECT_EQ(stats.columns.at("id").max, Scalar(int64_t{9}));
  EXPECT_EQ(stats.columns.at("id").null_count, 0);
  EXPECT_EQ(stats.columns.at("part").max, Scalar(std::string("x")));
  EXPECT_FALSE(stats.columns.contains("name"));
  add.stats = R"({"numRecords":8,"tightBounds":false})";
  add.partition_values["part"] = std::nullopt;
  stats = parse_stats(add, metadata);
  EXPECT_FALSE(stats.tight_bounds);
  EXPECT_EQ(stats.columns.at("part").null_count, 8);
}

TEST(Scalar, comparing) {
  DataType decimal = DataType::decimal_of(10, 2), text = DataType::primitive(TypeKind::string);
  auto order = [&](const char* a, const char* b) { return compare_scalars(std::string(a), std::string(b), decimal); };
  EXPECT_EQ(order("1", "1.00"), 0);
  EXPECT_EQ(order("-0.00", "0"), 0);
  EXPECT_EQ(order("-1.5", "-1.25"), -1);
  EXPECT_EQ(order("10", "9.99"), 1);
  EXPECT_EQ(order("0.1", "0.09"), 1);
  EXPECT_EQ(order("x", "1"), std::nullopt);
  EXPECT_EQ(compare_scalars(std::string("a"), int64_t{1}, text), std::nullopt);
  EXPECT_EQ(compare_scalars(Scalar(), int64_t{1}, DataType::primitive(TypeKind::long_)), std::nullopt);
  EXPECT_EQ(compare_scalars(std::nan(""), 1e300, DataType::primitive(TypeKind::double_)), 1);
}

}  // namespace
}  // namespace weir::lake
