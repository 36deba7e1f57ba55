#include "lake/schema.h"

#include "lake_fixture.h"

namespace weir::lake {
namespace {

std::string one_field(const std::string& type, const std::string& name = "c") {
  return R"({"type":"struct","fields":[{"name":")" + name + R"(","type":)" + type +
         R"(,"nullable":true,"metadata":{}}]})";
}

TEST(Schema, reads_and_writes_every_type) {
  for (const char* name : {"string", "long", "integer", "short", "byte", "float", "double", "boolean", "binary", "date",
                           "timestamp", "timestamp_ntz", "variant", "void", "decimal(10,2)", "decimal(38,38)"}) {
    Schema schema = Schema::parse(one_field("\"" + std::string(name) + "\""));
    EXPECT_EQ(type_name(schema.fields[0].type), name);
    EXPECT_EQ(schema.to_string(), one_field("\"" + std::string(name) + "\""));
  }
  EXPECT_EQ(Schema::parse(one_field("\"decimal\"")).fields[0].type, DataType::decimal_of(10, 0));
  EXPECT_EQ(Schema::parse(one_field("\"decimal(10, 2)\"")).fields[0].type, DataType::decimal_of(10, 2));
}

TEST(Schema, nests) {
  std::string text = one_field(
      R"({"type":"array","elementType":{"type":"struct","fields":[{"name":"m","type":{"type":"map","keyType":"string",)"
      R"("valueType":"long","valueContainsNull":false},"nullable":false,"metadata":{"delta.columnMapping.id":3}}]},)"
      R"("containsNull":false})");
  Schema schema = Schema::parse(text);
  EXPECT_EQ(schema.to_string(), text);
  EXPECT_EQ(type_name(schema.fields[0].type), "array<struct<m:map<string,long>>>");
  EXPECT_FALSE(schema.fields[0].type.fields[0].nullable);
  EXPECT_TRUE(schema.any_field([](const Field& f) { return f.metadata.find("delta.columnMapping.id") != nullptr; }));
  EXPECT_TRUE(schema.any_type([](const DataType& t) { return t.kind == TypeKind::map; }));
  EXPECT_FALSE(schema.any_type([](const DataType& t) { return t.kind == TypeKind::variant; }));
  DataType map = DataType::map_of(DataType::primitive(TypeKind::string), DataType::primitive(TypeKind::long_));
  Schema made;
  made.fields.push_back(Field{"c", DataType::array_of(map), true, Json::object()});
  EXPECT_EQ(made.to_string(), one_field(R"({"type":"array","elementType":{"type":"map","keyType":"string",)"
                                        R"("valueType":"long","valueContainsNull":true},"containsNull":true})"));
}

TEST(Schema, finds_columns_whatever_their_case) {
  Schema schema =
      Schema::parse(R"({"type":"struct","fields":[{"name":"Address","type":{"type":"struct","fields":[)"
                    R"({"name":"city.name","type":"string","nullable":true,"metadata":{}},)"
                    R"({"name":"zip","type":"long","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}},)"
                    R"({"name":"a.b","type":"string","nullable":true,"metadata":{}}]})");
  EXPECT_EQ(schema.find("ADDRESS"), &schema.fields[0]);
  EXPECT_EQ(schema.find("zip"), nullptr);
  EXPECT_EQ(schema.find_leaf("address.ZIP")->name, "zip");
  EXPECT_EQ(schema.find_leaf("address.city.name")->name, "city.name");
  EXPECT_EQ(schema.find_leaf("a.b")->name, "a.b");
  EXPECT_EQ(schema.find_leaf("a.b.c"), nullptr);
  EXPECT_EQ(schema.find_leaf(""), nullptr);
}

TEST(Schema, says_which_column_is_wrong) {
  struct Case {
    std::string text, says;
  };
  const Case cases[] = {
      {"", "no JSON"},
      {"{\"type\":\"struct\"", "no JSON"},
      {"[]", "must be a struct"},
      {"{}", "\"type\" is missing"},
      {R"({"type":"array"})", "must be a struct"},
      {R"({"type":"struct"})", "\"fields\" is missing"},
      {R"({"type":"struct","fields":{}})", "\"fields\" must be an array"},
      {R"({"type":"struct","fields":[3]})", "must be an object"},
      {R"({"type":"struct","fields":[{"type":"long"}]})", "\"name\" is missing"},
      {R"({"type":"struct","fields":[{"name":"a"}]})", "column a: \"type\" is missing"},
      {R"({"type":"struct","fields":[{"name":"a","type":"long"}]})", "\"nullable\" is missing"},
      {R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":"yes"}]})", "true or false"},
      {R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":[]}]})", "\"metadata\""},
      {one_field("\"bigint\""), "column c: the type \"bigint\" is not known"},
      {one_field("\"decimal(39,0)\""), "out of range"},
      {one_field("\"decimal(3,4)\""), "out of range"},
      {one_field("\"decimal(x)\""), "out of range"},
      {one_field("\"decimal(1,1,1)\""), "out of range"},
      {one_field("7"), "name or an object"},
      {one_field(R"({"type":"array","containsNull":true})"), "\"elementType\" is missing"},
      {one_field(R"({"type":"array","elementType":"nope","containsNull":true})"), "column c.element"},
      {one_field(R"({"type":"map","keyType":"string","valueType":"long"})"), "\"valueContainsNull\" is missing"},
      {one_field(R"({"type":"udt"})"), "\"udt\" is not known"},
      {R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true},{"name":"A","type":"long","nullable":true}]})",
       "column A: the name occurs twice"},
  };
  for (const auto& bad : cases) {
    std::string message;
    EXPECT_EQ(code_of([&] { Schema::parse(bad.text); }, &message), ErrorCode::bad_delta_schema) << bad.text;
    EXPECT_NE(message.find(bad.says), std::string::npos) << message << " for " << bad.text;
  }
}

TEST(Schema, deep_nesting_ends_in_an_error) {
  std::string open, close;
  for (int i = 0; i < 5000; ++i) {
    open += R"({"type":"array","elementType":)";
    close += R"(,"containsNull":true})";
  }
  EXPECT_EQ(code_of([&] { Schema::parse(one_field(open + "\"long\"" + close)); }), ErrorCode::bad_delta_schema);
}

}  // namespace
}  // namespace weir::lake
