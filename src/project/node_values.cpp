#include "project/node_values.h"

namespace weir::project {

namespace {

Json columns_json(const Node& node) {
  Json out = Json::object();
  for (const Column& column : node.columns)
    out.set(column.name, Json::object()
                             .set("name", column.name)
                             .set("description", column.description)
                             .set("data_type", column.data_type.empty() ? Json() : Json(column.data_type))
                             .set("tags", Json::strings(column.tags))
                             .set("quote", column.quote)
                             .set("meta", column.meta));
  return out;
}

Json refs_json(const Node& node) {
  Json out = Json::array();
  for (const Ref& ref : node.refs)
    out.push_back(Json::object()
                      .set("name", ref.name)
                      .set("package", ref.package.empty() ? Json() : Json(ref.package))
                      .set("version", ref.version ? Json(*ref.version) : Json()));
  return out;
}

Json node_json(const Node& node) {
  Json out = Json::object();
  out.set("unique_id", node.unique_id).set("resource_type", resource_type_text(node.type)).set("name", node.name);
  out.set("package_name", node.package).set("path", node.path).set("original_file_path", node.file);
  out.set("database", node.database).set("schema", node.schema).set("alias", node.alias);
  out.set("fqn", Json::strings(node.fqn)).set("tags", Json::strings(node.tags)).set("config", node.config.all);
  out.set("description", node.description).set("columns", columns_json(node)).set("meta", node.config.meta);
  out.set("raw_code", node.raw).set("language", "sql").set("version", Json());
  out.set("checksum", Json::object().set("name", "sha256").set("checksum", node.raw_sha256));
  out.set("relation_name", node.relation_text()).set("refs", refs_json(node));
  Json sources = Json::array();
  for (const auto& [source, table] : node.sources)
    sources.push_back(Json::strings(std::vector<std::string>{source, table}));
  out.set("sources", std::move(sources));
  out.set(
      "depends_on",
      Json::object().set("nodes", Json::strings(node.depends_on)).set("macros", Json::strings(node.depends_on_macros)));
  if (node.type == ResourceType::source)
    out.set("source_name", node.source_name).set("identifier", node.alias).set("source_meta", Json::object());
  if (node.test && !node.test->singular()) {
    out.set("column_name", node.test->column.empty() ? Json() : Json(node.test->column));
    out.set("attached_node", node.test->attached_node);
    out.set("test_metadata", Json::object().set("name", node.test->kind).set("kwargs", node.test->args));
  }
  return out;
}

}  // namespace

tmpl::Value node_value(const Node& node) { return tmpl::Value(node_json(node)); }

tmpl::Value graph_value(const Project& project) {
  Json nodes = Json::object(), sources = Json::object();
  for (const Node& node : project.nodes) {
    Json& into = node.type == ResourceType::source ? sources : nodes;
    into.as_object().emplace_back(node.unique_id, node_json(node));
  }
  return tmpl::Value(Json::object()
                         .set("nodes", std::move(nodes))
                         .set("sources", std::move(sources))
                         .set("exposures", Json::object())
                         .set("metrics", Json::object())
                         .set("groups", Json::object()));
}

tmpl::Value hooks_value(const std::vector<Hook>& hooks) {
  Json out = Json::array();
  for (const Hook& hook : hooks)
    out.push_back(Json::object().set("sql", hook.sql).set("transaction", hook.transaction));
  return tmpl::Value(out);
}

}  // namespace weir::project
