// Things that nothing is built of, in the form dbt's manifest has them.
#include <set>

#include "project/node_values.h"
#include "project/semantic_values.h"

namespace weir::project {

namespace {

// The configuration with the defaults of its kind.
Json declared_config(const Declared& item) {
  Json out = Json::object().set("enabled", true).set("meta", Json::object());
  if (item.kind == "exposure") out.set("tags", Json::array());
  if (item.kind != "exposure") out.set("group", Json());
  if (item.kind == "saved_query")
    out.set("export_as", Json()).set("schema", Json()).set("cache", Json::object().set("enabled", false));
  for (const auto& [key, value] : item.config.as_object()) out.set(key, value);
  if (Json* tags = out.find("tags"); tags && tags->is_array()) {
    std::set<std::string> sorted;
    for (const Json& tag : tags->as_array())
      if (tag.is_string()) sorted.insert(tag.as_string());
    *tags = Json::strings(std::vector<std::string>(sorted.begin(), sorted.end()));
  }
  return out;
}

// "models/mart/schema.yml" -> "mart/schema.yml"
std::string path_below_root(const Declared& item) {
  std::string out;
  for (size_t i = 1; i + 1 < item.fqn.size(); i++) out += item.fqn[i] + "/";
  return out + item.file.substr(item.file.rfind('/') + 1);
}

void complete_owner(Json& item) {
  for (const char* key : {"email", "name"})
    if (Json* owner = item.find("owner"); owner && owner->is_object() && !owner->find(key)) owner->set(key, Json());
}

Json with_group_defaults(Json group) {
  complete_owner(group);
  if (!group.find("description")) group.set("description", Json());
  Json config = Json::object().set("meta", Json::object());
  if (const Json* written = group.find("config"); written && written->is_object())
    for (const auto& [key, value] : written->as_object()) config.set(key, value);
  return group.set("config", std::move(config));
}

Json declared_body(const Declared& item) {
  if (item.kind == "metric") return metric_body(item.body);
  if (item.kind == "semantic_model") return semantic_model_body(item.body, item.config);
  if (item.kind == "saved_query") return saved_query_body(item.body, item.config);
  return item.body;
}

}  // namespace

Json declared_json(const Declared& item) {
  Json out = declared_body(item);
  out.set("name", item.name).set("resource_type", item.kind).set("package_name", item.package);
  out.set("path", path_below_root(item)).set("original_file_path", item.file).set("unique_id", item.unique_id);
  if (item.kind == "group") return with_group_defaults(std::move(out));
  out.set("fqn", Json::strings(item.fqn)).set("refs", refs_json(item.refs)).set("sources", sources_json(item.sources));
  out.set("depends_on", Json::object().set("macros", Json::array()).set("nodes", Json::strings(item.depends_on)));
  const Json config = declared_config(item);
  out.set("config", config).set("unrendered_config", Json::object()).set("created_at", 0.0);
  if (item.kind != "exposure") out.set("group", *config.find("group"));
  // Of a metric what its YAML says beside config counts only where the configuration has none.
  const bool beside = item.kind == "metric" && config.find("meta")->size() == 0 && out.find("meta");
  if (item.kind != "saved_query" && !beside) out.set("meta", *config.find("meta"));
  Json metrics = Json::array();
  for (const std::string& name : item.metrics) metrics.push_back(Json::strings(std::vector<std::string>{name}));
  if (item.kind == "exposure" || item.kind == "metric") {
    out.set("metrics", std::move(metrics));
    if (!out.find("tags")) out.set("tags", Json::array());
  }
  if (item.kind != "exposure") return out;
  out.set("tags", *config.find("tags"));
  for (const char* key : {"label", "maturity", "url"})
    if (!out.find(key)) out.set(key, Json());
  if (!out.find("description")) out.set("description", "");
  complete_owner(out);
  return out;
}

}  // namespace weir::project
