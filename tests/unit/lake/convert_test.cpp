// A folder of Parquet files as a Delta table.
#include "lake/convert.h"

#include "lake/hive_partitions.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

Field field(const std::string& name, TypeKind kind = TypeKind::long_) {
  Field made;
  made.name = name;
  made.type = DataType::primitive(kind);
  return made;
}

class ConvertTest : public TableTest {
 protected:
  void file(const std::string& relative, std::vector<Field> columns, int64_t rows = 2) {
    store->put(table.key(relative), "PAR1");
    ParquetFacts facts;
    facts.columns = std::move(columns);
    facts.rows = rows;
    facts.leaves["id"] = {"1", "9", 0, false};
    parquet.footers[table.key(relative)] = std::move(facts);
  }
  Conversion plan(const std::string& partitions = {}) {
    ConvertOptions options;
    if (!partitions.empty()) options.partition_columns = parse_partition_columns(partitions);
    return plan_conversion(table, parquet, options, clock.now_ms());
  }
  std::string refusal(const std::string& partitions = {}) {
    std::string message;
    EXPECT_EQ(code_of([&] { plan(partitions); }, &message), ErrorCode::convert_refused);
    return message;
  }
  std::shared_ptr<const Snapshot> converted(const std::string& partitions = {}) {
    Transaction transaction(table, nullptr, parquet);
    transaction.draft() = plan(partitions).draft;
    EXPECT_TRUE(std::holds_alternative<Committed>(transaction.commit(clock.now_ms())));
    return open();
  }
  std::string schema(const Snapshot& snapshot) {
    std::string text;
    for (const auto& column : snapshot.metadata().schema.fields)
      text += column.name + " " + type_name(column.type) + ";";
    return text;
  }
};

TEST_F(ConvertTest, names_the_files_as_they_are) {
  file("a.parquet", {field("id"), field("name", TypeKind::string)});
  file("deep/er/b c.parquet", {field("id"), field("more", TypeKind::timestamp_ntz)}, 5);
  store->put(table.key("_SUCCESS"), "");
  store->put(table.key(".a.parquet.crc"), "x");
  store->put(table.key("_temporary/0/x.parquet"), "x");
  const auto snapshot = converted();
  EXPECT_EQ(paths(*snapshot), (std::vector<std::string>{"a.parquet", "deep/er/b%20c.parquet"}));
  EXPECT_EQ(schema(*snapshot), "id long;name string;more timestamp_ntz;");
  const Add& add = snapshot->files()[0];
  EXPECT_EQ(add.size_bytes, 4);
  EXPECT_EQ(add.stats, R"({"numRecords":2,"minValues":{"id":1},"maxValues":{"id":9},"nullCount":{"id":0}})");
  EXPECT_EQ(snapshot->protocol().reader_features, (std::vector<std::string>{"timestampNtz"}));
  const auto first = read_commit(table, 0);
  EXPECT_EQ(first->operation(), "CONVERT");
  EXPECT_EQ(first->commit_info()->fields.at("operationParameters").at("numFiles").as_string(), "2");
}

TEST_F(ConvertTest, partition_values_are_typed_by_how_they_look) {
  file("day=2026-01-05/n=1/s=a%2Fb/x.parquet", {field("id"), field("n")});
  file("day=2026-01-06/n=-20/s=07/y.parquet", {field("id")});
  file("day=__HIVE_DEFAULT_PARTITION__/n=3/s=08/z.parquet", {field("id")});
  const auto snapshot = converted();
  EXPECT_EQ(schema(*snapshot), "id long;day date;n integer;s string;");
  EXPECT_EQ(snapshot->metadata().partition_columns, (std::vector<std::string>{"day", "n", "s"}));
  EXPECT_EQ(snapshot->files()[0].partition_values, (PartitionValues{{"day", "2026-01-05"}, {"n", "1"}, {"s", "a/b"}}));
  EXPECT_EQ(snapshot->files()[2].partition_values.at("day"), std::nullopt);
}

TEST_F(ConvertTest, or_as_declared) {
  file("month=01/x.parquet", {field("id")});
  EXPECT_EQ(schema(*converted("MONTH smallint")), "id long;month short;");
  EXPECT_EQ(open()->files()[0].partition_values.at("month"), "1");
}

