// Versions of a model, and what is carried for the manifest.
#include <gmock/gmock.h>

#include "project/node_values.h"
#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TempProject::Files versioned() {
  return {
      {"models/dim_v1.sql", "select 1 as id"},
      {"models/dim.sql", "select 2 as id"},
      {"models/reader.sql", "select * from {{ ref('dim') }} join {{ ref('dim', v=1) }} using (id)"},
      {"models/s.yml",
       "models:\n  - name: dim\n    description: all\n    columns: [{name: id, data_tests: [not_null]}, {name: x}]\n"
       "    versions:\n      - {v: 1, columns: [{include: all, exclude: [x]}]}\n      - {v: 2, description: new}\n"}};
}

TEST(Versions, AreNodesOfTheirOwnAndRefTakesTheLatest) {
  TempProject temp(versioned());
  const Project project = temp.project();
  const Node& old = project.at("model.shop.dim.v1");
  const Node& latest = project.at("model.shop.dim.v2");
  EXPECT_EQ(old.name, "dim");
  EXPECT_EQ(old.alias, "dim_v1");
  EXPECT_EQ(latest.alias, "dim_v2");
  EXPECT_EQ(latest.file, "models/dim.sql");
  EXPECT_EQ(latest.latest_version, "2");
  EXPECT_THAT(old.fqn, ElementsAre("shop", "dim", "v1"));
  EXPECT_EQ(old.description, "all");
  EXPECT_EQ(latest.description, "new");
  ASSERT_EQ(old.columns.size(), 1u);
  EXPECT_EQ(latest.columns.size(), 2u);
  EXPECT_EQ(old.tests.size(), 1u);
  EXPECT_THAT(old.tests.front(), HasSubstr("not_null_dim_v1_id"));
  EXPECT_EQ(rendered(project, "model.shop.reader"),
            R"(select * from "lake"."main"."dim_v2" join "lake"."main"."dim_v1" using (id))");
  EXPECT_THAT(project.at("model.shop.reader").depends_on, ElementsAre("model.shop.dim.v2", "model.shop.dim.v1"));
}

TEST(Versions, OneThatIsNotThereIsNamed) {
  TempProject temp(versioned());
  temp.write("models/reader.sql", "select * from {{ ref('dim', version=3) }}");
  EXPECT_THAT(temp.only_error(), HasSubstr("a node named 'dim' with version 3 which was not found"));
  temp.write("models/reader.sql", "select 1");
  temp.remove("models/dim_v1.sql");
  ASSERT_EQ(load(temp.root()).warnings.size(), 1u);
  EXPECT_THAT(load(temp.root()).warnings.front().message, HasSubstr("version 1 of dim has no file dim_v1.sql"));
}

TEST(Versions, BesideAModelOfTheNameWithoutAVersionAreRefused) {
  TempProject temp({{"models/a/dim.sql", "select 1 as id"},
                    {"models/a/other.sql", "select 2 as id"},
                    {"models/s.yml", "models: [{name: dim, versions: [{v: 1, defined_in: other}]}]"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("there are versions of \"dim\", and model.shop.dim has the same name"));
  temp.remove("models/a/dim.sql");
  EXPECT_EQ(temp.project().nodes.size(), 1u);
}

TEST(Declared, ExposuresAndGroupsAreCarriedWithWhatTheyDependOn) {
  TempProject temp({{"models/a.sql", "select 1 as id"},
                    {"models/b.sql", "select 2 as id"},
                    {"models/s.yml",
                     "exposures:\n  - {name: report, type: dashboard, owner: {email: a@b.c}, depends_on: [ref('b')]}\n"
                     "groups: [{name: finance, owner: {name: ann}}]\n"
                     "models: [{name: a, group: finance, access: private, constraints: [{type: not_null}]}]\n"}});
  const Project project = temp.project();
  ASSERT_EQ(project.declared.size(), 2u);
  EXPECT_EQ(project.declared[0].unique_id, "exposure.shop.report");
  EXPECT_THAT(project.declared[0].depends_on, ElementsAre("model.shop.b"));
  EXPECT_EQ(project.declared[1].unique_id, "group.shop.finance");
  const Json node = node_json(project.at("model.shop.a"));
  EXPECT_EQ(node.get_string("access"), "private");
  EXPECT_EQ(node.get_string("group"), "finance");
  EXPECT_EQ(node.find("constraints")->dump(), R"([{"type":"not_null"}])");
  EXPECT_EQ(node.find("config")->get_string("on_schema_change"), "ignore");
}

TEST(Declared, AnExposureIsInNoGroupAndReadsNoPrivateModel) {
  TempProject temp({{"models/a.sql", "select 1 as id"},
                    {"models/s.yml",
                     "exposures:\n  - {name: report, type: dashboard, owner: {email: a@b.c}, depends_on: [ref('a')]}\n"
                     "groups: [{name: finance, owner: {name: ann}}]\n"
                     "models: [{name: a, group: finance, access: private}]\n"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("private to group finance"));
  temp.write("models/s.yml", "models: [{name: a, group: finanz}]\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("Invalid group 'finanz' of "));
}

}  // namespace
}  // namespace weir::project
