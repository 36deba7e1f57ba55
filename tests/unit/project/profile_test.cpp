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

TEST(Profile, ADuckdbOutputIsRefusedByName) {
  const TempProject temp({{"dbt_project.yml", kProject}, {"profiles.yml", kProfiles}});
  const Error error = error_of(temp);
  EXPECT_EQ(error.code(), ErrorCode::adapter_refused);
  EXPECT_EQ(error.message(), "target dev of profile shop is for duckdb, not for the lake");
  EXPECT_THAT(error.hint(), HasSubstr("--target lake"));
  EXPECT_EQ(error.span()->file, "profiles.yml");
  EXPECT_EQ(error.span()->line, 4);
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
  EXPECT_THAT(error_of(temp).message(), HasSubstr("has no target \"prd\"; did you mean \"prod\"?"));
  temp.flags.profile = "shup";
  temp.flags.target.reset();
  EXPECT_THAT(error_of(temp).message(), HasSubstr("profile \"shup\" is not in profiles.yml; did you mean \"shop\"?"));
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
