#include "lake/stats_writer.h"

#include "lake_fixture.h"

namespace weir::lake {
namespace {

Schema schema_of(const std::vector<std::pair<std::string, std::string>>& columns) {
  std::string fields;
  for (const auto& [name, type] : columns) {
    if (!fields.empty()) fields += ",";
    std::string quoted = type.starts_with("{") ? type : "\"" + type + "\"";
    fields += fmt::format(R"({{"name":"{}","type":{},"nullable":true,"metadata":{{}}}})", name, quoted);
  }
  return Schema::parse(R"({"type":"struct","fields":[)" + fields + "]}");
}

LeafStats leaf(std::optional<std::string> min, std::optional<std::string> max, std::optional<int64_t> nulls = 0,
               bool nan = false) {
  return {std::move(min), std::move(max), nulls, nan};
}

// Statistics of one column "c", by part.
Json stats_of(const std::string& type, const LeafStats& stats) {
  return Json::parse(write_stats(schema_of({{"c", type}}), {}, {}, 3, {{"c", stats}}));
}
std::string min_of(const std::string& type, const std::string& text) {
  Json json = stats_of(type, leaf(text, std::nullopt));
  const Json* value = json.at("minValues").find("c");
  return value ? value->dump() : "-";
}
std::string max_of(const std::string& type, const std::string& text) {
  Json json = stats_of(type, leaf(std::nullopt, text));
  const Json* value = json.at("maxValues").find("c");
  return value ? value->dump() : "-";
}

TEST(StatsWriter, the_whole_form) {
  EXPECT_EQ(write_stats(schema_of({{"id", "long"}, {"name", "string"}, {"v", "double"}}), {}, {}, 2,
                        {{"id", leaf("30", "31")}, {"name", leaf("n3", "n4", 1)}, {"v", leaf("3", "3.5")}}),
            R"({"numRecords":2,"minValues":{"id":30,"name":"n3","v":3.0},"maxValues":{"id":31,"name":"n4","v":3.5},)"
            R"("nullCount":{"id":0,"name":1,"v":0}})");
  EXPECT_EQ(write_stats(schema_of({{"id", "long"}}), {}, {}, 0, {}),
            R"({"numRecords":0,"minValues":{},"maxValues":{},"nullCount":{}})");
}

TEST(StatsWriter, numbers_are_not_quoted) {
  EXPECT_EQ(min_of("long", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(max_of("byte", "127"), "127");
  EXPECT_EQ(min_of("decimal(38,2)", "-123456789012345678901234567890123456.78"),
            "-123456789012345678901234567890123456.78");
  EXPECT_EQ(max_of("decimal(20,0)", "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(max_of("decimal(10,2)", "7.50"), "7.50");
  EXPECT_EQ(min_of("double", "1e+20"), "1e+20");
  EXPECT_EQ(min_of("double", "5"), "5.0");
  EXPECT_EQ(min_of("float", "0.1"), "0.1");
  EXPECT_EQ(max_of("long", "no number"), "-");
}

TEST(StatsWriter, what_json_cannot_say_is_left_out) {
  EXPECT_EQ(max_of("double", "inf"), "-");
  EXPECT_EQ(min_of("double", "-inf"), "-");
  EXPECT_EQ(min_of("double", "nan"), "-");
}

TEST(StatsWriter, nan_takes_the_maximum_away) {
  Json json = stats_of("double", leaf("1.5", "2.5", 0, true));
  EXPECT_EQ(json.at("minValues").dump(), R"({"c":1.5})");
  EXPECT_EQ(json.at("maxValues").dump(), "{}");
}

TEST(StatsWriter, booleans_and_bytes_have_counts_only) {
  for (const char* type : {"boolean", "binary"}) {
    Json json = stats_of(type, leaf("a", "b", 2));
    EXPECT_EQ(json.at("minValues").size() + json.at("maxValues").size(), 0U) << type;
    EXPECT_EQ(json.at("nullCount").dump(), R"({"c":2})");
  }
}

TEST(StatsWriter, timestamps_are_cut_down_for_the_minimum_and_up_for_the_maximum) {
  EXPECT_EQ(min_of("timestamp", "2026-01-05 09:12:44.123999"), "\"2026-01-05T09:12:44.123Z\"");
  EXPECT_EQ(max_of("timestamp", "2026-01-05 09:12:44.123001"), "\"2026-01-05T09:12:44.124Z\"");
  EXPECT_EQ(max_of("timestamp", "2026-01-05 09:12:44.123"), "\"2026-01-05T09:12:44.123Z\"");
  EXPECT_EQ(max_of("timestamp", "2026-12-31 23:59:59.999999"), "\"2027-01-01T00:00:00.000Z\"");
  EXPECT_EQ(min_of("timestamp", "1969-12-31 23:59:59.999999"), "\"1969-12-31T23:59:59.999Z\"") << "down, not to zero";
  EXPECT_EQ(max_of("timestamp", "1969-12-31 23:59:59.999001"), "\"1970-01-01T00:00:00.000Z\"");
  EXPECT_EQ(max_of("timestamp", "9999-12-31 23:59:59.999999"), "-") << "the year would have five digits";
  EXPECT_EQ(min_of("timestamp_ntz", "2026-01-05 09:12:44"), "\"2026-01-05T09:12:44.000\"");
  EXPECT_EQ(max_of("timestamp_ntz", "2026-01-05 09:12:44.000001"), "\"2026-01-05T09:12:44.001\"");
  EXPECT_EQ(min_of("timestamp", "0044-03-15 (BC) 00:00:00"), "-");
}

TEST(StatsWriter, dates) {
  EXPECT_EQ(min_of("date", "2026-01-05"), "\"2026-01-05\"");
  EXPECT_EQ(max_of("date", "10000-01-01"), "-");
  EXPECT_EQ(max_of("date", "infinity"), "-");
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(StatsWriter, texts_are_cut_to_32_characters_not_bytes) {
  EXPECT_EQ(min_of("string", repeated("a", 32)), "\"" + repeated("a", 32) + "\"");
  EXPECT_EQ(max_of("string", repeated("a", 32)), "\"" + repeated("a", 32) + "\"");
  EXPECT_EQ(min_of("string", repeated("a", 33)), "\"" + repeated("a", 32) + "\"");
  std::string euro = "\xE2\x82\xAC", grin = "\xF0\x9F\x98\x80", top = "\xF4\x8F\xBF\xBF";
  EXPECT_EQ(min_of("string", repeated(euro, 40)), "\"" + repeated(euro, 32) + "\"");
  EXPECT_EQ(min_of("string", repeated(grin, 32)), "\"" + repeated(grin, 32) + "\"");
  EXPECT_EQ(min_of("string", ""), "\"\"");
}

TEST(StatsWriter, a_cut_maximum_is_still_an_upper_bound) {
  std::string prefix = repeated("a", 32), euro = "\xE2\x82\xAC", top = "\xF4\x8F\xBF\xBF";
  auto bound = [](const std::string& text) {
    Json json = stats_of("string", leaf(std::nullopt, text));
    const Json* value = json.at("maxValues").find("c");
    return value ? value->as_string() : "-";
  };
  EXPECT_EQ(bound(prefix + "b"), prefix + "\x7F");
  EXPECT_EQ(bound(prefix + "\x7F"), prefix + top) << "DEL is not above itself";
  EXPECT_EQ(bound(prefix + euro), prefix + top);
  EXPECT_EQ(bound(prefix + top + "x"), "-") << "nothing is above the highest character";
  for (const std::string& text : {prefix + "zzz", prefix + euro + euro, prefix + "\x7E\x7F"})
    EXPECT_GT(bound(text), text);
  EXPECT_EQ(bound("short"), "short");
}

TEST(StatsWriter, bytes_that_are_no_text_have_no_bounds) {
  EXPECT_EQ(min_of("string", "\xff\xfe"), "-");
  // A text cut by the engine in the middle of a character: its first 32 are whole.
  EXPECT_EQ(min_of("string", repeated("\xC3\xA4", 40) + "\xC3"), "\"" + repeated("\xC3\xA4", 32) + "\"");
}

TEST(StatsWriter, structs_nest_and_lists_have_counts_at_most) {
  Schema schema = schema_of(
      {{"s",
        R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}},)"
        R"({"name":"t","type":{"type":"struct","fields":[{"name":"b","type":"string","nullable":true,"metadata":{}}]},)"
        R"("nullable":true,"metadata":{}}]})"},
       {"l", R"({"type":"array","elementType":"long","containsNull":true})"}});
  EXPECT_EQ(
      write_stats(schema, {}, {}, 1, {{"s.a", leaf("1", "2")}, {"s.t.b", leaf("x", "y", 0)}, {"l", leaf("1", "2", 5)}}),
      R"({"numRecords":1,"minValues":{"s":{"a":1,"t":{"b":"x"}}},"maxValues":{"s":{"a":2,"t":{"b":"y"}}},)"
      R"("nullCount":{"s":{"a":0,"t":{"b":0}},"l":5}})");
}

TEST(StatsWriter, partition_columns_have_no_statistics) {
  EXPECT_EQ(write_stats(schema_of({{"id", "long"}, {"part", "string"}}), {"PART"}, {}, 1,
                        {{"id", leaf("1", "1")}, {"part", leaf("a", "a")}}),
            R"({"numRecords":1,"minValues":{"id":1},"maxValues":{"id":1},"nullCount":{"id":0}})");
}

class ManyColumns : public testing::Test {
 protected:
  // c0 … c39, each 1..1, with a partition column in front.
  std::string columns_with(const std::map<std::string, std::string>& configuration) {
    std::vector<std::pair<std::string, std::string>> columns = {{"p", "string"}};
    std::map<std::string, LeafStats> leaves;
    for (int i = 0; i < 40; ++i) {
      std::string name = fmt::format("c{}", i);
      columns.emplace_back(name, "long");
      leaves[name] = leaf("1", "1");
    }
    Json json = Json::parse(write_stats(schema_of(columns), {"p"}, configuration, 1, leaves));
    std::vector<std::string> names;
    for (const auto& [name, value] : json.at("nullCount").as_object()) names.push_back(name);
    return names.empty() ? "none" : fmt::format("{} to {}: {}", names.front(), names.back(), names.size());
  }
};

TEST_F(ManyColumns, the_first_32_are_counted_unless_properties_say_otherwise) {
  EXPECT_EQ(columns_with({}), "c0 to c31: 32");
  EXPECT_EQ(columns_with({{"delta.dataSkippingNumIndexedCols", "2"}}), "c0 to c1: 2");
  EXPECT_EQ(columns_with({{"delta.dataSkippingNumIndexedCols", "-1"}}), "c0 to c39: 40");
  EXPECT_EQ(columns_with({{"delta.dataSkippingNumIndexedCols", "0"}}), "none");
  EXPECT_EQ(columns_with({{"delta.dataSkippingNumIndexedCols", "many"}}), "c0 to c31: 32");
  EXPECT_EQ(columns_with({{"delta.dataSkippingStatsColumns", "c39, `c5`,C7"}}), "c5 to c39: 3");
  EXPECT_EQ(columns_with({{"delta.dataSkippingStatsColumns", "c1"}, {"delta.dataSkippingNumIndexedCols", "9"}}),
            "c1 to c1: 1");
}

TEST(StatsWriter, listed_structs_bring_all_their_leaves) {
  Schema schema =
      schema_of({{"s.t", R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]})"},
                 {"s", R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}},)"
                       R"({"name":"b","type":"long","nullable":true,"metadata":{}}]})"}});
  auto counts = [&](const std::string& listed) {
    return Json::parse(write_stats(schema, {}, {{"delta.dataSkippingStatsColumns", listed}}, 1,
                                   {{"s.a", leaf("1", "1")}, {"s.b", leaf("1", "1")}, {"s.t.a", leaf("1", "1")}}))
        .at("nullCount")
        .dump();
  };
  EXPECT_EQ(counts("s"), R"({"s":{"a":0,"b":0}})");
  EXPECT_EQ(counts("s.b"), R"({"s":{"b":0}})");
  EXPECT_EQ(counts("`s.t`.a"), R"({"s.t":{"a":0}})");
}

}  // namespace
}  // namespace weir::lake
