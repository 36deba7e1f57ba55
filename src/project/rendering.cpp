#include "project/rendering.h"

#include <algorithm>

#include "base/ids.h"
#include "base/text.h"
#include "project/standard_macros.h"

namespace weir::project {

namespace {

tmpl::EnvironmentOptions template_options(const tmpl::Limits& limits) {
  tmpl::EnvironmentOptions options;
  options.limits = limits;
  options.undefined = tmpl::UndefinedMode::chainable;
  options.dbt_blocks = true;
  return options;
}

const Json* in_scope(const Json& vars, std::string_view package, std::string_view name) {
  if (const Json* scoped = vars.find(package); scoped && scoped->is_object())
    if (const Json* found = scoped->find(name)) return found;
  return vars.find(name);
}

}  // namespace

const Json* Variables::find(std::string_view package, std::string_view name) const {
  if (const Json* found = command_line_.find(name)) return found;
  for (const std::string_view place : {std::string_view(root_), package})
    if (const auto vars = packages_.find(place); vars != packages_.end())
      if (const Json* found = in_scope(vars->second, package, name)) return found;
  return nullptr;
}

Json Variables::merged(std::string_view package) const {
  Json out = Json::object();
  const auto lay = [&](const Json& vars) {
    for (const auto& [key, value] : vars.as_object())
      if (!value.is_object() || packages_.find(key) == packages_.end()) out.set(key, value);
    if (const Json* scoped = vars.find(package); scoped && scoped->is_object())
      for (const auto& [key, value] : scoped->as_object()) out.set(key, value);
  };
  for (const std::string_view place : {package, std::string_view(root_)})
    if (const auto vars = packages_.find(place); vars != packages_.end()) lay(vars->second);
  for (const auto& [key, value] : command_line_.as_object()) out.set(key, value);
  return out;
}

Rendering::Rendering(std::string root_package, const tmpl::Limits& limits)
    : environment(template_options(limits)), macros(std::move(root_package)) {
  add_globals(environment);
  variables.set_root(macros.root_package());
  const auto add = [&](const char* label, std::string text) {
    macros.add_file(std::string(standard_package), environment.compile(label, std::move(text)));
  };
  add("dbt/standard.sql", standard_macros());
  add("dbt/tests.sql", std::string(standard_tests()));
  add("dbt/statements.sql", std::string(standard_statements()));
  add("dbt/duckdb.sql", std::string(standard_duckdb()));
  add("dbt/functions.sql", std::string(standard_functions()));
}

std::string Rendering::docs_key(const std::string& from, const std::string& package, const std::string& name) const {
  for (const std::string& place : {package.empty() ? from : package, macros.root_package()})
    if (std::string key = place + "." + name; docs.contains(key)) return key;
  return {};
}

const DocsBlock* Rendering::find_docs(const std::string& from, const std::string& package,
                                      const std::string& name) const {
  const auto found = docs.find(docs_key(from, package, name));
  return found == docs.end() ? nullptr : &found->second;
}

void NodeTemplates::add(const std::string& unique_id, std::shared_ptr<const tmpl::Template> file) {
  files_.insert_or_assign(unique_id, std::move(file));
}

std::shared_ptr<const tmpl::Template> NodeTemplates::find(const Node& node) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(node.unique_id);
    if (found == files_.end() || found->second) return found == files_.end() ? nullptr : found->second;
  }
  auto compiled = environment_.compile(node.span.file, node.raw, node.span.line);
  const std::lock_guard lock(mutex_);
  auto& place = files_[node.unique_id];
  if (!place) place = std::move(compiled);
  return place;
}

void Rendering::note_env(const std::string& name) const {
  const std::lock_guard lock(env_mutex_);
  env_asked_.insert(name);
}

std::set<std::string> Rendering::env_asked() const {
  const std::lock_guard lock(env_mutex_);
  return env_asked_;
}

void Rendering::set_target(const Target& value) {
  target = value;
  Json json = value.extra.is_object() ? value.extra : Json::object();
  json.set("name", value.name).set("target_name", value.name).set("type", value.type);
  json.set("profile_name", value.profile_name).set("database", value.database).set("schema", value.schema);
  json.set("threads", static_cast<int64_t>(value.threads ? value.threads : 1));
  target_value = tmpl::Value(json).freeze();
}

void Rendering::set_flags(const LoadFlags& flags, const Json& project_flags) {
  Json json = Json::object();
  if (project_flags.is_object())
    for (const auto& [key, value] : project_flags.as_object()) json.set(upper(key), value);
  json.set("FULL_REFRESH", flags.full_refresh).set("WHICH", flags.which).set("EMPTY", flags.inputs.empty);
  json.set("STORE_FAILURES", flags.store_failures).set("DEBUG", false).set("FAIL_FAST", false).set("USE_COLORS", false);
  flags_value = tmpl::Value(json).freeze();
  store_failures = flags.store_failures;
}

// They stand among those of the call, in capitals.
bool Rendering::flag(std::string_view name, bool otherwise) const {
  const tmpl::Value* found = flags_value.is_dict() ? flags_value.as_dict().find(tmpl::Value(upper(name))) : nullptr;
  return found ? found->truth() : otherwise;
}

std::array<std::string, 2> Rendering::ref_order(const std::string& package) const {
  if (flag("require_ref_searches_node_package_before_root", false)) return {package, macros.root_package()};
  return {macros.root_package(), package};
}

bool Rendering::has_declared_packages() const {
  return std::all_of(declared_packages.begin(), declared_packages.end(),
                     [&](const std::string& name) { return macros.is_package(name); });
}

std::string Rendering::missing_package_hint(std::string_view name) const {
  if (macros.is_package(name)) return {};
  for (const std::string& declared : declared_packages)
    if (declared == name)
      return "package " + std::string(name) +
             " is named in packages.yml but does not lie in the project's dbt_packages folder: weir deps installs it";
  return {};
}

void Rendering::explain_missing_package(Error& error) const {
  if (error.code() != ErrorCode::template_undefined || !error.hint().empty()) return;
  const size_t open = error.message().find('\''), close = error.message().find('\'', open + 1);
  if (open == std::string::npos || close == std::string::npos) return;
  const std::string hint = missing_package_hint(error.message().substr(open + 1, close - open - 1));
  if (!hint.empty()) error.with_hint(hint);
}

}  // namespace weir::project
