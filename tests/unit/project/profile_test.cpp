#include "project/profile.h"

#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::HasSubstr;

constexpr const char* kProject = "name: shop\nprofile: shop\n";
constexpr const char* kProfiles =
    "shop:\n  target: \"{{ env_var('T', 'dev') }}\"\n  outputs:\n    dev: {type: duckdb, path: x.db, schema: dbt_ann}\n"
    "    prod: {type: lake, schema: prod, threads: 4, region: eu, password: x}\n";

Error error_of(const TempProject& temp) {
  const Loaded loaded = temp.try_load();
  EXPECT_EQ(loaded.errors.size(), 1u);
  return loaded.errors.empty() ? Error(ErrorCode::internal, "no error") : loaded.errors.front();
}

TEST(Profile, WithoutProfilesTheLakeIsUsed) {
  const Target target = TempProject({{"dbt_project.yml", kProject}}).project().target;
  EXPECT_EQ(target.name, "lake");
  EXPECT_EQ(target.type, "duckdb");
  EXPECT_EQ(target.database, "lake");
  EXPECT_EQ(target.schema, "main");
}

TEST(Profile, ADuckdbOutputIsTheFileOfADatabase) {
  TempProject temp({{"dbt_project.yml", kProject}, {"profiles.yml", kProfiles}, {"models/a.sql", "select 1"}});
  const Project project = temp.project();
  EXPECT_EQ(project.target.kind, TargetKind::database);
  EXPECT_EQ(project.target.database, "x");
  EXPECT_THAT(project.target.path, ::testing::EndsWith("/x.db"));
  EXPECT_EQ(project.target.path.front(), '/');
  EXPECT_EQ(project.nodes.front().relation_text(), R"("x"."dbt_ann"."a")");
  temp.write("profiles.yml",
             "shop: {outputs: {default: {type: duckdb, settings: {threads: 2}, extensions: [json], "
             "attach: [{path: other.db, read_only: true}]}}}");
  const Target target = temp.project().target;
  EXPECT_EQ(target.path, "");
  EXPECT_EQ(target.database, "memory");
  ASSERT_EQ(target.settings.size(), 1u);
  EXPECT_EQ(target.settings[0], (std::pair<std::string, std::string>("threads", "2")));
  ASSERT_EQ(target.attach.size(), 1u);
  EXPECT_EQ(target.attach[0].alias, "other");
  EXPECT_TRUE(target.attach[0].read_only);
}

TEST(Profile, WhatIsNoFileOfDuckdbIsRefusedByName) {
  TempProject temp({{"dbt_project.yml", kProject}});
  const auto refused = [&](const std::string& output) {
    temp.write("profiles.yml", "shop:\n  outputs:\n    default: {" + output + "}\n");
    const Error error = error_of(temp);
    EXPECT_EQ(error.code(), ErrorCode::adapter_refused);
    EXPECT_THAT(error.hint(), HasSubstr("--target lake"));
    EXPECT_EQ(error.span()->line, 3);
    return error.message();
  };
  EXPECT_EQ(refused("type: snowflake"), "target default of profile shop is for snowflake, not for DuckDB or the lake");
  EXPECT_THAT(refused("type: duckdb, path: 'md:shop'"), HasSubstr("only files and :memory: are opened"));
  EXPECT_THAT(refused("type: duckdb, extensions: [spatial]"), HasSubstr("wants the extension spatial"));
  EXPECT_THAT(refused("type: duckdb, plugins: [{module: excel}]"), HasSubstr("has plugins"));
  EXPECT_THAT(refused("type: duckdb, path: lake.duckdb"), HasSubstr("give it another name"));
}

