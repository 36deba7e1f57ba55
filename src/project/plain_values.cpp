#include "project/plain_values.h"

#include "base/text.h"
#include "project/rendering.h"
#include "project/yaml_values.h"

namespace weir::project {

PlainValues::PlainValues(const LoadFlags& flags)
    : rendering_(std::make_unique<Rendering>("")), capture_(std::make_unique<Capture>()) {
  rendering_->env = flags.env;
  rendering_->variables.set_command_line(parse_vars(flags.vars));
  rendering_->set_flags(flags, Json::object());
}

PlainValues::~PlainValues() = default;

Json PlainValues::value(const Yaml& yaml) const {
  return YamlValues(*rendering_, "", capture_.get()).keep_secrets_whole().value(yaml);
}

std::string PlainValues::text(const std::string& text, const Span& span) const {
  const Json value = YamlValues(*rendering_, "", capture_.get()).keep_secrets_whole().text(text, span);
  return value.is_string() ? value.as_string() : value.dump();
}

std::string PlainValues::without_secrets(std::string text) const {
  for (const auto& [name, value] : rendering_->env)
    if (name.starts_with(secret_prefix) && !value.empty()) text = replace_all(text, value, "*****");
  return text;
}

std::vector<std::string> PlainValues::logged() const {
  std::vector<std::string> out;
  for (const LogLine& line : capture_->logged) {
    std::string text = line.text;
    for (const auto& [name, value] : rendering_->env)
      if (name.starts_with(secret_prefix)) text = replace_all(text, secret_placeholder(name), "*****");
    out.push_back(std::move(text));
  }
  return out;
}

Json parse_vars(const std::string& text) {
  if (trim(text).empty()) return Json::object();
  Json vars;
  try {
    vars = Yaml::parse(text, "--vars").to_json();
  } catch (Error& error) {
    error.with_hint("--vars takes a YAML mapping: --vars '{name: value}'");
    throw;
  }
  if (!vars.is_object())
    throw Error(ErrorCode::bad_option_value, "--vars must be a mapping, not " + std::string(vars.kind()))
        .with_hint("--vars takes a YAML mapping: --vars '{name: value}'");
  return vars;
}

}  // namespace weir::project
