// Names and schema of the Hudi timeline; whole tables are read by Hudi's own reader in
// tests/conformance/read_as_hudi.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/hudi/avro_schema.h"
#include "lake/hudi/compat.h"
#include "lake/hudi/file_names.h"
#include "lake/universal_format.h"

namespace weir::lake::hudi {

namespace {

TEST(HudiNames, instants_are_times_in_order) {
  EXPECT_EQ(instant_of(1'767'323'045'006), "20260102030405006");
  EXPECT_EQ(time_of("20260102030405006"), 1'767'323'045'006);
  EXPECT_LT(instant_of(999), instant_of(1000));
}

TEST(HudiNames, files_tell_group_and_instant) {
  const std::string attempt = "e34c1b43-5242-4957-8acd-3631d04a7734";
  auto file = parse_data_file_name("p=a%20b/q=1/" + attempt + "-0" + name_ending("20260102030405006") + ".parquet");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->folder, "p=a%20b/q=1");
  EXPECT_EQ(file->file_id, attempt + "-0");
  EXPECT_EQ(file->instant, "20260102030405006");
  EXPECT_EQ(parse_data_file_name("x-0_0-0-0_20260102030405006.parquet")->folder, "");
  for (const char* other :
       {"part-00000-e34c1b43-c000.snappy.parquet", "x-0_0-0-0_2026.parquet", "x-0_0-0-0_20260102030405006.orc",
        "_0-0-0_20260102030405006.parquet", "x_y_0_20260102030405006.parquet", ""})
    EXPECT_FALSE(parse_data_file_name(other)) << other;
}

TEST(HudiNames, formats_are_a_list) {
  EXPECT_TRUE(is_kept({{universal_formats_property, " HUDI "}}));
  EXPECT_FALSE(is_kept({{universal_formats_property, ""}}));
  EXPECT_FALSE(is_kept({}));
  EXPECT_FALSE(universal_formats("hudi,parquet"));
}

TEST(HudiSchema, types_are_those_of_avro) {
  Schema schema = Schema::parse(R"json({"type":"struct","fields":[
    {"name":"id","type":"long","nullable":false,"metadata":{}},
    {"name":"d","type":"decimal(10,2)","nullable":true,"metadata":{}},
    {"name":"at","type":"timestamp","nullable":true,"metadata":{}},
    {"name":"l","type":{"type":"array","elementType":"short","containsNull":true},"nullable":true,"metadata":{}},
    {"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"string","nullable":false,"metadata":{}}]},
     "nullable":true,"metadata":{}},
    {"name":"m","type":{"type":"map","keyType":"string","valueType":"date","valueContainsNull":false},
     "nullable":true,"metadata":{}}]})json");
  EXPECT_EQ(
      avro_schema(schema, "t").dump(),
      R"({"type":"record","name":"t","fields":[{"name":"id","type":"long"},)"
      R"({"name":"d","type":["null",{"type":"fixed","logicalType":"decimal","name":"t_d_fixed","size":5,)"
      R"("precision":10,"scale":2}],"default":null},)"
      R"({"name":"at","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"default":null},)"
      R"({"name":"l","type":["null",{"type":"array","items":["null","int"]}],"default":null},)"
      R"({"name":"s","type":["null",{"type":"record","name":"t_s","fields":[{"name":"x","type":"string"}]}],"default":null},)"
      R"({"name":"m","type":["null",{"type":"map","values":{"type":"int","logicalType":"date"}}],"default":null}]})");
}

}  // namespace

}  // namespace weir::lake::hudi
