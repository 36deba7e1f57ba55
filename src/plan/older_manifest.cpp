#include "plan/older_manifest.h"

#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace weir::plan {

namespace {

constexpr int64_t today = 12, oldest = 4;

// ".../dbt/manifest/v9.json" -> 9; today's where nothing is said.
int64_t schema_version(const Json& manifest) {
  const Json* metadata = manifest.find("metadata");
  const std::string schema =
      metadata && metadata->is_object() ? metadata->get_string("dbt_schema_version").value_or("") : std::string();
  const size_t at = schema.rfind("/v");
  if (at == std::string::npos || !schema.ends_with(".json")) return today;
  return parse_int(schema.substr(at + 2, schema.size() - at - 7)).value_or(today);
}

void rename(Json& node, std::string_view old, std::string_view now) {
  const Json* found = std::as_const(node).find(old);
  if (!found) return;
  Json value = *found;
  node.erase(old);
  node.set(now, std::move(value));
}

// ["orders"] or ["shop", "orders"] -> {name, package, version}
void name_parts_of_refs(Json& node) {
  Json* refs = node.find("refs");
  if (!refs || !refs->is_array()) return;
  for (Json& ref : refs->as_array()) {
    if (!ref.is_array() || ref.size() == 0) continue;
    const Json::Array parts = ref.as_array();
    ref = Json::object()
              .set("name", parts.back())
              .set("package", parts.size() > 1 ? parts.front() : Json())
              .set("version", Json());
  }
}

void bring_node(Json& node) {
  if (!node.is_object()) return;
  rename(node, "raw_sql", "raw_code");
  rename(node, "compiled_sql", "compiled_code");
  name_parts_of_refs(node);
  if (node.get_string("resource_type") == "model" && !node.find("access")) node.set("access", "protected");
}

// v10 has one filter where later there may be several.
void bring_filter(Json* holder) {
  Json* filter = holder && holder->is_object() ? holder->find("filter") : nullptr;
  if (!filter || !filter->is_object() || filter->find("where_filters")) return;
  Json list = Json::array();
  list.push_back(*filter);
  *filter = Json::object().set("where_filters", std::move(list));
}

void bring_metric(Json& metric) {
  bring_filter(&metric);
  Json* params = metric.is_object() ? metric.find("type_params") : nullptr;
  if (!params || !params->is_object()) return;
  for (const char* key : {"measure", "numerator", "denominator"}) bring_filter(params->find(key));
  for (const char* key : {"input_measures", "metrics"})
    if (Json* list = params->find(key); list && list->is_array())
      for (Json& one : list->as_array()) bring_filter(&one);
}

}  // namespace

void bring_up_to_date(Json& manifest, const std::string& place) {
  const int64_t version = schema_version(manifest);
  if (version >= today) return;
  if (version < oldest)
    throw Error(ErrorCode::bad_option_value, "the manifest.json in " + place + " is of schema v" +
                                                 std::to_string(version) + ", and only those of v" +
                                                 std::to_string(oldest) + " and later can be compared")
        .with_hint("make the state anew: weir parse, or dbt 1.0 or later, writes its manifest.json");
  for (const char* kind : {"nodes", "exposures", "metrics"})
    if (Json* items = manifest.find(kind); items && items->is_object())
      for (auto& [id, node] : items->as_object()) bring_node(node);
  if (version < 10) manifest.set("metrics", Json::object());  // another language of metrics
  if (Json* metrics = manifest.find("metrics"); version == 10 && metrics && metrics->is_object())
    for (auto& [id, metric] : metrics->as_object()) bring_metric(metric);
}

}  // namespace weir::plan
