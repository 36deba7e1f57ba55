#include "project/metric_reference.h"

#include <algorithm>
#include <utility>

#include "project/host.h"
#include "project/node_values.h"

namespace weir::project {

namespace {

class MetricReference final : public tmpl::Object {
 public:
  std::string name;
  tmpl::Value package;
  Json metric;  // as in the manifest; null while the project is parsed

  std::string type_name() const override { return "MetricReference"; }
  std::string str() const override { return name; }
  std::string repr() const override { return "'" + name + "'"; }
  std::optional<tmpl::Value> get_attr(tmpl::Evaluation&, std::string_view key) override {
    if (key == "metric_name") return tmpl::Value(name);
    if (key == "package_name" && metric.is_null()) return package;
    const Json* found = metric.is_object() ? metric.find(key) : nullptr;
    return found ? std::optional(tmpl::Value(*found)) : std::nullopt;
  }
};

}  // namespace

tmpl::Value metric_reference(tmpl::Evaluation& evaluation, const tmpl::Arguments& arguments) {
  const auto& given = arguments.positional;
  if (given.empty() || given.size() > 2 || !given.back().is_string())
    throw Error(ErrorCode::template_call, "metric() takes a name, or a package and a name");
  ProjectHost& host = host_of(evaluation);
  auto out = tmpl::make<MetricReference>();
  out->name = given.back().as_string();
  if (given.size() == 2) out->package = given.front();
  if (Capture* capture = host.capture)
    if (std::find(capture->metrics.begin(), capture->metrics.end(), out->name) == capture->metrics.end())
      capture->metrics.push_back(out->name);
  if (host.project)
    for (const Declared& item : host.project->declared)
      if (item.kind == "metric" && item.name == out->name &&
          (given.size() == 1 || (given.front().is_string() && item.package == given.front().as_string())))
        out->metric = declared_json(item);
  return tmpl::Value::object(out);
}

}  // namespace weir::project
