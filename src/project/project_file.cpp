#include "project/project_file.h"

#include <algorithm>
#include <tuple>

#include "base/file.h"
#include "base/text.h"
#include "project/config.h"
#include "project/yaml_parts.h"
#include "project/yaml_values.h"

namespace weir::project {

namespace {

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = {"name",
                                                "version",
                                                "config-version",
                                                "profile",
                                                "model-paths",
                                                "seed-paths",
                                                "test-paths",
                                                "macro-paths",
                                                "snapshot-paths",
                                                "analysis-paths",
                                                "docs-paths",
                                                "asset-paths",
                                                "function-paths",
                                                "osi-paths",
                                                "target-path",
                                                "log-path",
                                                "clean-targets",
                                                "packages-install-path",
                                                "require-dbt-version",
                                                "on-run-start",
                                                "on-run-end",
                                                "dispatch",
                                                "models",
                                                "seeds",
                                                "snapshots",
                                                "sources",
                                                "tests",
                                                "data_tests",
                                                "unit_tests",
                                                "metrics",
                                                "semantic-models",
                                                "semantic_models",
                                                "saved-queries",
                                                "saved_queries",
                                                "exposures",
                                                "functions",
                                                "vars",
                                                "quoting",
                                                "query-comment",
                                                "flags",
                                                "restrict-access",
                                                "dbt-cloud",
                                                "packages",
                                                "sync",
                                                "project-root"};
  return keys;
}

struct OldName {
  const char *old, *now, *event;  // "" = dbt has no event for it
};
constexpr OldName old_names[] = {{"source-paths", "model-paths", "ConfigSourcePathDeprecation"},
                                 {"data-paths", "seed-paths", "ConfigDataPathDeprecation"},
                                 {"modules-path", "packages-install-path", ""}};

Error bad(const std::string& message, const Span& span) {
  return Error(ErrorCode::bad_project_file, message).with_span(span);
}

// The value under a key or under its old name.
const Yaml* under(const Yaml& document, std::string_view key, std::vector<Diagnostic>& warnings) {
  if (const Yaml* found = document.find(key)) return found;
  for (const OldName& old : old_names)
    if (key == old.now)
      if (const Yaml* found = document.find(old.old)) {
        warnings.push_back({"The `" + std::string(old.old) + "` config has been renamed to `" + old.now + "`",
                            "rename the key", document.find_key(old.old)->span, old.event,
                            Json::object().set("deprecated_path", old.old).set("exp_path", old.now)});
        return found;
      }
  return nullptr;
}

void check_keys(const Yaml& document, std::vector<Diagnostic>& warnings) {
  for (const auto& member : document.members) {
    const Yaml& key = member.key;
    const auto same = [&key](const std::string& known) { return known == key.text; };
    if (std::any_of(known_keys().begin(), known_keys().end(), same)) continue;
    const auto is_old = [&key](const OldName& old) { return key.text == old.old; };
    if (std::any_of(std::begin(old_names), std::end(old_names), is_old)) continue;
    warnings.push_back({"unknown key " + key.text + did_you_mean(key.text, known_keys()), "it is ignored", key.span,
                        std::string(unknown_project_key)});
  }
}

// Folders that dbt takes from the command line or the environment by now.
void warn_moved_paths(const Yaml& document, std::vector<Diagnostic>& warnings) {
  for (const auto& [key, usual, event] : {std::tuple("log-path", "logs", "ConfigLogPathDeprecation"),
                                          std::tuple("target-path", "target", "ConfigTargetPathDeprecation")})
    if (const Yaml* value = document.find(key); value && value->kind == Yaml::Kind::scalar && value->text != usual)
      warnings.push_back({std::string(key) + " in dbt_project.yml is deprecated: --" + key + " says it",
                          "or the environment variable DBT_" + replace_all(upper(key), "-", "_"),
                          document.find_key(key)->span, event, Json::object().set("deprecated_path", key)});
}

// A package's folder that clean-targets names under its old name.
void warn_old_install_path(const Yaml& document, std::vector<Diagnostic>& warnings) {
  const Yaml* targets = document.find("clean-targets");
  if (!targets || targets->kind != Yaml::Kind::sequence || document.find("packages-install-path")) return;
  bool old = false, now = false;
  for (const Yaml& item : targets->items) {
    old = old || item.text == "dbt_modules";
    now = now || item.text == "dbt_packages";
  }
  if (old && !now)
    warnings.push_back({"clean-targets names dbt_modules, where packages lay once: they lie in dbt_packages",
                        "name dbt_packages there, or say packages-install-path: dbt_modules", targets->span,
                        "PackageInstallPathDeprecation"});
}

void refuse_both_tests(const Yaml& document) {
  const Yaml* old = document.find_key("tests");
  if (old && document.find("data_tests"))
    throw bad("both tests and data_tests are given", old->span).with_hint("keep data_tests, the newer name");
}

std::vector<std::string> paths(const Yaml& document, std::string_view key, std::vector<std::string> otherwise,
                               std::vector<Diagnostic>& warnings) {
  const Yaml* value = under(document, key, warnings);
  if (!value || value->is_null()) return otherwise;
  if (value->kind != Yaml::Kind::sequence)
    throw bad(std::string(key) + " must be a list of folders", value->span)
        .with_hint("write  " + std::string(key) + ": [" + value->text + "]");
  std::vector<std::string> out;
  for (const Yaml& item : value->items) {
    std::string path = item.as_string();
    while (path.size() > 1 && path.ends_with("/")) path.pop_back();
    if (path.starts_with("./")) path = path.substr(2);
    if (path.starts_with("/") || ("/" + path + "/").find("/../") != std::string::npos)
      throw bad(std::string(key) + " must name folders inside the project, not " + path, item.span);
    if (std::find(out.begin(), out.end(), path) == out.end()) out.push_back(std::move(path));
  }
  return out;
}

// Like others, but they may be written as absolute paths into the project.
std::vector<std::string> docs_paths(Yaml document, const std::string& dir, std::vector<Diagnostic>& warnings) {
  for (Yaml::Member& member : document.members)
    if (member.key.text == "docs-paths")
      for (Yaml& item : member.value.items)
        if (item.text.starts_with(dir + "/")) item.text.erase(0, dir.size() + 1);
  return paths(document, "docs-paths", {}, warnings);
}

std::string text(const Yaml& document, std::string_view key, std::string otherwise, std::vector<Diagnostic>& warnings) {
  const Yaml* value = under(document, key, warnings);
  if (!value || value->is_null()) return otherwise;
  if (value->kind != Yaml::Kind::scalar) throw bad(std::string(key) + " must be a text", value->span);
  return value->text;
}

void check_name(const ProjectFile& file) {
  const Yaml* name = file.document.find("name");
  if (!name || name->is_null())
    throw bad("dbt_project.yml lacks `name`", file.document.span).with_hint("add a line like  name: my_project");
  const auto word = [](unsigned char c) {
    return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c >= 0x80;
  };
  const std::string& text = file.name;
  const bool ok = !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
                  std::all_of(text.begin(), text.end(), [&](char c) { return word(static_cast<unsigned char>(c)); });
  if (!ok)
    throw bad("\"" + text + "\" is no name for a project: letters, digits and underscores only, no digit first",
              name->span);
}

// Of "1.0.0-rc.1+build" what follows the sign: parts with dots between them. Numbers have no zero in front where
// `ordered`.
bool are_identifiers(std::string_view text, bool ordered) {
  for (const std::string& part : split(text, '.')) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto known = [&](char c) { return digit(c) || c == '-' || ((c | 32) >= 'a' && (c | 32) <= 'z'); };
    if (part.empty() || !std::all_of(part.begin(), part.end(), known)) return false;
    if (ordered && part.size() > 1 && part[0] == '0' && std::all_of(part.begin(), part.end(), digit)) return false;
  }
  return true;
}

