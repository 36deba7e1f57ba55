#include "project/semantic_values.h"

#include "base/text.h"

namespace weir::project {

namespace {

void settle_filter(Json& at) {
  const Json* filter = at.find("filter");
  if (!filter || !(filter->is_string() || filter->is_array())) return;
  Json list = Json::array();
  const auto add = [&](const Json& text) { list.push_back(Json::object().set("where_sql_template", text)); };
  if (filter->is_string()) add(*filter);
  if (filter->is_array())
    for (const Json& text : filter->as_array()) add(text);
  at.set("filter", Json::object().set("where_filters", std::move(list)));
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

Json semantic_model_body(Json written) {
  if (!written.find("node_relation")) written.set("node_relation", Json());
  return written;
}

}  // namespace weir::project
