#include "project/semantic_values.h"

#include <utility>

#include "base/text.h"

namespace weir::project {

namespace {

void settle_filter(Json& at, const char* key = "filter") {
  const Json* filter = at.find(key);
  if (!filter || !(filter->is_string() || filter->is_array())) return;
  Json list = Json::array();
  const auto add = [&](const Json& text) { list.push_back(Json::object().set("where_sql_template", text)); };
  if (filter->is_string()) add(*filter);
  if (filter->is_array())
    for (const Json& text : filter->as_array()) add(text);
  at.set(key, Json::object().set("where_filters", std::move(list)));
}

// "7 days"
void settle_window(Json& at, const char* key) {
  const Json* window = at.find(key);
  if (!window || !window->is_string()) return;
  const std::vector<std::string> words = split(std::string(trim(window->as_string())), ' ');
  const auto count = words.size() == 2 ? parse_int(words[0]) : std::nullopt;
  if (!count) return;
  std::string granularity = lower(words[1]);
  if (granularity.ends_with('s')) granularity.pop_back();
  at.set(key, Json::object().set("count", *count).set("granularity", granularity));
}

// A measure or a metric that is read.
Json input(Json written) {
  if (written.is_string()) return Json::object().set("name", written);
  if (!written.is_object()) return written;
  settle_filter(written);
  settle_window(written, "offset_window");
  return written;
}

void settle_input(Json& at, const char* key) {
  if (const Json* written = at.find(key); written && !written->is_null()) at.set(key, input(*written));
}

}  // namespace

Json metric_body(Json written) {
  settle_filter(written);
  const Json* given = written.find("type_params");
  Json params = given && given->is_object() ? *given : Json::object();
  for (const char* key : {"measure", "numerator", "denominator"}) settle_input(params, key);
  settle_window(params, "window");
  if (const Json* metrics = params.find("metrics"); metrics && metrics->is_array()) {
    Json list = Json::array();
    for (const Json& metric : metrics->as_array()) list.push_back(input(metric));
    params.set("metrics", std::move(list));
  }
  if (const Json* conversion = params.find("conversion_type_params"); conversion && conversion->is_object()) {
    Json own = *conversion;
    for (const char* key : {"base_measure", "conversion_measure"}) settle_input(own, key);
    settle_window(own, "window");
    params.set("conversion_type_params", std::move(own));
  }
  if (const Json* cumulative = params.find("cumulative_type_params"); cumulative && cumulative->is_object()) {
    Json own = *cumulative;
    settle_input(own, "metric");
    settle_window(own, "window");
    params.set("cumulative_type_params", std::move(own));
  }
  written.set("type_params", std::move(params));
  for (const char* key : {"description", "label"})
    if (!written.find(key)) written.set(key, "");
  return written;
}

Json saved_query_body(Json written, const Json& config) {
  Json params = written.find("query_params") ? *written.find("query_params") : Json::object();
  if (params.is_object()) {
    settle_filter(params, "where");
    for (const char* key : {"metrics", "group_by", "order_by"})
      if (!params.find(key)) params.set(key, Json::array());
    for (const char* key : {"where", "limit"})
      if (!params.find(key)) params.set(key, Json());
  }
  written.set("query_params", std::move(params));
  Json exports = Json::array();
  if (const Json* list = written.find("exports"); list && list->is_array())
    for (const Json& one : list->as_array()) {
      const Json* own = one.find("config");
      Json merged = Json::object();
      for (const char* key : {"export_as", "schema", "alias", "database"})
        for (const Json* from : {&config, own})
          if (const Json* value = from && from->is_object() ? from->find(key) : nullptr)
            merged.set(key == std::string_view("schema") ? "schema_name" : key, *value);
      for (const char* key : {"schema_name", "alias", "database"})
        if (!merged.find(key))
          merged.set(key, key == std::string_view("alias") ? Json(one.get_string("name").value_or("")) : Json());
      exports.push_back(Json::object()
                            .set("name", one.get_string("name").value_or(""))
                            .set("config", std::move(merged))
                            .set("unrendered_config", own ? *own : Json::object()));
    }
  written.set("exports", std::move(exports));
  Json tags = Json::array();
  for (const Json* from : {std::as_const(written).find("tags"), config.find("tags")}) {
    if (from && from->is_string()) tags.push_back(*from);
    if (from && from->is_array())
      for (const Json& tag : from->as_array()) tags.push_back(tag);
  }
  written.set("tags", std::move(tags));
  return written;
}

Json measure_metric(const Json& measure) {
  const std::string name = measure.get_string("name").value_or("");
  Json out = Json::object().set("name", name).set("type", "simple");
  out.set("label", measure.get_string("label").value_or(name));
  out.set("description", measure.get_string("description").value_or("of the measure " + name));
  const Json* expr = measure.find("expr");
  Json params = Json::object().set("measure", name).set("expr", expr && !expr->is_null() ? *expr : Json(name));
  return out.set("type_params", std::move(params));
}

Json semantic_model_body(Json written) {
  if (Json* measures = written.find("measures"); measures && measures->is_array())
    for (Json& measure : measures->as_array()) {
      if (!measure.is_object()) continue;
      Json* dimension = measure.find("non_additive_dimension");
      if (!dimension || !dimension->is_object()) continue;
      if (!dimension->find("window_choice")) dimension->set("window_choice", "min");
      if (!dimension->find("window_groupings")) dimension->set("window_groupings", Json::array());
    }
  if (!written.find("node_relation")) written.set("node_relation", Json());
  return written;
}

}  // namespace weir::project
