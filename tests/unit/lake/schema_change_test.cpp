// Columns and properties changed as metadata.
#include "lake/schema_change.h"

#include <gmock/gmock.h>

#include "lake/column_references.h"
#include "lake/table_properties.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

using testing::ElementsAre;

Metadata table_of(std::vector<Field> fields, std::map<std::string, std::string> configuration = {}) {
  Metadata metadata;
  metadata.schema.fields = std::move(fields);
  metadata.configuration = std::move(configuration);
  metadata.schema_string = metadata.schema.to_string();
  metadata.read_schema();
  return metadata;
}

Field column(const std::string& name, TypeKind kind = TypeKind::integer) { return {name, DataType::primitive(kind)}; }

Field struct_column(const std::string& name, std::vector<Field> fields) {
  return {name, DataType{TypeKind::struct_, 0, 0, std::move(fields)}};
}

const std::map<std::string, std::string> by_name = {{"delta.columnMapping.mode", "name"}};

std::string message_of(const std::function<void()>& change) {
  try {
    change();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(SchemaChange, switching_mapping_on_keeps_the_names_that_files_have) {
  Field list{"l", DataType::array_of(DataType{TypeKind::struct_, 0, 0, {column("deep")}})};
  auto before = table_of({column("a"), struct_column("s", {column("b")}), list});
  auto after = with_properties(before, {{"delta.columnMapping.mode", "name"}});
  EXPECT_EQ(after.configuration.at("delta.columnMapping.maxColumnId"), "5");
  EXPECT_EQ(field_at(after, {"s", "b"}).physical_name(), "b");
  EXPECT_EQ(field_at(after, {"s", "b"}).id(), 3);
  EXPECT_EQ(field_at(after, {"L"}).type.fields[0].id(), std::nullopt) << "elements have no id of their own";
  EXPECT_EQ(field_at(after, {"l"}).type.fields[0].type.fields[0].id(), 5);
  auto read = table_of({}, after.configuration);
  read.schema_string = after.schema_string;
  read.read_schema();
  EXPECT_EQ(read.schema, after.schema) << "as others read it";
  EXPECT_TRUE(same_columns(before.schema, after.schema));
}

TEST(SchemaChange, a_column_that_comes_back_is_another_one) {
  auto table = with_properties(table_of({column("a"), column("b")}), {{"delta.columnMapping.mode", "name"}});
  auto dropped = without_column(table, {"B"});
  auto again = with_column(dropped, {}, column("b"));
  EXPECT_NE(field_at(again, {"b"}).physical_name(), "b");
  EXPECT_EQ(field_at(again, {"b"}).id(), 3);
  auto renamed = with_renamed_column(again, {"a"}, "c");
  EXPECT_EQ(field_at(renamed, {"c"}).physical_name(), "a");
}

TEST(SchemaChange, what_cannot_be_is_said_with_the_place) {
  auto table = table_of({column("a"), struct_column("s", {column("b")})}, by_name);
  map_columns(table, true);
  EXPECT_THAT(message_of([&] { without_column(table, {"s", "x"}); }), testing::HasSubstr("s.x"));
  EXPECT_THAT(message_of([&] { without_column(table, {"s", "b"}); }), testing::HasSubstr("no column left"));
  EXPECT_THAT(message_of([&] { with_column(table, {"a"}, column("x")); }), testing::HasSubstr("no struct"));
  EXPECT_THAT(message_of([&] { with_column(table, {"s"}, column("B")); }), testing::HasSubstr("already exists"));
  EXPECT_THAT(message_of([&] {
                with_properties(table, {{"delta.columnMapping.mode", "id"}});
              }),
              testing::HasSubstr("from name to id"));
}

TEST(SchemaChange, types_widen_as_delta_has_it) {
  auto type = [](TypeKind kind) { return DataType::primitive(kind); };
  using enum TypeKind;
  EXPECT_TRUE(widens(type(byte), type(short_)));
  EXPECT_TRUE(widens(type(integer), type(long_)));
  EXPECT_TRUE(widens(type(integer), type(double_)));
  EXPECT_TRUE(widens(type(float_), type(double_)));
  EXPECT_TRUE(widens(type(date), type(timestamp_ntz)));
  EXPECT_TRUE(widens(type(integer), DataType::decimal_of(10, 0)));
  EXPECT_TRUE(widens(type(long_), DataType::decimal_of(22, 2)));
  EXPECT_TRUE(widens(DataType::decimal_of(10, 2), DataType::decimal_of(12, 4)));
  EXPECT_FALSE(widens(type(long_), type(integer)));
  EXPECT_FALSE(widens(type(long_), type(double_)));
  EXPECT_FALSE(widens(type(date), type(timestamp)));
  EXPECT_FALSE(widens(type(integer), type(integer)));
  EXPECT_FALSE(widens(type(long_), DataType::decimal_of(19, 0)));
  EXPECT_FALSE(widens(DataType::decimal_of(10, 2), DataType::decimal_of(10, 4)));
  EXPECT_FALSE(widens(type(integer), type(string)));
}

TEST(ColumnReferences, names_are_found_outside_of_literals) {
  EXPECT_THAT(names_in("a > 1 AND `odd ``name`` ` IS NULL OR c_2 = 'b'"),
              ElementsAre("a", "AND", "odd `name` ", "IS", "NULL", "OR", "c_2"));
  EXPECT_THAT(names_in("'it''s' || \"x\" || 'a\\'b' || y"), ElementsAre("y"));
  auto table = table_of({column("a"), column("b")}, {{"delta.constraints.positive", "A > 0"}});
  EXPECT_THAT(mentions_of(table, {"a"}), ElementsAre("constraint positive"));
  EXPECT_THAT(mentions_of(table, {"b"}), testing::IsEmpty());
}

TEST(TableProperties, names_and_values_are_checked) {
  EXPECT_EQ(property_name("DELTA.appendonly"), "delta.appendOnly");
  EXPECT_EQ(property_name("Team.Owner"), "Team.Owner");
  EXPECT_THAT(message_of([] { property_name("delta.appendOlny"); }), testing::HasSubstr("delta.appendOnly"));
  EXPECT_EQ(property_value("delta.isolationLevel", "serializable"), "Serializable");
  EXPECT_EQ(property_value("delta.logRetentionDuration", "interval 30 days"), "interval 30 days");
  EXPECT_THAT(message_of([] { property_value("delta.targetFileSize", "-1"); }), testing::HasSubstr("128mb"));
  for (const auto& name : property_names()) EXPECT_EQ(property_name(name), name);
}

}  // namespace
}  // namespace weir::lake
