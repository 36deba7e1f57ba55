#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbt/catalog.h"
#include "dbt/docs_data.h"
#include "dbt/docs_page.h"

namespace weir::dbt {
namespace {

using testing::HasSubstr;
using testing::Not;

Json manifest_of_two() {
  return Json::parse(R"({
    "metadata": {"project_name": "shop", "adapter_type": "duckdb"},
    "nodes": {
      "model.shop.orders": {"resource_type": "model", "name": "orders", "description": "", "raw_code": "select 1",
        "columns": {"ID": {"name": "ID", "description": "the key"}, "gone": {"name": "gone"}},
        "config": {"materialized": "table", "contract": {"enforced": true}}},
      "model.shop.sums": {"resource_type": "model", "name": "sums", "config": {"docs": {"show": false}}},
      "test.shop.unique.1": {"resource_type": "test", "name": "unique", "attached_node": "model.shop.orders",
        "column_name": "id", "test_metadata": {"name": "unique", "kwargs": {"column_name": "id", "model": "x"}}},
      "test.shop.whole": {"resource_type": "test", "name": "whole"}
    },
    "parent_map": {"model.shop.sums": ["model.shop.orders"], "test.shop.whole": ["model.shop.orders"]},
    "child_map": {"model.shop.orders": ["model.shop.sums", "test.shop.unique.1", "test.shop.whole"]},
    "docs": {"doc.shop.__overview__": {"block_contents": "# Shop"}}
  })");
}

const Json& node_of(const Json& data, const std::string& id) {
  for (const Json& node : data.at("nodes").as_array())
    if (node.at("id").as_string() == id) return node;
  throw Error(ErrorCode::internal, "no node " + id);
}

TEST(DocsData, ColumnsAreTheRealOnesThenTheDeclaredWithTheirTests) {
  const Json catalog = Json::parse(
      R"({"nodes": {"model.shop.orders": {"metadata": {"type": "BASE TABLE"}, "columns": {"id": {"type": "INTEGER"}},
          "stats": {"rows": {"id": "rows", "label": "Rows", "value": 3, "include": true},
                    "has_stats": {"id": "has_stats", "value": true, "include": false}}}}})");
  const Json data = docs_data(manifest_of_two(), catalog, Json());
  const Json& orders = node_of(data, "model.shop.orders");
  EXPECT_EQ(
      orders.at("columns").dump(),
      R"([{"name":"id","type":"INTEGER","description":"the key","tests":["test.shop.unique.1"]},{"name":"gone"}])");
  EXPECT_EQ(orders.at("stats").dump(), R"([{"id":"rows","label":"Rows","value":3}])");
  EXPECT_EQ(orders.at("tests").dump(), R"(["test.shop.whole"])");
  EXPECT_EQ(orders.find("description"), nullptr);
  EXPECT_TRUE(orders.at("contract").as_bool());
}

TEST(DocsData, ColumnsComeFromOthers) {
  NodeLineage sums;
  sums.unique_id = "model.shop.sums";
  LineageInput made{"model.shop.orders", "id", engine::Derivations(engine::Derivation::aggregation)};
  made.kinds.add(engine::Derivation::sort);
  sums.columns = {{"Total", "BIGINT", {made}}, {"one", "INTEGER", {}}};
  sums.rows = {{"model.shop.orders", "state", engine::Derivations(engine::Derivation::filter)}};
  const Json data = docs_data(manifest_of_two(), Json::object(), Json(), {sums});
  const Json& node = node_of(data, "model.shop.sums");
  EXPECT_EQ(node.at("columns").dump(),
            R"([{"name":"Total","type":"BIGINT","from":[["model.shop.orders","id","aggregation sort"]]},)"
            R"({"name":"one","type":"INTEGER"}])");
  EXPECT_EQ(node.at("rows").dump(), R"([["model.shop.orders","state","filter"]])");
  EXPECT_EQ(lineage_json(sums).at("rows").dump(),
            R"([{"unique_id":"model.shop.orders","column":"state","kinds":["filter"]}])");
}

TEST(DocsData, EdgesAreThoseOfTables) {
  const Json data = docs_data(manifest_of_two(), Json::object(), Json());
  EXPECT_EQ(node_of(data, "model.shop.orders").at("children").dump(), R"(["model.shop.sums"])");
  EXPECT_EQ(node_of(data, "model.shop.sums").at("parents").dump(), R"(["model.shop.orders"])");
  EXPECT_TRUE(node_of(data, "model.shop.sums").at("hidden").as_bool());
  EXPECT_EQ(data.at("overview").as_string(), "# Shop");
}

TEST(DocsData, TheLastRunIsThereWhereThereWasOne) {
  const Json results = Json::parse(
      R"({"results": [{"unique_id": "test.shop.unique.1", "status": "fail", "failures": 2, "message": null,
          "timing": [{"name": "execute", "completed_at": "2026-01-05T09:12:44Z"}]}]})");
  const Json data = docs_data(manifest_of_two(), Json::object(), results);
  EXPECT_EQ(node_of(data, "test.shop.unique.1").at("result").dump(),
            R"({"status":"fail","failures":2,"at":"2026-01-05T09:12:44Z"})");
  EXPECT_EQ(node_of(data, "model.shop.sums").find("result"), nullptr);
}

TEST(DocsPage, HoldsItsPartsAndNothingThatEndsTheData) {
  const Json data = Json::object().set("project", "a</script><script>alert(1)</script> /*{page.css}*/");
  const std::string page = docs_page(data);
  EXPECT_THAT(page, HasSubstr(R"("project":"a\u003c/script>\u003cscript>alert(1))"));
  EXPECT_THAT(page, HasSubstr("function graphView"));
  EXPECT_THAT(page, HasSubstr("\\u003c/script> /*{page.css}*/\"}"));
  EXPECT_THAT(page, Not(HasSubstr("/*{data}*/")));
  EXPECT_THAT(page, Not(HasSubstr("/*{page.js}*/")));
}

TEST(Catalog, FindsRelationsWithoutCaseAndLeavesOthersOut) {
  project::Node node;
  node.unique_id = "model.shop.orders";
  node.database = "Shop";
  node.schema = "DEV";
  node.alias = "Orders";
  project::Node source = node;
  source.unique_id = "source.shop.raw.orders";
  source.type = project::ResourceType::source;
  CatalogRelation relation{"shop", "dev", "orders", "VIEW", std::nullopt, {{"id", "INTEGER", "the key"}}, {}};
  const CatalogRelation other{"shop", "dev", "others", "VIEW", std::nullopt, {}, {}};
  const Json found = catalog({}, {&node, &source}, {relation, other}, {"dev.x: broken"});
  EXPECT_EQ(found.at("nodes").size(), 1u);
  EXPECT_EQ(found.at("sources").at("source.shop.raw.orders").at("columns").dump(),
            R"({"id":{"type":"INTEGER","index":1,"name":"id","comment":"the key"}})");
  EXPECT_EQ(found.at("errors").dump(), R"(["dev.x: broken"])");
  EXPECT_FALSE(found.at("nodes").at("model.shop.orders").at("stats").at("has_stats").at("value").as_bool());
}

}  // namespace
}  // namespace weir::dbt
