#include "project/semantic_values.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "template/value.h"

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

bool is_standard_granularity(std::string_view word) {
  static constexpr std::string_view known[] = {"nanosecond", "microsecond", "millisecond", "second",  "minute", "hour",
                                               "day",        "week",        "month",       "quarter", "year"};
  return std::find(std::begin(known), std::end(known), word) != std::end(known);
}

// "7 days"
void settle_window(Json& at, const char* key) {
  const Json* window = at.find(key);
  if (!window || !window->is_string()) return;
  const std::vector<std::string> words = split(std::string(trim(window->as_string())), ' ');
  const auto count = words.size() == 2 ? parse_int(words[0]) : std::nullopt;
  if (!count) return;
  std::string granularity = lower(words[1]);
  if (granularity.ends_with('s') && is_standard_granularity(granularity.substr(0, granularity.size() - 1)))
    granularity.pop_back();  // "7 days"; what a project calls its own granularity is left alone
  at.set(key, Json::object().set("count", *count).set("granularity", granularity));
}

void settle_input(Json& at, const char* key) {
  if (const Json* written = at.find(key); written && !written->is_null()) at.set(key, metric_input(*written));
}

// What is accumulated: as older projects say it, beside cumulative_type_params, if it is not said there.
void settle_cumulative(Json& params) {
  const Json* given = params.find("cumulative_type_params");
  Json own = given && given->is_object() ? *given : Json::object();
  for (const char* key : {"window", "grain_to_date"})
    if (const Json* beside = params.find(key); beside && !beside->is_null() && !own.find(key)) own.set(key, *beside);
  settle_input(own, "metric");
  settle_window(own, "window");
  if (!own.find("period_agg")) own.set("period_agg", "first");
  params.set("cumulative_type_params", std::move(own));
}

}  // namespace

Json metric_input(Json written) {
  if (written.is_string()) return Json::object().set("name", written);
  if (!written.is_object()) return written;
  settle_filter(written);
  settle_window(written, "offset_window");
  return written;
}

Json metric_body(Json written) {
  settle_filter(written);
  const Json* given = written.find("type_params");
  Json params = given && given->is_object() ? *given : Json::object();
  for (const char* key : {"measure", "numerator", "denominator"}) settle_input(params, key);
  if (lower(written.get_string("type").value_or("")) == "cumulative") settle_cumulative(params);
  settle_window(params, "window");
  if (const Json* metrics = params.find("metrics"); metrics && metrics->is_array()) {
    Json list = Json::array();
    for (const Json& metric : metrics->as_array()) list.push_back(metric_input(metric));
    params.set("metrics", std::move(list));
  }
  if (const Json* conversion = params.find("conversion_type_params"); conversion && conversion->is_object()) {
    Json own = *conversion;
    for (const char* key : {"base_measure", "conversion_measure"}) settle_input(own, key);
    settle_window(own, "window");
    params.set("conversion_type_params", std::move(own));
  }
  written.set("type_params", std::move(params));
  for (const char* key : {"description", "label"})
    if (!written.find(key)) written.set(key, "");
  return written;
}

namespace {

Json export_body(const Json& written, const Json& config, const Json& place) {
  const Json* own = written.find("config");
  Json merged = Json::object();
  for (const char* key : {"export_as", "schema", "alias", "database"})
    for (const Json* from : {&place, &config, own})
      if (const Json* value = from && from->is_object() ? from->find(key) : nullptr)
        merged.set(key == std::string_view("schema") ? "schema_name" : key, *value);
  const std::string name = written.get_string("name").value_or("");
  if (!merged.find("alias")) merged.set("alias", name);
  for (const char* key : {"schema_name", "database"})
    if (!merged.find(key)) merged.set(key, Json());
  return Json::object()
      .set("name", name)
      .set("config", std::move(merged))
      .set("unrendered_config", own ? *own : Json::object());
}

}  // namespace

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
  const Json place = written.find("export_place") ? *written.find("export_place") : Json::object();
  written.erase("export_place");
  Json exports = Json::array();
  if (const Json* list = written.find("exports"); list && list->is_array())
    for (const Json& one : list->as_array()) exports.push_back(export_body(one, config, place));
  written.set("exports", std::move(exports));
  std::set<std::string> tags;
  for (const Json* from : {std::as_const(written).find("tags"), config.find("tags")}) {
    if (from && from->is_string()) tags.insert(from->as_string());
    if (from && from->is_array())
      for (const Json& tag : from->as_array())
        if (tag.is_string()) tags.insert(tag.as_string());
  }
  written.set("tags", Json::strings(std::vector<std::string>(tags.begin(), tags.end())));
  return written;
}

Json measure_metric(const Json& measure) {
  const std::string name = measure.get_string("name").value_or("");
  Json out = Json::object().set("name", name).set("type", "simple");
  out.set("label", measure.get_string("label").value_or(name));
  out.set("description", measure.get_string("description").value_or("Metric created from measure " + name));
  const Json* expr = measure.find("expr");
  Json params = Json::object().set("measure", name).set("expr", expr && !expr->is_null() ? *expr : Json(name));
  return out.set("type_params", std::move(params));
}

Json semantic_model_body(Json written, const Json& config) {
  const Json* meta = config.find("meta");
  for (const char* kind : {"dimensions", "entities", "measures"})
    if (Json* list = written.find(kind); list && list->is_array())
      for (Json& element : list->as_array()) {
        if (!element.is_object()) continue;
        if (const Json* expr = std::as_const(element).find("expr"); expr && !expr->is_null() && !expr->is_string())
          element.set("expr", tmpl::Value(*expr).str());  // as Python writes it
        const Json* given = std::as_const(element).find("config");
        Json own = given && given->is_object() ? *given : Json::object(), all = Json::object();
        for (const Json* from : {meta, static_cast<const Json*>(own.find("meta"))})
          if (from && from->is_object())
            for (const auto& [key, value] : from->as_object()) all.set(key, value);
        element.set("config", own.set("meta", std::move(all)));
      }
  if (Json* measures = written.find("measures"); measures && measures->is_array())
    for (Json& measure : measures->as_array()) {
      if (!measure.is_object()) continue;
      if (measure.find("create_metric")) measure.set("create_metric", false);  // as in dbt: it is there now
      Json* dimension = measure.find("non_additive_dimension");
      if (!dimension || !dimension->is_object()) continue;
      if (!dimension->find("window_choice")) dimension->set("window_choice", "min");
      if (!dimension->find("window_groupings")) dimension->set("window_groupings", Json::array());
    }
  if (!written.find("node_relation")) written.set("node_relation", Json());
  return written;
}

}  // namespace weir::project
