#include "project/yaml_values.h"

#include <set>

#include "base/text.h"

namespace weir::project {

bool has_jinja(std::string_view text) {
  for (size_t i = text.find('{'); i != std::string_view::npos && i + 1 < text.size(); i = text.find('{', i + 1))
    if (text[i + 1] == '{' || text[i + 1] == '%' || text[i + 1] == '#') return true;
  return false;
}

namespace {

// What is left of a text that filters have taken apart: letters and digits.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : lower(text))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  return out;
}

Json with_secrets(const Rendering& rendering, std::string text, const std::set<std::string>& names) {
  std::string others = text;
  for (const std::string& name : names) others = replace_all(others, secret_placeholder(name), "");
  for (const std::string& name : names) {
    const bool named = others.find("$$$") != std::string::npos || lower(others).find(lower(name)) != std::string::npos;
    // One that is only asked for, in a condition, leaves nothing behind.
    const bool apart = !named && text.find(secret_placeholder(name)) == std::string::npos &&
                       squeezed(others).find(squeezed(name)) != std::string::npos;
    if (named || apart)
      throw Error(ErrorCode::bad_packages,
                  "env_var('" + name + "') is changed before it is put in" + (apart ? ": " + text : std::string()))
          .with_hint("a secret stands here as it is: filters and functions see its name, never its value");
  }
  for (const std::string& name : names) text = replace_all(text, secret_placeholder(name), rendering.env.at(name));
  return Json(std::move(text));
}

}  // namespace

std::string secret_placeholder(const std::string& name) { return "$$$SECRET " + name + "$$$"; }

Json YamlValues::text(const std::string& text, const Span& span) const {
  if (!has_jinja(text)) return Json(text);
  ProjectHost host(rendering_, RenderMode::yaml, package_);
  host.capture = capture_;
  std::set<std::string> secrets;
  if (secrets_whole_) host.secrets = &secrets;
  try {
    const auto compiled = rendering_.environment.compile(span.file, text, span.line > 0 ? span.line : 1);
    Json out = compiled->render_native(host).to_json();
    return secrets.empty() || !out.is_string() ? out : with_secrets(rendering_, out.as_string(), secrets);
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
