#include "project/yaml_values.h"

namespace weir::project {

bool has_jinja(std::string_view text) {
  for (size_t i = text.find('{'); i != std::string_view::npos && i + 1 < text.size(); i = text.find('{', i + 1))
    if (text[i + 1] == '{' || text[i + 1] == '%' || text[i + 1] == '#') return true;
  return false;
}

Json YamlValues::text(const std::string& text, const Span& span) const {
  if (!has_jinja(text)) return Json(text);
  ProjectHost host(rendering_, RenderMode::yaml, package_);
  host.capture = capture_;
  try {
    const auto compiled = rendering_.environment.compile(span.file, text, span.line > 0 ? span.line : 1);
    return compiled->render_native(host).to_json();
  } catch (Error& error) {
    error.with_span(span);
    throw;
  }
}

Json YamlValues::value(const Yaml& yaml, const Keep& keep) const {
  std::vector<std::string> path;
  return render(yaml, path, keep);
}

Json YamlValues::render(const Yaml& yaml, std::vector<std::string>& path, const Keep& keep) const {
  if (keep && !path.empty() && keep(path)) return yaml.to_json();
  if (yaml.kind == Yaml::Kind::scalar && has_jinja(yaml.text)) return text(yaml.text, yaml.span);
  if (yaml.kind == Yaml::Kind::sequence) {
    Json out = Json::array();
    for (const Yaml& item : yaml.items) out.push_back(render(item, path, keep));
    return out;
  }
  if (yaml.kind != Yaml::Kind::mapping) return yaml.to_json();
  Json out = Json::object();
  for (const auto& [key, member] : yaml.members) {
    path.push_back(key.text);
    out.as_object().emplace_back(key.text, render(member, path, keep));
    path.pop_back();
  }
  return out;
}

}  // namespace weir::project
