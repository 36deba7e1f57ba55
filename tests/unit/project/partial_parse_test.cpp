// What a piece depends on is in its key: a second reading that remembers gives what a first one would.
#include <gtest/gtest.h>

#include "temp_project.h"

namespace weir::project {
namespace {

class PartialParse : public ::testing::Test {
 protected:
  void SetUp() override {
    temp_.flags.partial_parse = true;
    temp_.write("models/staging/a.sql", "select 1 as id");
    temp_.write("models/b.sql", "select id from {{ ref('a') }}");
    temp_.write("models/models.yml", "models:\n  - name: a\n    description: first\n");
  }
  size_t known() { return temp_.project().files_known; }
  TempProject temp_;
};

TEST_F(PartialParse, TakesWhatDidNotChange) {
  EXPECT_EQ(known(), 0u);
  EXPECT_EQ(known(), 3u);
  temp_.write("models/b.sql", "select id + 1 as id from {{ ref('a') }}");
  EXPECT_EQ(known(), 2u);
  temp_.flags.partial_parse = false;
  EXPECT_EQ(known(), 0u);
}

TEST_F(PartialParse, AModelThatTwoFilesDescribeIsNotRemembered) {
  temp_.write("models/zz.yml", "models:\n  - name: a\n    description: second\n");
  EXPECT_FALSE(temp_.try_load().errors.empty());
  temp_.remove("models/models.yml");
  EXPECT_EQ(temp_.project().at("model.shop.a").description, "second");
}

TEST_F(PartialParse, AnotherModelPathIsAnotherPlaceInTheTree) {
  temp_.write("dbt_project.yml", "name: shop\nmodel-paths: [models]\n");
  EXPECT_EQ(temp_.project().at("model.shop.a").fqn.size(), 3u);
  temp_.remove("models/b.sql");
  temp_.write("dbt_project.yml", "name: shop\nmodel-paths: [models/staging]\n");
  EXPECT_EQ(temp_.project().at("model.shop.a").fqn.size(), 2u);
}

TEST_F(PartialParse, NamesMadeOfTheClockAreMadeAnew) {
  for (const char* name : {"{{ run_started_at.strftime('%Y') }}", "{{ invocation_id[:4] }}",
                           "{% set d = modules.datetime.datetime %}{{ run_started_at.strftime('%Y') }}"}) {
    temp_.write("macros/names.sql", std::string("{% macro generate_alias_name(custom_alias_name=none, node=none) %}"
                                                "{{ node.name }}_") +
                                        name + "{% endmacro %}");
    temp_.flags.started_at_ms = 946684800000;  // 2000
    temp_.flags.invocation_id = "aaaa0000-0000-0000-0000-000000000000";
    const std::string before = temp_.project().at("model.shop.a").alias;
    temp_.flags.started_at_ms = 1893456000000;  // 2030
    temp_.flags.invocation_id = "bbbb0000-0000-0000-0000-000000000000";
    EXPECT_NE(temp_.project().at("model.shop.a").alias, before) << name;
  }
}

TEST_F(PartialParse, AHookOfTheProjectFileMayAskForTheVerb) {
  temp_.write("dbt_project.yml",
              "name: shop\nmodels:\n  +post-hook: \"{% if flags.WHICH == 'build' and model.name == 'a' %}"
              "select 1 from {{ ref('c') }}{% endif %}\"\n");
  temp_.write("models/c.sql", "select 1 as id");
  EXPECT_TRUE(temp_.project().at("model.shop.a").depends_on.empty());
  temp_.flags.which = "build";
  EXPECT_EQ(temp_.project().at("model.shop.a").depends_on.size(), 1u);
}

TEST_F(PartialParse, AnEnvironmentVariableThatAnyTemplateAskedFor) {
  temp_.write("macros/m.sql", "{% macro place() %}{{ env_var('PLACE', 'here') }}{% endmacro %}");
  temp_.write("models/b.sql", "{{ config(alias='b_' ~ place()) }} select 1 as id");
  const auto alias = [&] { return temp_.project().at("model.shop.b").alias; };
  EXPECT_EQ(alias(), "b_here");
  EXPECT_EQ(alias(), "b_here");
  temp_.flags.env["PLACE"] = "there";
  EXPECT_EQ(alias(), "b_there");
}

// Of a file with a flipped bit no piece is taken that asked for a variable which is forgotten.
TEST_F(PartialParse, DamageForgetsNoVariable) {
  temp_.write("models/b.sql", "{{ config(alias='b_' ~ env_var('PLACE', 'here')) }} select 1 as id");
  temp_.project();
  const std::string path = temp_.root() + "/target/partial_parse.weir", whole = read_file(path);
  temp_.flags.env["PLACE"] = "there";
  for (size_t at = 0; at < whole.size(); at += 7) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    write_file(path, flipped);
    EXPECT_EQ(temp_.project().at("model.shop.b").alias, "b_there") << at;
    write_file(path, std::string_view(whole).substr(0, at));
    EXPECT_EQ(temp_.project().at("model.shop.b").alias, "b_there") << at;
  }
}

TEST_F(PartialParse, UnsavedTextsLeaveNoTrace) {
  temp_.flags.unsaved[temp_.root() + "/models/b.sql"] = "select 2 as id";
  temp_.project();
  EXPECT_FALSE(std::filesystem::exists(temp_.root() + "/target"));
}

}  // namespace
}  // namespace weir::project
