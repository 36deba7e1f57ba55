#include "plan/older_manifest.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace weir::plan {
namespace {

using ::testing::HasSubstr;

Json of_schema(const std::string& version, const std::string& rest) {
  return Json::parse(R"({"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/)" + version +
                     R"(.json"}, )" + rest + "}");
}

TEST(OlderManifest, NamesAndFormsAreThoseOfToday) {
  Json manifest = of_schema("v6", R"("nodes": {"model.a.x": {"raw_sql": "select 1", "refs": [["y"], ["p", "z"]]}},
                                     "metrics": {"metric.a.m": {}})");
  bring_up_to_date(manifest, "state");
  const Json& node = manifest.at("nodes").at("model.a.x");
  EXPECT_EQ(node.get_string("raw_code"), "select 1");
  EXPECT_EQ(node.find("raw_sql"), nullptr);
  EXPECT_EQ(node.at("refs").dump(),
            R"([{"name":"y","package":null,"version":null},{"name":"z","package":"p","version":null}])");
  EXPECT_EQ(manifest.at("metrics").size(), 0);
}

TEST(OlderManifest, FiltersOfMetricsBecomeLists) {
  Json manifest = of_schema("v10", R"("metrics": {"metric.a.m": {"filter": {"where_sql_template": "a"},
                                      "type_params": {"measure": {"name": "b", "filter": {"where_sql_template": "c"}}}}})");
  bring_up_to_date(manifest, "state");
  const Json& metric = manifest.at("metrics").at("metric.a.m");
  EXPECT_EQ(metric.at("filter").dump(), R"({"where_filters":[{"where_sql_template":"a"}]})");
  EXPECT_EQ(metric.at("type_params").at("measure").at("filter").dump(),
            R"({"where_filters":[{"where_sql_template":"c"}]})");
}

TEST(OlderManifest, OneOfTodayAndOneThatDoesNotSayStayAsTheyAre) {
  const std::string rest = R"("nodes": {"model.a.x": {"raw_sql": "select 1"}})";
  Json today = of_schema("v12", rest), silent = Json::parse("{" + rest + "}");
  for (Json* manifest : {&today, &silent}) {
    bring_up_to_date(*manifest, "state");
    EXPECT_NE(manifest->at("nodes").at("model.a.x").find("raw_sql"), nullptr);
  }
}

TEST(OlderManifest, OneThatTellsTooLittleIsRefused) {
  Json manifest = of_schema("v3", R"("nodes": {})");
  try {
    bring_up_to_date(manifest, "old/state");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_option_value);
    EXPECT_THAT(error.message(), HasSubstr("the manifest.json in old/state is of schema v3"));
  }
}

}  // namespace
}  // namespace weir::plan