TEST_F(ConvertTest, declarations_that_do_not_fit) {
  file("month=jan/x.parquet", {field("id")});
  EXPECT_NE(refusal("month int").find("\"jan\" is no integer"), std::string::npos);
  EXPECT_NE(refusal("year int").find("\"month\""), std::string::npos);
  EXPECT_NE(refusal("month string, day date").find("2 partition columns"), std::string::npos);
  EXPECT_EQ(code_of([&] { plan("month"); }), ErrorCode::usage);
  EXPECT_EQ(code_of([&] { plan("month month"); }), ErrorCode::usage);
  EXPECT_EQ(parse_partition_columns("a decimal(10, 2), b BIGINT")[0].type, DataType::decimal_of(10, 2));
}

TEST_F(ConvertTest, columns_of_one_name_have_one_type) {
  file("a.parquet", {field("id")});
  file("b.parquet", {field("id", TypeKind::integer)});
  const std::string message = refusal();
  EXPECT_NE(message.find("b.parquet"), std::string::npos) << message;
  EXPECT_NE(message.find("integer"), std::string::npos) << message;
  EXPECT_NE(message.find("a.parquet"), std::string::npos) << message;
}

TEST_F(ConvertTest, structs_are_merged_field_by_field) {
  Field one = field("s", TypeKind::struct_), two = one;
  one.type.fields = {field("x")};
  two.type.fields = {field("y"), field("x")};
  file("a.parquet", {one});
  file("b.parquet", {two});
  EXPECT_EQ(schema(*converted()), "s struct<x:long,y:long>;");
}

TEST_F(ConvertTest, what_is_no_table_is_refused_by_name) {
  EXPECT_NE(refusal().find("no Parquet file"), std::string::npos);
  file("day=1/a.parquet", {field("id")});
  file("b.parquet", {field("id")});
  EXPECT_NE(refusal().find("partition folders"), std::string::npos);
  store->remove(table.key("b.parquet"));
  file("day=1/x/c.parquet", {field("id")});
  EXPECT_NE(refusal().find("day=1/x/c.parquet"), std::string::npos);
  store->remove(table.key("day=1/x/c.parquet"));
  store->put(table.key("readme.csv"), "a,b");
  EXPECT_NE(refusal().find("readme.csv"), std::string::npos);
  store->remove(table.key("readme.csv"));
  store->put(table.key("day=1/broken.parquet"), "x");
  EXPECT_NE(refusal().find("day=1/broken.parquet"), std::string::npos);
  store->remove(table.key("day=1/broken.parquet"));
  file("day=1/odd.parquet", {field("id"), field("a b")});
  EXPECT_NE(refusal().find("\"a b\""), std::string::npos);
  store->remove(table.key("day=1/odd.parquet"));
  file("day=1/case.parquet", {field("ID")});
  EXPECT_NE(refusal().find("case.parquet: the column \"ID\" is called \"id\""), std::string::npos);
}

TEST_F(ConvertTest, tables_are_refused) {
  file("a.parquet", {field("id")});
  store->put(table.key("inner/_delta_log/00000000000000000000.json"), "{}");
  EXPECT_NE(refusal().find("another Delta table"), std::string::npos);
  store->remove(table.key("inner/_delta_log/00000000000000000000.json"));
  converted();
  EXPECT_NE(refusal().find("already"), std::string::npos);
}

TEST(HivePartitions, values) {
  EXPECT_EQ(hive_values("a=1/b=x%20y/f"), (HiveValues{{"a", "1"}, {"b", "x y"}}));
  EXPECT_EQ(hive_values("plain/f"), HiveValues());
  EXPECT_EQ(hive_values("a=1/plain/f"), std::nullopt);
  EXPECT_EQ(hive_values("a=/f"), (HiveValues{{"a", std::nullopt}}));
}

TEST(HivePartitions, types) {
  auto type = [](std::vector<std::optional<std::string>> values) { return type_name(inferred_type(values)); };
  EXPECT_EQ(type({"1", "-2", std::nullopt}), "integer");
  EXPECT_EQ(type({"1", "3000000000"}), "long");
  EXPECT_EQ(type({"01", "2"}), "string");
  EXPECT_EQ(type({"2026-01-05"}), "date");
  EXPECT_EQ(type({"2026-1-5"}), "string");
  EXPECT_EQ(type({"2026-01-05", "x"}), "string");
  EXPECT_EQ(type({std::nullopt}), "string");
  EXPECT_EQ(partition_value_text("300", DataType::primitive(TypeKind::byte)), std::nullopt);
  EXPECT_EQ(partition_value_text("TRUE", DataType::primitive(TypeKind::boolean)), "true");
}

}  // namespace
}  // namespace weir::lake
