#include "plan/criterion.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"

namespace weir::plan {

using project::Node;
using project::ResourceType;

namespace {

const std::vector<std::string>& methods() {
  static const std::vector<std::string> names = {"fqn",    "path",          "file",      "tag",       "source",
                                                 "config", "resource_type", "test_name", "test_type", "package",
                                                 "group",  "access",        "asset"};
  return names;
}

// Methods of dbt that need what a project alone does not hold.
bool needs_more(std::string_view method) {
  for (const std::string_view name : {"state", "result", "source_status", "selector"})
    if (method == name) return true;
  return false;
}

// Kinds of nodes that this weir reads but does not keep: nothing matches.
bool matches_nothing(std::string_view method) {
  for (const std::string_view name : {"exposure", "metric", "semantic_model", "saved_query", "unit_test", "version"})
    if (method == name) return true;
  return false;
}

Error bad(const std::string& text, const std::string& what) {
  return Error(ErrorCode::bad_selector, "selection \"" + text + "\": " + what);
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

// Digits before or after a '+', at the end or the beginning of `text`; removes them.
std::optional<int> depth(std::string_view digits, const std::string& text) {
  if (digits.empty()) return std::nullopt;
  const auto number = parse_int(digits);
  if (!number || *number < 0 || *number > 1'000'000)
    throw bad(text, "\"" + std::string(digits) + "\" is no number of steps");
  return static_cast<int>(*number);
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void take_front(std::string_view& rest, Criterion& out) {
  if (rest.starts_with("@")) {
    out.with_childrens_parents = true;
    rest.remove_prefix(1);
  }
  const size_t plus = rest.find('+');
  if (plus == std::string_view::npos || !all_digits(rest.substr(0, plus)) || plus + 1 == rest.size()) return;
  out.ancestors = true;
  out.ancestors_depth = depth(rest.substr(0, plus), out.text);
  rest.remove_prefix(plus + 1);
}

void take_back(std::string_view& rest, Criterion& out) {
  const size_t plus = rest.rfind('+');
  if (plus == std::string_view::npos || !all_digits(rest.substr(plus + 1))) return;
  out.descendants = true;
  out.descendants_depth = depth(rest.substr(plus + 1), out.text);
  rest.remove_suffix(rest.size() - plus);
}

std::string default_method(std::string_view value) {
  if (value.find('/') != std::string_view::npos) return "path";
  for (const std::string_view ending : {".sql", ".py", ".csv", ".yml"})
    if (value.ends_with(ending)) return "file";
  return "fqn";
}

// dbt's rule: the leaf itself, or a prefix of the dotted name; from the first part with a wildcard on, the pattern
// takes the rest.
bool fqn_matches(const std::vector<std::string>& fqn, const std::string& value) {
  if (!fqn.empty() && fqn.back() == value) return true;
  const std::vector<std::string> name = split(join(fqn, "."), '.'), wanted = split(value, '.');
  if (name.size() < wanted.size()) return false;
  for (size_t i = 0; i < wanted.size(); i++) {
    if (has_wildcard(wanted[i])) {
      const auto tail = [i](const std::vector<std::string>& parts) {
        return join({parts.begin() + static_cast<std::ptrdiff_t>(i), parts.end()}, ".");
      };
      return glob_match(tail(wanted), tail(name));
    }
    if (name[i] != wanted[i]) return false;
  }
  return true;
}

bool fqn_method(const Node& node, const std::string& value) {
  if (!node.asset.empty() && iequals(node.asset, value)) return true;
  if (node.type == ResourceType::source) return false;
  if (fqn_matches(node.fqn, value)) return true;
  return node.fqn.size() > 1 && fqn_matches({node.fqn.begin() + 1, node.fqn.end()}, value);
}

bool path_method(const Node& node, std::string value) {
  if (value.starts_with("./")) value = value.substr(2);
  while (value.size() > 1 && value.ends_with("/")) value.pop_back();
  if (node.file == value || node.file.starts_with(value + "/") || value == ".") return true;
  return has_wildcard(value) && (glob_match(value, node.file, true) || glob_match(value + "/**", node.file, true));
}

bool file_method(const Node& node, const std::string& value) {
  const std::filesystem::path file(node.file);
  return glob_match(value, file.filename().string()) || glob_match(value, file.stem().string());
}

bool source_method(const Node& node, const std::string& value) {
  if (node.type != ResourceType::source) return false;
  const std::vector<std::string> parts = split(value, '.');
  const auto fits = [](const std::string& pattern, const std::string& text) {
    return pattern == "*" || glob_match(pattern, text);
  };
  if (parts.size() == 1) return fits(parts[0], node.source_name);
  if (parts.size() == 2) return fits(parts[0], node.source_name) && fits(parts[1], node.name);
  return parts.size() == 3 && fits(parts[0], node.package) && fits(parts[1], node.source_name) &&
         fits(parts[2], node.name);
}

bool value_fits(const Json& found, const std::string& value) {
  if (found.is_array())
    return std::any_of(found.as_array().begin(), found.as_array().end(),
                       [&](const Json& item) { return value_fits(item, value); });
  if (found.is_object()) return found.find(value) != nullptr;
  if (found.is_string()) return found.as_string() == value || glob_match(value, found.as_string());
  if (found.is_bool()) return iequals(value, found.as_bool() ? "true" : "false");
  return !found.is_null() && found.dump() == value;
}

bool config_method(const Node& node, const std::vector<std::string>& keys, const std::string& value) {
  if (keys.size() == 1 && keys[0] == "materialized") return glob_match(value, node.config.materialized);
  const Json* found = &node.config.all;
  for (const std::string& key : keys) {
    found = found->find(key);
    if (!found) return false;
  }
  return value_fits(*found, value);
}

bool test_type_method(const Node& node, const std::string& value) {
  if (value == "unit") return node.unit.has_value();
  if (!node.test) return false;
  if (value == "data") return true;
  if (value == "singular") return node.test->singular();
  return (value == "generic" || value == "schema") && !node.test->singular();
}

bool test_name_method(const Node& node, const std::string& value) {
  if (!node.test || node.test->singular()) return false;
  const std::string& kind = node.test->kind;
  const size_t dot = kind.find('.');
  return glob_match(value, kind) || (dot != std::string::npos && glob_match(value, kind.substr(dot + 1)));
}

bool package_method(const project::Project& project, const Node& node, const std::string& value) {
  return glob_match(value == "this" ? project.name : value, node.package);
}

void check_words(const Criterion& criterion) {
  if (criterion.method == "resource_type" && !project::parse_resource_type(criterion.value) &&
      !has_wildcard(criterion.value) && !matches_nothing(criterion.value))
    throw bad(criterion.text, "there is no resource type \"" + criterion.value + "\"")
        .with_hint("resource types are model, seed, source, snapshot, test, unit_test, analysis");
  if (criterion.method == "test_type")
    for (const std::string_view word : {"generic", "singular", "data", "schema", "unit"})
      if (criterion.value == word) return;
  if (criterion.method == "test_type")
    throw bad(criterion.text, "there is no test type \"" + criterion.value + "\"")
        .with_hint("test types are generic, singular, data and unit");
}

}  // namespace

Criterion parse_criterion(std::string_view text) {
  Criterion out;
  out.text = text;
  std::string_view rest = text;
  take_front(rest, out);
  const size_t colon = rest.find(':');
  const std::string_view head = colon == std::string_view::npos ? std::string_view() : rest.substr(0, colon);
  take_back(rest, out);
  if (out.with_childrens_parents && out.descendants)
    throw bad(out.text, "\"@\" and a \"+\" behind do not go together")
        .with_hint("\"@x\" has the descendants of x already");
  if (colon != std::string_view::npos) {
    std::vector<std::string> parts = split(head, '.');
    out.method = parts.front();
    out.arguments.assign(parts.begin() + 1, parts.end());
    out.value = rest.substr(std::min(colon + 1, rest.size()));
    const auto& known = methods();
    if (needs_more(out.method)) throw bad(out.text, "the method " + out.method + " is not supported");
    if (std::find(known.begin(), known.end(), out.method) == known.end() && !matches_nothing(out.method))
      throw bad(out.text, "there is no method \"" + out.method + "\"" + did_you_mean(out.method, known));
    if (out.method == "config" && out.arguments.empty())
      throw bad(out.text, "config needs a key").with_hint("write  config.materialized:table");
  } else {
    out.value = rest;
    out.method = default_method(out.value);
  }
  if (out.value.empty()) throw bad(out.text, "nothing is named");
  check_words(out);
  return out;
}

bool matches(const Criterion& criterion, const project::Project& project, const Node& node) {
  const std::string& method = criterion.method;
  const std::string& value = criterion.value;
  const auto any = [&value](const std::vector<std::string>& texts) {
    return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return glob_match(value, text); });
  };
  if (method == "fqn") return fqn_method(node, value);
  if (method == "path") return path_method(node, value);
  if (method == "file") return file_method(node, value);
  if (method == "tag") return any(node.tags);
  if (method == "source") return source_method(node, value);
  if (method == "config") return config_method(node, criterion.arguments, value);
  if (method == "resource_type") return glob_match(value, project::resource_type_text(node.type));
  if (method == "test_name") return test_name_method(node, value);
  if (method == "test_type") return test_type_method(node, value);
  if (method == "package") return package_method(project, node, value);
  if (method == "asset") return !node.asset.empty() && glob_match(lower(value), node.asset);
  if (method == "group" || method == "access") return config_method(node, {method}, value);
  return false;
}

}  // namespace weir::plan
