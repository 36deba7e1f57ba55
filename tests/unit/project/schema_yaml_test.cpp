#include "project/schema_yaml.h"

#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Read {
  SchemaFile file;
  std::vector<Error> errors;
  std::vector<Diagnostic> warnings;
};

Read read(const std::string& text) {
  Read out;
  Rendering rendering("shop");
  rendering.variables.set_command_line(Json::object().set("schema", "landing"));
  SourceFile file;
  file.label = file.file = "models/s.yml";
  file.package = "shop";
  out.file = read_schema_file(text, file, YamlValues(rendering, "shop"), out.errors, out.warnings);
  return out;
}

TEST(SchemaYaml, ModelsColumnsAndTests) {
  const Read got = read(
      "version: 2\nmodels:\n- name: a\n  description: all of it\n  meta: {k: 1}\n  config: {tags: [x]}\n "
      " data_tests: [one]\n"
      "  columns:\n  - name: id\n    description: key\n    data_type: bigint\n    quote: true\n    tags: t\n    "
      "tests:\n    - unique\n    - two: {n: 1}\n");
  EXPECT_THAT(got.errors, IsEmpty());
  EXPECT_THAT(got.warnings, IsEmpty());
  ASSERT_THAT(got.file.patches, SizeIs(1));
  const Patch& patch = got.file.patches[0];
  EXPECT_EQ(patch.config.dump(), R"({"meta":{"k":1},"tags":["x"]})");
  ASSERT_THAT(patch.columns, SizeIs(1));
  EXPECT_EQ(patch.columns[0].data_type, "bigint");
  EXPECT_TRUE(patch.columns[0].quote);
  ASSERT_THAT(patch.tests, SizeIs(3));
  EXPECT_EQ(patch.tests[0].column, "");
  EXPECT_EQ(patch.tests[2].column, "id");
  EXPECT_EQ(patch.tests[2].tags, std::vector<std::string>{"t"});
  EXPECT_EQ(patch.tests[2].yaml.span.line, 16);
}

TEST(SchemaYaml, SourcesInheritFromTheirBlock) {
  const Read got = read(
      "sources:\n- name: raw\n  schema: \"{{ var('schema') }}\"\n  database: db\n  tags: [s]\n  config: {meta: {a: "
      "1}}\n"
      "  tables:\n  - name: t\n    identifier: T_1\n    config: {meta: {b: 2}, tags: u}\n  - name: u\n");
  EXPECT_THAT(got.errors, IsEmpty());
  ASSERT_THAT(got.file.sources, SizeIs(2));
  const SourceTable& table = got.file.sources[0];
  EXPECT_EQ(table.schema, "landing");
  EXPECT_EQ(table.identifier, "T_1");
  EXPECT_EQ(table.database, "db");
  EXPECT_EQ(table.config.dump(), R"({"tags":["s","u"],"meta":{"a":1,"b":2}})");
  EXPECT_EQ(got.file.sources[1].identifier, "u");
}

TEST(SchemaYaml, TestsAndDescriptionsKeepTheirJinja) {
  const Read got =
      read("models:\n- name: a\n  description: \"{{ doc('x') }}\"\n  data_tests:\n  - t: {v: \"{{ ref('b') }}\"}\n");
  EXPECT_THAT(got.errors, IsEmpty());
  EXPECT_EQ(got.file.patches[0].description, "{{ doc('x') }}");
}

TEST(SchemaYaml, OneMistakeDoesNotHideTheRest) {
  const Read got = read(
      "models:\n- nam: a\n- name: b\n- 7\n- name: c\n  columns: {id: 1}\n- name: d\n  tests: [x]\n  data_tests: "
      "[y]\nseeds: 5\n");
  ASSERT_THAT(got.errors, SizeIs(5));
  EXPECT_THAT(got.file.patches, SizeIs(1));
  const auto text = [&](size_t i) { return TempProject::describe(got.errors[i]); };
  EXPECT_THAT(text(0), HasSubstr("models/s.yml:2:3: an entry of models lacks its name"));
  EXPECT_THAT(text(1), HasSubstr("models/s.yml:4:3: an entry of models must be a mapping"));
  EXPECT_THAT(text(2), HasSubstr("models/s.yml:6:12: columns must be a list"));
  EXPECT_THAT(text(3), HasSubstr("both tests and data_tests are given"));
  EXPECT_THAT(text(4), HasSubstr("'seeds' is not a list"));
}

TEST(SchemaYaml, UnknownKeysWarnWithTheNearest) {
  const Read got = read(
      "modles: []\nmodels: [{name: a, colums: []}]\nsources: [{name: r, tables: [{name: t, columns: [{name: c, "
      "data_typ: x}]}]}]\n");
  ASSERT_THAT(got.warnings, SizeIs(3));
  EXPECT_THAT(got.warnings[0].message, HasSubstr("did you mean \"models\"?"));
  EXPECT_THAT(got.warnings[1].message, HasSubstr("did you mean \"columns\"?"));
  EXPECT_THAT(got.warnings[2].message, HasSubstr("did you mean \"data_type\"?"));
}

TEST(SchemaYaml, BadJinjaHasThePlaceInTheFile) {
  const Read got = read("sources:\n- name: raw\n  schema: \"{{ var('nope') }}\"\n  tables: [{name: t}]\n");
  ASSERT_THAT(got.errors, SizeIs(1));
  EXPECT_EQ(got.errors[0].code(), ErrorCode::missing_var);
  EXPECT_EQ(got.errors[0].span()->line, 3);
}

TEST(SchemaYaml, NoMappingIsRefusedAndNothingIsNothing) {
  EXPECT_THAT(read("- a\n").errors, SizeIs(1));
  EXPECT_THAT(read("a: [").errors, SizeIs(1));
  EXPECT_THAT(read("").errors, IsEmpty());
  EXPECT_THAT(read("# only a comment\n").errors, IsEmpty());
}

}  // namespace
}  // namespace weir::project
