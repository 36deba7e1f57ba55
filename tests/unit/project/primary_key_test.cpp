// The columns that a model's rows are told apart by, for the manifest.
#include <gmock/gmock.h>

#include "project/node_values.h"
#include "temp_project.h"

namespace weir::project {

namespace {

// Of model a with these lines of YAML below it.
std::string key(const std::string& yaml) {
  TempProject temp({{"models/a.sql", "select 1 as id, 2 as x"},
                    {"tests/generic/combo.sql",
                     "{% test unique_combination_of_columns(model, combination_of_columns) %}select 1{% endtest %}"},
                    {"models/s.yml", "models:\n  - name: a\n" + yaml}});
  const Project project = temp.project();
  return node_json(project.at("model.shop.a")).find("primary_key")->dump();
}

TEST(PrimaryKey, IsADeclaredOneFirst) {
  EXPECT_EQ(key("    columns: [{name: id, data_tests: [unique, not_null]}]\n"
                "    constraints: [{type: primary_key, columns: [x, id]}]\n"),
            R"(["id","x"])");
  EXPECT_EQ(key("    columns: [{name: id, data_tests: [unique]}, {name: x, constraints: [{type: primary_key}]}]\n"),
            R"(["x"])");
}

TEST(PrimaryKey, IsWhatTestsSayElse) {
  EXPECT_EQ(key("    columns: [{name: id, data_tests: [unique, not_null]}, {name: x, data_tests: [unique]}]\n"),
            R"(["id"])");
  EXPECT_EQ(key("    columns: [{name: id, data_tests: [not_null]}, {name: x, data_tests: [unique]}]\n"), R"(["x"])");
  EXPECT_EQ(key("    columns: [{name: id, data_tests: [{unique: {config: {enabled: false}}}]}]\n"), R"(["id"])");
  EXPECT_EQ(key("    data_tests: [{unique_combination_of_columns: {combination_of_columns: [x, id]}}]\n"),
            R"(["id","x"])");
  EXPECT_EQ(key("    columns: [{name: id, data_tests: [not_null]}]\n"), "[]");
}

}  // namespace

}  // namespace weir::project
