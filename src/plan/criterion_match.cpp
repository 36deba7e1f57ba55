// Which nodes a criterion's method and value name.
#include <algorithm>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "plan/criterion.h"
#include "plan/state_comparison.h"
#include "project/node_values.h"

namespace weir::plan {

using project::Declared;
using project::Node;
using project::ResourceType;

namespace {

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

// dbt's rule: the leaf itself, or a prefix of the dotted name; from the first part with a wildcard on, the pattern
// takes the rest. A pattern without a dot may be the leaf's. The leaf of a version is its model's name, and
// "name.v2" and "name_v2" are the version.
bool fqn_matches(std::span<const std::string> fqn, const std::string& value, bool versioned) {
  if (fqn.size() < (versioned ? 2u : 1u)) return false;
  const std::string& leaf = fqn[fqn.size() - (versioned ? 2 : 1)];
  if (leaf == value) return true;
  // Most names end here: neither the beginning nor the version of it is asked for.
  const bool may_begin =
      fqn.front().starts_with(std::string_view(value).substr(0, value.find('.'))) || has_wildcard(value);
  if (!may_begin && !versioned) return false;
  const std::vector<std::string> name = split(join({fqn.begin(), fqn.end()}, "."), '.'), wanted = split(value, '.');
  const auto tail = [](const std::vector<std::string>& parts, size_t from) {
    return std::vector<std::string>(parts.begin() + static_cast<std::ptrdiff_t>(from), parts.end());
  };
  if (versioned && join(tail(wanted, wanted.size() > 2 ? wanted.size() - 2 : 0), "_") == leaf + "_" + fqn.back())
    return true;
  if (name.size() < wanted.size()) return false;
  for (size_t i = 0; i < wanted.size(); i++) {
    if (has_wildcard(wanted[i]))
      return glob_match(join(tail(wanted, i), "."), join(tail(name, i), ".")) ||
             (wanted.size() == 1 && glob_match(value, leaf));
    if (name[i] != wanted[i]) return false;
  }
  return true;
}

bool fqn_method(const std::vector<std::string>& fqn, const std::string& value, bool versioned) {
  return fqn_matches(fqn, value, versioned) ||
         (fqn.size() > 1 && fqn_matches(std::span(fqn).subspan(1), value, versioned));
}

bool path_fits(const std::string& file, const std::string& value) {
  if (file == value || file.starts_with(value + "/") || value == ".") return true;
  return has_wildcard(value) && (glob_match(value, file, true) || glob_match(value + "/**", file, true));
}

// The file, a folder above it, or the YAML file that describes the node.
bool path_method(const std::string& file, const std::string& patch_file, std::string value) {
  if (value.starts_with("./")) value = value.substr(2);
  while (value.size() > 1 && value.ends_with("/")) value.pop_back();
  if (path_fits(file, value)) return true;
  return !patch_file.empty() && (patch_file == value || (has_wildcard(value) && glob_match(value, patch_file, true)));
}

bool file_method(const std::string& path, const std::string& value) {
  const std::filesystem::path file(path);
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
  if (node.unit) return false;
  if (keys.size() == 1 && keys[0] == "materialized") return glob_match(value, node.config->materialized);
  const Json all = project::config_json(node);
  if (keys.size() == 1 && keys[0] == "severity") return iequals(all.get_string("severity").value_or(""), value);
  const Json* found = &all;
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
  if (node.unit) return glob_match(value, node.name);
  if (!node.test || node.test->singular()) return false;
  const std::string& kind = node.test->kind;
  const size_t dot = kind.find('.');
  return glob_match(value, kind) || (dot != std::string::npos && glob_match(value, kind.substr(dot + 1)));
}

bool package_method(const project::Project& project, const std::string& package, const std::string& value) {
  return glob_match(value == "this" ? project.name : value, package);
}

// "name" or "package.name".
bool named(const std::string& package, const std::string& name, const std::string& value) {
  const size_t dot = value.find('.');
  if (dot == std::string::npos) return glob_match(value, name);
  return glob_match(value.substr(0, dot), package) && glob_match(value.substr(dot + 1), name);
}

// Numbers where both are, else texts.
bool older(const std::string& a, const std::string& b) {
  const auto x = parse_double(a), y = parse_double(b);
  return x && y ? *x < *y : a < b;
}

bool version_method(const Node& node, const std::string& value) {
  if (node.type != ResourceType::model) return false;
  if (value == "none") return node.version.empty();
  if (node.version.empty() || node.latest_version.empty()) return false;
  if (value == "latest") return node.version == node.latest_version;
  return value == "old" ? older(node.version, node.latest_version) : older(node.latest_version, node.version);
}

bool access_method(const Node& node, const std::string& value) {
  return node.type == ResourceType::model && node.config->all.get_string("access").value_or("protected") == value;
}

bool any_fits(const std::vector<std::string>& texts, const std::string& value) {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return glob_match(value, text); });
}

