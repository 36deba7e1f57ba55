// Functions of a project: what its files, YAML and dbt_project.yml make of them, and what function() means.
#include <gmock/gmock.h>

#include "project/node_values.h"
#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* double_it_yml =
    "functions:\n"
    "  - name: double_it\n"
    "    description: Twice as much\n"
    "    config: {volatility: deterministic}\n"
    "    arguments:\n"
    "      - {name: value, data_type: float, description: of what}\n"
    "      - {name: times, data_type: integer, default_value: 2}\n"
    "    returns: {data_type: float}\n";

TEST(Functions, AreNodesWithASignature) {
  const TempProject temp({{"dbt_project.yml", "name: shop\nfunctions: {+schema: udf, shop: {+volatility: stable}}\n"},
                          {"functions/double_it.sql", "\n\nselect value * times\n"},
                          {"functions/double_it.yml", double_it_yml}});
  const Project project = temp.project();
  const Node& node = project.at("function.shop.double_it");
  EXPECT_EQ(node.raw, "select value * times");
  EXPECT_EQ(node.span.line, 3);
  EXPECT_EQ(node.fqn, (std::vector<std::string>{"shop", "double_it"}));
  EXPECT_EQ(node.relation_text(), R"("lake"."main_udf"."double_it")");
  EXPECT_EQ(node.asset, "main_udf.double_it()");
  EXPECT_FALSE(node.has_table());
  const Json json = node_json(node);
  EXPECT_EQ(json.at("config").get_string("volatility"), "deterministic");
  EXPECT_EQ(json.at("config").get_string("type"), "scalar");
  EXPECT_EQ(json.at("config").get_string("materialized"), "function");
  EXPECT_EQ(json.get_string("language"), "sql");
  EXPECT_EQ(json.at("returns").dump(), R"({"data_type":"float","description":null})");
  EXPECT_EQ(json.at("arguments").dump(),
            R"([{"name":"value","data_type":"float","description":"of what","default_value":null},)"
            R"({"name":"times","data_type":"integer","description":null,"default_value":2}])");
}

TEST(Functions, AreWhatModelsDependOn) {
  const TempProject temp({{"functions/double_it.sql", "{{ function('shop', 'half') }}(value) * 4"},
                          {"functions/half.sql", "select value / (select max(n) from {{ ref('numbers') }})"},
                          {"models/numbers.sql", "select 2 as n"},
                          {"models/a.sql", "select {{ function('double_it') }}(1) as n"}});
  const Project project = temp.project();
  EXPECT_THAT(project.at("model.shop.a").depends_on, ElementsAre("function.shop.double_it"));
  EXPECT_THAT(project.at("function.shop.double_it").depends_on, ElementsAre("function.shop.half"));
  EXPECT_THAT(project.at("function.shop.half").depends_on, ElementsAre("model.shop.numbers"));
  EXPECT_EQ(node_json(project.at("model.shop.a")).at("functions").dump(), R"([["double_it"]])");
  EXPECT_EQ(node_json(project.at("function.shop.double_it")).at("functions").dump(), R"([["shop","half"]])");
  EXPECT_EQ(rendered(project, "model.shop.a"), R"(select "lake"."main"."double_it"(1) as n)");
  EXPECT_EQ(rendered(project, "function.shop.double_it"), R"("lake"."main"."half"(value) * 4)");
}

TEST(Functions, AProgramIsATemplateToo) {
  const TempProject temp({{"functions/f.py",
                           "\n{{ config(runtime_version='3.11', entry_point='f') }}\n"
                           "def f(x):\n    return {{ 1 + 1 }} * x\n"}});
  const Project project = temp.project();
  const Node& node = project.at("function.shop.f");
  EXPECT_EQ(node_json(node).get_string("language"), "python");
  EXPECT_EQ(node.config->all.get_string("entry_point"), "f");
  EXPECT_EQ(rendered(project, "function.shop.f"), "\ndef f(x):\n    return 2 * x");
}

TEST(Functions, MistakesHaveAPlace) {
  TempProject temp({{"functions/f.sql", "select x + y"}});
  temp.write("functions/f.yml",
             "functions:\n  - name: f\n    arguments:\n      - {name: x, data_type: int, default_value: 0}\n"
             "      - {name: y, data_type: int}\n    returns: {data_type: int}\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("functions/f.yml:5:9: argument y of function f has no default_value"));
  temp.write("functions/f.yml", "functions:\n  - name: f\n    arguments: [{name: x}]\n    returns: {data_type: int}\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("argument x of function f has no data_type"));
  temp.write("functions/f.yml", "functions:\n  - name: f\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("function f does not say what it returns"));
  temp.write("functions/f.yml", "functions: [{name: f, returns: {data_type: int}, config: {type: sclar}}]\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("did you mean \"scalar\""));
  temp.remove("functions/f.yml");
  temp.write("models/a.sql", "select {{ function('g') }}(1)");
  EXPECT_THAT(temp.only_error(), HasSubstr("models/a.sql:1:11: a depends on a function named 'g' which was not found"));
  temp.write("models/a.sql", "select {{ function('f') }}(1)");
  temp.write("functions/f.sql", "{{ config(enabled=false) }} select 1");
  EXPECT_THAT(temp.only_error(), HasSubstr("a depends on function('f') which is disabled"));
  temp.write("functions/f.sql", "select {{ function('f') }}(1)");
  EXPECT_THAT(temp.only_error(), HasSubstr("cycle"));
}

TEST(Functions, AreRememberedAsTheyAre) {
  TempProject temp(
      {{"functions/double_it.sql", "\n\nselect value * times\n"}, {"functions/double_it.yml", double_it_yml}});
  temp.flags.partial_parse = true;
  const Json first = node_json(temp.project().at("function.shop.double_it"));
  const Project again = temp.project();
  EXPECT_EQ(again.files_known, again.files);
  EXPECT_EQ(node_json(again.at("function.shop.double_it")), first);
}

}  // namespace
}  // namespace weir::project
