// Where a node is built, and how its relation is named in SQL.
#include <gmock/gmock.h>

#include "project/node_values.h"
#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::HasSubstr;

const TempProject::File profile = {"profiles.yml",
                                   "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, schema: dev, "
                                   "attach: [{path: old.duckdb}]}}}\n"};
constexpr const char* project_file = "name: shop\nprofile: shop\n";

TEST(NodePlace, DatabaseIsWhereItsConfigurationSays) {
  TempProject temp({{"dbt_project.yml", project_file},
                    profile,
                    {"models/orders.sql", "select 1 as id"},
                    {"models/old/orders_then.sql", "{{ config(database='old', alias='orders') }} select 1 as id"},
                    {"models/both.sql", "select * from {{ ref('orders') }}, {{ ref('orders_then') }}"}});
  const Project project = temp.project();
  EXPECT_EQ(rendered(project, "model.shop.both"), R"(select * from "shop"."dev"."orders", "old"."dev"."orders")");
  EXPECT_EQ(project.at("model.shop.orders").asset, "dev.orders");
  EXPECT_EQ(project.at("model.shop.orders_then").asset, "old.dev.orders");
}

TEST(NodePlace, TheProjectsMacroNamesTheDatabase) {
  TempProject temp({{"dbt_project.yml", project_file},
                    profile,
                    {"macros/names.sql",
                     "{% macro generate_database_name(custom_database_name=none, node=none) %}"
                     "{{ 'old' if node.name.startswith('old') else target.database }}{% endmacro %}"},
                    {"models/old_orders.sql", "select 1 as id"},
                    {"models/orders.sql", "{{ config(database='elsewhere') }} select 1 as id"}});
  const Project project = temp.project();
  EXPECT_EQ(project.at("model.shop.old_orders").relation_text(), R"("old"."dev"."old_orders")");
  EXPECT_EQ(project.at("model.shop.orders").relation_text(), R"("shop"."dev"."orders")");
}

TEST(NodePlace, QuotingIsTheProjectsUnlessTheNodeHasItsOwn) {
  TempProject temp({{"dbt_project.yml", std::string(project_file) + "quoting: {database: false, identifier: false}\n"},
                    profile,
                    {"models/orders.sql", "select 1 as id"},
                    {"models/days.sql", "{{ config(quoting={'identifier': true, 'schema': false}) }} select 1 as id"},
                    {"models/s.yml",
                     "sources:\n  - name: raw\n    quoting: {schema: false}\n    tables:\n      - name: a\n"
                     "      - {name: b, quoting: {identifier: false}}\n"},
                    {"models/all.sql",
                     "{{ ref('orders') }} {{ ref('days') }} {{ source('raw', 'a') }} {{ source('raw', 'b') }} "
                     "{{ api.Relation.create(schema='s', identifier='t') }} {{ this }}"}});
  const Project project = temp.project();
  EXPECT_EQ(rendered(project, "model.shop.all"),
            R"(shop."dev".orders shop.dev."days" "shop".raw."a" "shop".raw.b "s".t shop."dev".all)");
  EXPECT_THAT(node_json(project.at("model.shop.days")).dump(), HasSubstr(R"("relation_name":"shop.dev.\"days\"")"));
}

}  // namespace
}  // namespace weir::project