// As dbt takes them: semantic versions, and those of two numbers.
bool is_version(std::string_view text) {
  const size_t plus = text.find('+');
  const bool built = plus != std::string_view::npos;
  if (built && !are_identifiers(text.substr(plus + 1), false)) return false;
  text = text.substr(0, plus);
  const size_t minus = text.find('-');
  const bool early = minus != std::string_view::npos;
  if (early && !are_identifiers(text.substr(minus + 1), true)) return false;
  const std::vector<std::string> numbers = split(text.substr(0, minus), '.');
  if (numbers.size() != 3 && (numbers.size() != 2 || built || early)) return false;
  return std::all_of(numbers.begin(), numbers.end(), [](const std::string& number) {
    const bool digits = std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits && !number.empty() && (number.size() == 1 || number[0] != '0');
  });
}

// `value`: what the template that stands for it gives, or as written.
void check_version(const Yaml& written, const Json& value) {
  if (value.is_null() || value.is_number() || (value.is_string() && is_version(value.as_string()))) return;
  throw bad("version is no version: '" + (value.is_string() ? value.as_string() : written.text) + "'", written.span)
      .with_hint("a number, or a version like 1.0.0");
}

void check_cloud(const Yaml& document) {
  const Yaml* cloud = document.find("dbt-cloud");
  if (!cloud || cloud->is_null() || cloud->kind == Yaml::Kind::mapping) return;
  throw bad("dbt-cloud must be a mapping", cloud->span)
      .with_hint("write  dbt-cloud: {project-id: 123}, or leave it out");
}

