// Statistics texts read for a few columns say the same as when they are read in full.
#include "lake/stats_text.h"

#include <gtest/gtest.h>

namespace weir::lake {
namespace {

class StatsTextTest : public testing::Test {
 protected:
  StatsTextTest() {
    metadata.schema = Schema::parse(
        R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},)"
        R"json({"name":"price","type":"decimal(12,2)","nullable":true,"metadata":{}},)json"
        R"({"name":"at","type":"timestamp","nullable":true,"metadata":{}},)"
        R"({"name":"name","type":"string","nullable":true,"metadata":{}},)"
        R"({"name":"real","type":"double","nullable":true,"metadata":{}},)"
        R"({"name":"place","type":{"type":"struct","fields":[{"name":"id","type":"integer","nullable":true,)"
        R"("metadata":{}}]},"nullable":true,"metadata":{}}]})");
    for (const auto* name : {"id", "price", "at", "name", "real", "place.id"})
      leaves.push_back(*stats_leaf(metadata.schema, name));
  }
  void same_as_in_full(const std::string& text) {
    Add add;
    add.stats = text;
    const FileStats full = parse_stats(add, metadata);
    StatsTextReader reader(leaves);
    const auto& found = reader.read(text);
    EXPECT_EQ(found.num_records, full.num_records.value_or(-1)) << text;
    const std::vector<std::string> names = {"id", "price", "at", "name", "real", "place.id"};
    for (size_t i = 0; i < names.size(); ++i) {
      const auto known = full.columns.find(names[i]);
      const ColumnBounds wanted = known == full.columns.end() ? ColumnBounds() : known->second;
      EXPECT_EQ(found.bounds[i].min, wanted.min) << names[i] << " in " << text;
      EXPECT_EQ(found.bounds[i].max, wanted.max) << names[i] << " in " << text;
      EXPECT_EQ(found.bounds[i].null_count, wanted.null_count) << names[i] << " in " << text;
    }
  }
  Metadata metadata;
  std::vector<StatsLeaf> leaves;
};

TEST_F(StatsTextTest, reads_what_is_wanted) {
  StatsTextReader reader({leaves[0], leaves[5]});
  const auto& found = reader.read(
      R"({"numRecords":7,"minValues":{"id":-3,"place":{"id":1}},"maxValues":{"id":9},"nullCount":{"id":2}})");
  EXPECT_EQ(found.num_records, 7);
  EXPECT_EQ(found.bounds[0].min, Scalar(int64_t{-3}));
  EXPECT_EQ(found.bounds[0].max, Scalar(int64_t{9}));
  EXPECT_EQ(found.bounds[0].null_count, 2);
  EXPECT_EQ(found.bounds[1].min, Scalar(int64_t{1}));
  EXPECT_EQ(found.bounds[1].max, Scalar());
}

TEST_F(StatsTextTest, says_the_same_as_a_full_reading) {
  for (
      const auto* text :
      {R"({"numRecords":7,"minValues":{"id":-3,"price":1.50,"at":"2024-01-01T00:00:00.123Z","name":"a","real":1e3},)"
       R"("maxValues":{"id":9,"price":12,"at":"2024-01-02T00:00:00.123Z","name":"z","real":-0.5},"nullCount":{"id":0}})",
       R"( { "numRecords" : 7 , "minValues" : { "id" : 3 , "place" : { "id" : 5 } } , "nullCount" : { "place":{"id":1}} } )",
       R"({"minValues":{"name":"a \"id\":1, }","id":4},"maxValues":{"other":[1,{"id":2}],"id":8},"numRecords":3})",
       R"({"numRecords":1,"minValues":{"name":"\u0061\\","id":"5"},"maxValues":{"real":null,"id":true}})",
       R"({"numRecords":-4,"minValues":{"id":1.5,"price":"1.25"},"maxValues":{"id":99999999999999999999}})",
       R"({"numRecords":"7","minValues":[],"maxValues":7,"nullCount":{"id":-1,"name":2.5}})",
       R"({"place":{"id":1},"minValues":{"place":7,"id":{"x":1}}})", R"({"tightBounds":false,"numRecords":2})", "{}",
       "", "[]", "null", "{", R"({"numRecords":7)", R"({"numRecords":7}})", R"({"numRecords":7,})",
       R"({"numRecords":7,"minValues":{"id":NaN}})", R"({"numRecords":7,"minValues":{"id":1}"maxValues":{"id":1}})",
       "{\"numRecords\":7,\"minValues\":{\"name\":\"\xff\"}}"})
    same_as_in_full(text);
}

TEST_F(StatsTextTest, a_cut_text_never_says_more) {
  const std::string text =
      R"({"numRecords":7,"minValues":{"id":3,"name":"a\"b"},"maxValues":{"id":9},"nullCount":{"id":0}})";
  StatsTextReader reader(leaves);
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(reader.read(text.substr(0, size)).num_records, -1) << size;
  EXPECT_EQ(reader.read(text).num_records, 7);
}

}  // namespace
}  // namespace weir::lake
