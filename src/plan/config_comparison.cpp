#include "plan/config_comparison.h"

#include <set>
#include <string_view>

#include "base/text.h"
#include "plan/syntax_tree.h"

namespace weir::plan {

namespace {

bool same_json(const Json& a, const Json& b) { return a.dump_sorted() == b.dump_sorted(); }

// Hooks as texts, however they were written.
Json plain_hooks(const Json& hooks) {
  Json out = Json::array();
  const auto take = [&out](const Json& hook) {
    if (hook.is_string()) out.push_back(trim(hook.as_string()));
    if (hook.is_object()) out.push_back(trim(hook.get_string("sql").value_or("")));
  };
  if (!hooks.is_array())
    take(hooks);
  else
    for (const Json& hook : hooks.as_array()) take(hook);
  return out;
}

// Each item of a list once: dbt writes what YAML says twice where it appends.
Json once(const Json& value) {
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, item] : value.as_object()) out.set(key, once(item));
    return out;
  }
  if (!value.is_array()) return value;
  Json out = Json::array();
  std::set<std::string> seen;
  for (const Json& item : value.as_array())
    if (seen.insert(item.dump_sorted()).second) out.push_back(item);
  return out;
}

bool is_hook(std::string_view key) {
  return key == "pre-hook" || key == "post-hook" || key == "pre_hook" || key == "post_hook";
}

// A hook goes by two names.
const Json* config_key(const Json& config, const std::string& key) {
  if (const Json* found = config.find(key); found || !is_hook(key)) return found;
  std::string other = key;
  char& between = other[other.find_first_of("-_")];
  between = between == '-' ? '_' : '-';
  return config.find(other);
}

}  // namespace

bool same_config_key(const Json& now, const Json& then, const std::string& key, bool same_file) {
  const Json *a = config_key(now, key), *b = config_key(then, key);
  const auto says_nothing = [](const Json* value) {
    return !value || value->is_null() || ((value->is_object() || value->is_array()) && value->size() == 0);
  };
  if (b && is_syntax_tree(*b)) return same_as_tree(a ? *a : Json(), b->as_string(), same_file);
  if (says_nothing(a) || says_nothing(b)) return says_nothing(a) && says_nothing(b);
  if (is_hook(key)) return same_json(once(plain_hooks(*a)), once(plain_hooks(*b)));
  return same_json(once(*a), once(*b));
}

}  // namespace weir::plan