std::vector<Hook> hooks(const Yaml& document, std::string_view key) {
  const Yaml* value = document.find(key);
  if (!value || value->is_null()) return {};
  Json config = Json::object();
  merge_config(config, Json::object().set("pre-hook", value->to_json()));
  std::vector<Hook> out;
  for (const Json& hook : config.at("pre-hook").as_array()) {
    const Json* sql = hook.find("sql");
    if (!sql || !sql->is_string()) throw bad(std::string(key) + " must be SQL text or a list of such", value->span);
    out.push_back({sql->as_string(), true});
  }
  return out;
}

std::vector<DispatchOrder> dispatch(const Yaml& document) {
  std::vector<DispatchOrder> out;
  const Yaml* value = document.find("dispatch");
  if (!value || value->is_null()) return out;
  for (const Yaml& item : value->items) {
    const Yaml* space = item.find("macro_namespace");
    const Yaml* order = item.find("search_order");
    if (!space || !order || order->kind != Yaml::Kind::sequence)
      throw bad("each entry of dispatch needs macro_namespace and a list search_order", item.span);
    DispatchOrder entry{space->as_string(), {}};
    for (const Yaml& package : order->items) entry.search_order.push_back(package.as_string());
    out.push_back(std::move(entry));
  }
  return out;
}

// Versions as numbers, compared part by part; weir follows dbt 1.11.
bool version_fits(std::string_view condition) {
  static constexpr int our_version[] = {1, 11, 0};
  size_t at = condition.find_first_not_of(" <>=!~");
  if (at == std::string_view::npos) return true;
  const std::string_view compare = trim(condition.substr(0, at));
  int order = 0;
  const std::vector<std::string> parts = split(condition.substr(at), '.');
  for (size_t i = 0; i < 3 && order == 0; i++) {
    const auto part = i < parts.size() ? parse_int(parts[i]) : std::optional<int64_t>(0);
    if (!part) return true;
    order = our_version[i] < *part ? -1 : our_version[i] > *part ? 1 : 0;
  }
  if (compare == ">") return order > 0;
  if (compare == ">=") return order >= 0;
  if (compare == "<") return order < 0;
  if (compare == "<=") return order <= 0;
  if (compare == "!=") return order != 0;
  return order == 0;
}

void check_required_version(const Yaml& document, std::vector<Diagnostic>& warnings) {
  const Yaml* wanted = document.find("require-dbt-version");
  if (!wanted || wanted->is_null()) return;
  std::vector<std::string> conditions;
  if (wanted->kind == Yaml::Kind::scalar) conditions = split(wanted->text, ',');
  for (const Yaml& item : wanted->items)
    for (std::string& part : split(item.as_string(), ',')) conditions.push_back(std::move(part));
  for (const std::string& condition : conditions)
    if (!version_fits(trim(condition)))
      warnings.push_back({"the project asks for dbt " + std::string(trim(condition)) + "; weir follows dbt 1.11",
                          "mind what changed between them", wanted->span, "RequiredVersion"});
}

Json tree(const Yaml& document, const std::vector<const char*>& keys, const YamlValues& values) {
  const auto is_hook = [](const std::vector<std::string>& path) {
    const std::string_view last = path.back();
    const std::string_view key = last.starts_with("+") ? trim(last.substr(1)) : last;
    return key == "pre-hook" || key == "post-hook" || key == "pre_hook" || key == "post_hook";
  };
  for (const char* key : keys)
    if (const Yaml* value = document.find(key); value && !value->is_null()) {
      if (value->kind != Yaml::Kind::mapping) throw bad(std::string(key) + " must be a mapping", value->span);
      return values.value(*value, is_hook);
    }
  return Json::object();
}

}  // namespace

