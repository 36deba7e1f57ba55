// Where the files of nodes lie, and what is no file of a project.
#include "project/node_path.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "temp_project.h"

namespace weir::project {
namespace {

TempProject with_package(const std::string& install, const std::string& written) {
  return TempProject({{"dbt_project.yml", "name: shop\npackages-install-path: \"" + written + "\"\n"},
                      {install + "/lib/dbt_project.yml", "name: lib"},
                      {install + "/lib/seeds/units.csv", "unit\nkm\n"},
                      {install + "/lib/models/a.sql", "select unit from {{ ref('units') }}"},
                      {install + "/lib/models/a.yml",
                       "models: [{name: a, columns: [{name: unit, data_tests: [not_null]}]}]\n"
                       "sources: [{name: raw, tables: [{name: t}]}]"},
                      {"models/b.sql", "select * from {{ ref('a') }}, {{ source('raw', 't') }}"}});
}

TEST(NodePath, OfPackagesIsWhereTheyAreInstalled) {
  for (const std::string written : {"dbt_packages", "./third/party/", "third/party"}) {
    const TempProject temp = with_package(written == "dbt_packages" ? written : "third/party", written);
    const Project project = temp.project();
    for (const Node& node : project.nodes) {
      const std::string path = path_of_node(temp.root(), node);
      EXPECT_TRUE(std::filesystem::is_regular_file(path)) << written << ": " << node.unique_id << ": " << path;
      EXPECT_EQ(path, std::filesystem::path(path).lexically_normal().string());
      const std::string patch = path_of_patch(temp.root(), node);
      EXPECT_TRUE(patch.empty() || std::filesystem::is_regular_file(patch)) << node.unique_id << ": " << patch;
    }
    EXPECT_THAT(path_of_patch(temp.root(), project.at("model.lib.a")), ::testing::EndsWith("/lib/models/a.yml"));
    EXPECT_EQ(path_of_node(temp.root(), project.at("model.shop.b")), temp.root() + "/models/b.sql");
    EXPECT_EQ(path_of_patch(temp.root(), project.at("model.shop.b")), "");
  }
}

TEST(SourceFiles, WhatEditorsPutBesideAFileIsNone) {
  const TempProject temp({{"models/a.sql", "select 1"},
                          {"models/.#a.sql", "no"},
                          {"models/#a.sql", "no"},
                          {"models/~a.yml", "no: [no"},
                          {"models/.hidden.md", "{% docs x %}"}});
  EXPECT_EQ(temp.project().nodes.size(), 1u);
}

TEST(SourceFiles, WhatCannotBeReadIsToldWithItsPlace) {
  const TempProject temp({{"models/a.sql", "select 1"}});
  std::filesystem::create_symlink("nowhere", temp.root() + "/models/b.sql");
  std::filesystem::create_directory(temp.root() + "/models/c.sql");  // a folder like any other
  const Loaded loaded = temp.try_load();
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0].code(), ErrorCode::store_io);
  ASSERT_TRUE(loaded.errors[0].span());
  EXPECT_EQ(loaded.errors[0].span()->file, "models/b.sql");
}

TEST(Exposures, DependOnWhatRefMeansInTheirPackage) {
  const TempProject temp(
      {{"dbt_packages/lib/dbt_project.yml", "name: lib"},
       {"dbt_packages/lib/models/a.sql", "{{ config(alias='lib_a') }} select 1"},
       {"models/a.sql", "select 1"},
       {"models/e.yml", "exposures:\n  - {name: e, type: dashboard, owner: {email: a@b.c}, depends_on: [ref('a')]}"}});
  const Project project = temp.project();
  ASSERT_EQ(project.declared.size(), 1u);
  EXPECT_THAT(project.declared[0].depends_on, ::testing::ElementsAre("model.shop.a"));
}

}  // namespace
}  // namespace weir::project