TEST(Profile, TargetLakeIsAlwaysThereAndKeepsTheSchema) {
  TempProject temp({{"dbt_project.yml", kProject}, {"profiles.yml", kProfiles}, {"models/a.sql", "select 1"}});
  temp.flags.target = "lake";
  EXPECT_EQ(temp.project().target.schema, "dbt_ann");
  EXPECT_EQ(temp.project().nodes.front().relation.text(), "dbt_ann.a");
  temp.flags.target.reset();
  temp.write("weir.yml", "target: lake\n");
  EXPECT_EQ(temp.project().target.name, "lake");
}

TEST(Profile, AnOutputOfTypeLakeIsTaken) {
  TempProject temp({{"dbt_project.yml", kProject}, {"profiles.yml", kProfiles}});
  temp.flags.env["T"] = "prod";
  const Target target = temp.project().target;
  EXPECT_EQ(target.name, "prod");
  EXPECT_EQ(target.schema, "prod");
  EXPECT_EQ(target.threads, 4);
  EXPECT_EQ(target.extra.dump(), R"({"region":"eu"})");
}

TEST(Profile, UnknownNamesComeWithTheNearest) {
  TempProject temp({{"dbt_project.yml", kProject}, {"profiles.yml", kProfiles}});
  temp.flags.target = "prd";
  EXPECT_THAT(error_of(temp).message(), HasSubstr("has no target named 'prd'; did you mean \"prod\"?"));
  temp.flags.profile = "shup";
  temp.flags.target.reset();
  EXPECT_THAT(error_of(temp).message(),
              HasSubstr("Could not find profile named 'shup' in profiles.yml; did you mean \"shop\"?"));
}

TEST(Profile, IsSearchedInDbtsOrder) {
  TempProject temp({{"dbt_project.yml", kProject},
                    {"home/.dbt/profiles.yml", "shop: {outputs: {default: {type: lake, schema: home}}}"},
                    {"env/profiles.yml", "shop: {outputs: {default: {type: lake, schema: env}}}"},
                    {"flag/profiles.yml", "shop: {outputs: {default: {type: lake, schema: flag}}}"}});
  temp.flags.env["HOME"] = temp.root() + "/home";
  EXPECT_EQ(temp.project().target.schema, "home");
  temp.write("profiles.yml", "shop: {outputs: {default: {type: lake, schema: project}}}");
  EXPECT_EQ(temp.project().target.schema, "project");
  temp.flags.env["DBT_PROFILES_DIR"] = temp.root() + "/env";
  EXPECT_EQ(temp.project().target.schema, "env");
  temp.flags.profiles_dir = temp.root() + "/flag";
  EXPECT_EQ(temp.project().target.schema, "flag");
  temp.flags.profiles_dir = temp.root() + "/nowhere";
  EXPECT_EQ(error_of(temp).code(), ErrorCode::profile_not_found);
}

TEST(Profile, SecretsAreReadHereAndNowhereElse) {
  TempProject temp(
      {{"dbt_project.yml", kProject},
       {"profiles.yml", "shop: {outputs: {default: {type: lake, schema: \"{{ env_var('DBT_ENV_SECRET_S') }}\"}}}"}});
  temp.flags.env["DBT_ENV_SECRET_S"] = "hidden";
  EXPECT_EQ(temp.project().target.schema, "hidden");
  temp.write("models/a.sql", "select '{{ env_var('DBT_ENV_SECRET_S') }}'");
  EXPECT_THAT(temp.only_error(), HasSubstr("is a secret"));
}

TEST(Profile, AMissingVariableIsNamed) {
  TempProject temp({{"dbt_project.yml", kProject},
                    {"profiles.yml", "shop: {outputs: {default: {type: lake, schema: \"{{ env_var('USR') }}\"}}}"}});
  temp.flags.env["USER"] = "ann";
  const Error error = error_of(temp);
  EXPECT_EQ(error.code(), ErrorCode::missing_env_var);
  EXPECT_THAT(error.message(), HasSubstr("did you mean \"USER\"?"));
  EXPECT_EQ(error.span()->file, "profiles.yml");
}

}  // namespace
}  // namespace weir::project