ProjectFile read_project_file(const std::string& dir, const std::string& prefix, std::vector<Diagnostic>& warnings,
                              const std::string* text_instead) {
  ProjectFile out;
  out.dir = dir;
  out.prefix = prefix;
  const std::string label = prefix + "dbt_project.yml";
  std::vector<Diagnostic> found;
  out.document = parse_warning(text_instead ? *text_instead : read_file(dir + "/dbt_project.yml"), label, found);
  if (out.document.kind != Yaml::Kind::mapping) {
    Span span = out.document.span;
    if (!span.known()) span.file = label, span.line = 1, span.column = 1;
    throw bad("dbt_project.yml must be a mapping", span).with_hint("it needs at least  name: my_project");
  }
  const Yaml& document = out.document;
  check_required_version(document, found);
  check_keys(document, found);
  refuse_both_tests(document);
  warn_old_install_path(document, found);
  out.name = text(document, "name", "", found);
  check_name(out);
  const Yaml* version = document.find("version");
  if (version && !has_jinja(version->text)) check_version(*version, version->to_json());
  check_cloud(document);
  out.version = text(document, "version", "", found);
  out.profile = text(document, "profile", "", found);
  out.model_paths = paths(document, "model-paths", {"models"}, found);
  out.seed_paths = paths(document, "seed-paths", {"seeds"}, found);
  out.test_paths = paths(document, "test-paths", {"tests"}, found);
  out.macro_paths = paths(document, "macro-paths", {"macros"}, found);
  out.snapshot_paths = paths(document, "snapshot-paths", {"snapshots"}, found);
  out.analysis_paths = paths(document, "analysis-paths", {"analyses"}, found);
  out.function_paths = paths(document, "function-paths", {"functions"}, found);
  out.asset_paths = paths(document, "asset-paths", {}, found);
  out.docs_paths = docs_paths(document, dir, found);
  out.packages_install_path = text(document, "packages-install-path", "dbt_packages", found);
  out.target_path = text(document, "target-path", "target", found);
  warn_moved_paths(document, found);
  out.on_run_start = hooks(document, "on-run-start");
  out.on_run_end = hooks(document, "on-run-end");
  out.dispatch = dispatch(document);
  if (const Yaml* comment = document.find("query-comment")) out.query_comment = read_query_comment(*comment);
  const auto mapping = [&](const char* key) {
    const Yaml* value = document.find(key);
    if (!value || value->is_null()) return Json::object();
    if (value->kind != Yaml::Kind::mapping) throw bad(std::string(key) + " must be a mapping", value->span);
    return value->to_json();
  };
  out.vars = mapping("vars");
  out.flags = mapping("flags");
  if (prefix.empty())
    warnings.insert(warnings.end(), found.begin(), found.end());  // a package's are its authors' affair
  return out;
}

void render_project_file(ProjectFile& file, const YamlValues& values) {
  for (const char* key : {"models", "seeds", "snapshots", "sources", "tests", "data_tests", "unit_tests", "functions"})
    if (const Yaml* value = file.document.find(key); value && !value->is_null())
      file.written.set(key == std::string_view("tests") ? "data_tests" : key, value->to_json());
  file.models = tree(file.document, {"models"}, values);
  file.seeds = tree(file.document, {"seeds"}, values);
  file.snapshots = tree(file.document, {"snapshots"}, values);
  file.sources = tree(file.document, {"sources"}, values);
  file.data_tests = tree(file.document, {"data_tests", "tests"}, values);
  file.unit_tests = tree(file.document, {"unit_tests"}, values);
  file.functions = tree(file.document, {"functions"}, values);
  file.declared.set("exposure", tree(file.document, {"exposures"}, values))
      .set("metric", tree(file.document, {"metrics"}, values))
      .set("semantic_model", tree(file.document, {"semantic-models", "semantic_models"}, values))
      .set("saved_query", tree(file.document, {"saved-queries", "saved_queries"}, values));
  file.quoting = tree(file.document, {"quoting"}, values);
  if (const Yaml* version = file.document.find("version"); version && has_jinja(version->text)) {
    const Json value = values.text(version->text, version->span);
    check_version(*version, value);
    file.version = value.is_string() ? value.as_string() : value.dump();
  }
  for (std::string* path : {&file.target_path, &file.packages_install_path})
    *path = values.text(*path, file.document.span).as_string();
}

}  // namespace weir::project