const PreviousState& needed(const PreviousState* state, const Criterion& criterion) {
  if (state) return *state;
  throw Error(ErrorCode::bad_selector, "selection \"" + criterion.text + "\" needs an earlier state to compare with")
      .with_hint("--state FOLDER names the target folder that an earlier run left, or a copy of it");
}

// Of the methods that ask an earlier state; nullopt for all others.
std::optional<bool> by_state(const Criterion& criterion, const std::string& unique_id, const PreviousState* state) {
  const std::string& value = criterion.value;
  if (criterion.method == "result") return needed(state, criterion).result(unique_id) == value;
  if (criterion.method == "source_status") return needed(state, criterion).fresher(unique_id);
  return std::nullopt;
}

std::vector<std::string> tags_of(const Declared& item) {
  std::vector<std::string> out;
  const auto take = [&out](const Json* tags) {
    if (tags && tags->is_string()) out.push_back(tags->as_string());
    if (!tags || !tags->is_array()) return;
    for (const Json& tag : tags->as_array())
      if (tag.is_string()) out.push_back(tag.as_string());
  };
  take(item.body.find("tags"));
  take(item.config.find("tags"));
  return out;
}

std::string group_of(const Declared& item) {
  if (item.kind != "metric") return {};
  const Json* config = item.body.find("config");
  return config ? config->get_string("group").value_or("") : std::string();
}

}  // namespace

bool matches(const Criterion& criterion, const project::Project& project, const Node& node,
             const PreviousState* state) {
  const std::string& method = criterion.method;
  const std::string& value = criterion.value;
  if (method == "all") return true;
  if (method == "fqn") {
    if (!node.asset.empty() && iequals(node.asset, value)) return true;
    return node.type != ResourceType::source && fqn_method(node.fqn, value, !node.version.empty());
  }
  if (method == "path") return path_method(node.file, node.is_test() ? std::string() : node.patch_file, value);
  if (method == "file") return file_method(node.file, value);
  if (method == "tag") return any_fits(node.tags, value);
  if (method == "source") return source_method(node, value);
  if (method == "config") return config_method(node, criterion.arguments, value);
  if (method == "resource_type") return glob_match(value, project::resource_type_text(node.type));
  if (method == "test_name") return test_name_method(node, value);
  if (method == "test_type") return test_type_method(node, value);
  if (method == "package") return package_method(project, node.package, value);
  if (method == "asset") return !node.asset.empty() && glob_match(lower(value), node.asset);
  if (method == "group") return config_method(node, {method}, value);
  if (method == "access") return access_method(node, value);
  if (method == "version") return version_method(node, value);
  if (method == "unit_test") return node.unit && named(node.package, node.name, value);
  if (method == "state") return is_in_state(value, project, node, needed(state, criterion));
  return by_state(criterion, node.unique_id, state).value_or(false);
}

bool matches(const Criterion& criterion, const project::Project& project, const Declared& item,
             const PreviousState* state) {
  const std::string& method = criterion.method;
  const std::string& value = criterion.value;
  if (method == "all") return true;
  if (method == "fqn") return fqn_method(item.fqn, value, false);
  if (method == "path") return path_method(item.file, {}, value);
  if (method == "file") return file_method(item.file, value);
  if (method == "tag") return any_fits(tags_of(item), value);
  if (method == "resource_type") return glob_match(value, item.kind);
  if (method == "package") return package_method(project, item.package, value);
  if (method == "group") return !group_of(item).empty() && glob_match(value, group_of(item));
  if (method == item.kind) return named(item.package, item.name, value);
  if (method == "state") return is_in_state(value, item, needed(state, criterion));
  return by_state(criterion, item.unique_id, state).value_or(false);
}

}  // namespace weir::plan
