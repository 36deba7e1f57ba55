#include "dbt/catalog.h"

#include <map>

#include "base/text.h"

namespace weir::dbt {

namespace {

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

Json stat_json(const CatalogStat& stat, bool include) {
  return Json::object()
      .set("id", stat.id)
      .set("label", stat.label)
      .set("value", stat.value)
      .set("include", include)
      .set("description", stat.description);
}

Json stats_json(const CatalogRelation& relation) {
  Json out = Json::object();
  for (const CatalogStat& stat : relation.stats) out.set(stat.id, stat_json(stat, true));
  const CatalogStat has = {"has_stats", "Has Stats?", Json(!relation.stats.empty()),
                           "Indicates whether there are statistics for this table"};
  return out.set(has.id, stat_json(has, false));
}

Json columns_json(const CatalogRelation& relation) {
  Json out = Json::object();
  int64_t index = 0;
  for (const CatalogColumn& column : relation.columns)
    out.set(column.name, Json::object()
                             .set("type", column.type)
                             .set("index", ++index)
                             .set("name", column.name)
                             .set("comment", text_or_null(column.comment)));
  return out;
}

Json relation_json(const CatalogRelation& relation, const std::string& unique_id) {
  return Json::object()
      .set("metadata", Json::object()
                           .set("type", relation.type)
                           .set("schema", relation.schema)
                           .set("name", relation.name)
                           .set("database", relation.database)
                           .set("comment", text_or_null(relation.comment))
                           .set("owner", Json()))
      .set("columns", columns_json(relation))
      .set("stats", stats_json(relation))
      .set("unique_id", unique_id);
}

std::string key_of(const std::string& database, const std::string& schema, const std::string& name) {
  return lower(database) + "\n" + lower(schema) + "\n" + lower(name);
}

}  // namespace

Json catalog(const Invocation& invocation, const std::vector<const project::Node*>& nodes,
             const std::vector<CatalogRelation>& relations, const std::vector<std::string>& errors) {
  std::map<std::string, const CatalogRelation*> there;
  for (const CatalogRelation& relation : relations)
    there[key_of(relation.database, relation.schema, relation.name)] = &relation;
  Json built = Json::object(), sources = Json::object();
  for (const project::Node* node : nodes) {
    const auto found = there.find(key_of(node->database, node->schema, node->alias));
    if (found == there.end()) continue;
    Json& into = node->type == project::ResourceType::source ? sources : built;
    into.as_object().emplace_back(node->unique_id, relation_json(*found->second, node->unique_id));
  }
  return Json::object()
      .set("metadata", artifact_metadata("catalog/v1", invocation))
      .set("nodes", std::move(built))
      .set("sources", std::move(sources))
      .set("errors", errors.empty() ? Json() : Json::strings(errors));
}

}  // namespace weir::dbt
