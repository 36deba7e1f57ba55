#include "plan/state_comparison.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "project/node_values.h"
#include "project/rendering.h"

namespace weir::plan {

using project::Declared;
using project::Macro;
using project::Node;
using project::Project;
using project::ResourceType;

namespace {

using Keys = std::vector<std::string>;

const Json& member(const Json& object, std::string_view key) {
  static const Json nothing;
  const Json* found = object.find(key);
  return found ? *found : nothing;
}

// Without nulls and empty mappings: what is not said, however it is not said.
Json said(const Json& value) {
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.as_array()) out.push_back(said(item));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [key, item] : value.as_object()) {
    Json inner = said(item);
    if (!inner.is_null() && !(inner.is_object() && inner.size() == 0)) out.set(key, std::move(inner));
  }
  return out.size() == 0 ? Json() : out;
}

bool same(const Json& a, const Json& b) { return a.dump_sorted() == b.dump_sorted(); }

bool same_said(const Json& a, const Json& b, const Keys& keys) {
  return std::all_of(keys.begin(), keys.end(),
                     [&](const std::string& key) { return same(said(member(a, key)), said(member(b, key))); });
}

bool same_text(const Json& a, const Json& b, std::string_view key) {
  return trim(a.get_string(key).value_or("")) == trim(b.get_string(key).value_or(""));
}

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

bool same_config_key(const Json& now, const Json& then, const std::string& key) {
  const Json *a = now.find(key), *b = then.find(key);
  if (!a || !b) return !a && !b;
  if (key == "pre-hook" || key == "post-hook") return same(plain_hooks(*a), plain_hooks(*b));
  return same(*a, *b);
}

// Where a node lives and what it is tagged with is no change of its configuration.
bool same_config(const Json& now, const Json& then, bool generic_test) {
  static const Keys not_compared = {"alias", "schema", "database", "tags", "group"};
  static const Keys of_tests = {"severity", "where",    "limit",          "fail_calc",
                                "warn_if",  "error_if", "store_failures", "store_failures_as"};
  const Json &a = member(now, "unrendered_config"), &b = member(then, "unrendered_config");
  std::set<std::string> keys;
  for (const Json* side : {&a, &b})
    if (side->is_object())
      for (const auto& entry : side->as_object()) keys.insert(entry.first);
  return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
    const Keys& list = generic_test ? of_tests : not_compared;
    const bool listed = std::find(list.begin(), list.end(), key) != list.end();
    return listed != generic_test || same_config_key(a, b, key);
  });
}

bool same_body(const Node& node, const Json& now, const Json& then) {
  if (node.type == ResourceType::seed) return same(member(now, "checksum"), member(then, "checksum"));
  return same_text(now, then, "raw_code");
}

bool same_persisted_descriptions(const Json& now, const Json& then) {
  const Json& persisted = member(member(now, "config"), "persist_docs");
  const auto is_on = [&](std::string_view key) { return same(member(persisted, key), Json(true)); };
  if (is_on("relation") && !same_text(now, then, "description")) return false;
  if (!is_on("columns")) return true;
  const auto descriptions = [](const Json& node) {
    Json out = Json::object();
    const Json& columns = member(node, "columns");
    if (columns.is_object())
      for (const auto& [name, column] : columns.as_object()) out.set(name, member(column, "description"));
    return out;
  };
  return same(descriptions(now), descriptions(then));
}

bool same_relation(const Node& node, const Json& now, const Json& then) {
  if (node.type == ResourceType::source) return same_said(now, then, {"database", "schema", "identifier"});
  return same_said(member(now, "unrendered_config"), member(then, "unrendered_config"),
                   {"database", "schema", "alias"});
}

bool contract_enforced(const Json& node) {
  return same(member(member(node, "contract"), "enforced"), Json(true)) ||
         same(member(member(member(node, "config"), "contract"), "enforced"), Json(true));
}

// Names, types and constraints of the columns, in any order.
Json contract_columns(const Json& node) {
  Json out = Json::object();
  const Json& columns = member(node, "columns");
  if (columns.is_object())
    for (const auto& [name, column] : columns.as_object())
      out.set(name, Json::object()
                        .set("type", member(column, "data_type"))
                        .set("constraints", said(member(column, "constraints"))));
  return out;
}

bool same_contract(const Node& node, const Json& now, const Json& then) {
  if (node.type != ResourceType::model) return true;
  const bool was = contract_enforced(then), is = contract_enforced(now);
  if (was != is) return false;
  if (!is) return true;
  return same(contract_columns(now), contract_columns(then)) && same_said(now, then, {"constraints"});
}

bool macros_changed(const Project& project, const std::vector<std::string>& macros, const PreviousState& state,
                    std::set<std::string>& seen) {
  for (const std::string& id : macros) {
    const Macro* macro = project.find_macro(id);
    if (!macro || !seen.insert(id).second) continue;  // dbt's own are weir's: they change with weir
    const Json* then = state.macro(id);
    const project::MacroEntry* entry = project.rendering->macros.by_id(id);
    if (!then || !entry || trim(entry->block->source) != trim(then->get_string("macro_sql").value_or(""))) return true;
    if (macros_changed(project, macro->depends_on_macros, state, seen)) return true;
  }
  return false;
}

bool same_unit_test(const Json& now, const Json& then) {
  const auto rows_only = [](const Json& test) {
    Json given = Json::array();
    const Json& list = member(test, "given");
    if (list.is_array())
      for (const Json& input : list.as_array())
        given.push_back(Json::object()
                            .set("input", member(input, "input"))
                            .set("format", member(input, "format"))
                            .set("rows", said(member(input, "rows"))));
    const Json& expect = member(test, "expect");
    return Json::object().set("given", std::move(given)).set("rows", said(member(expect, "rows")));
  };
  return same(rows_only(now), rows_only(then)) && same_said(now, then, {"model", "overrides"});
}

bool same_source(const Node& node, const Json& now, const Json& then) {
  return same_relation(node, now, then) && same(member(now, "fqn"), member(then, "fqn")) &&
         same_config(now, then, false) && same_said(now, then, {"freshness", "loaded_at_field", "external"});
}

bool same_contents(const Node& node, const Json& now, const Json& then) {
  if (node.type == ResourceType::source) return same_source(node, now, then);
  if (node.unit) return same_unit_test(now, then);
  const bool generic = node.test && !node.test->singular();
  if (!same(member(now, "fqn"), member(then, "fqn")) || !same_config(now, then, generic)) return false;
  if (generic) return true;
  if (node.type == ResourceType::model && !same_said(now, then, {"latest_version", "access", "deprecation_date"}))
    return false;
  return same_body(node, now, then) && same_persisted_descriptions(now, then) && same_relation(node, now, then) &&
         same_contract(node, now, then);
}

bool modified(const Project& project, const Node& node, const Json& now, const Json* then, const PreviousState& state) {
  if (!then && node.type != ResourceType::source) return true;
  if (then && !same_contents(node, now, *then)) return true;
  std::set<std::string> seen;
  return macros_changed(project, node.depends_on_macros, state, seen);
}

// Everything that `part` says stands in `whole` too: other readers write out what is not said.
bool within(const Json& part, const Json& whole) {
  if (part.is_array())
    return whole.is_array() && part.size() == whole.size() &&
           std::equal(part.as_array().begin(), part.as_array().end(), whole.as_array().begin(), within);
  if (!part.is_object()) return same(part, whole);
  return std::all_of(part.as_object().begin(), part.as_object().end(), [&](const auto& entry) {
    return entry.second.is_null() || within(entry.second, member(whole, entry.first));
  });
}

bool same_declared(const Declared& item, const Json& now, const Json& then) {
  if (item.kind == "metric") return same_said(now, then, {"type", "description", "label"});
  if (item.kind != "exposure") return within(item.body, then);
  const auto inputs = [](const Json& exposure) {
    std::set<std::string> out;
    const Json& nodes = member(member(exposure, "depends_on"), "nodes");
    if (nodes.is_array())
      for (const Json& id : nodes.as_array()) out.insert(id.as_string());
    return out;
  };
  return same_said(now, then, {"fqn", "type", "owner", "maturity", "url", "description", "label"}) &&
         inputs(now) == inputs(then);
}

}  // namespace

const std::vector<std::string>& state_words() {
  static const std::vector<std::string> words = {"new",
                                                 "old",
                                                 "modified",
                                                 "unmodified",
                                                 "modified.body",
                                                 "modified.configs",
                                                 "modified.persisted_descriptions",
                                                 "modified.relation",
                                                 "modified.macros",
                                                 "modified.contract"};
  return words;
}

bool is_in_state(std::string_view word, const Project& project, const Node& node, const PreviousState& state) {
  const Json* then = state.node(node.unique_id);
  if (word == "new") return !then;
  if (word == "old") return then;
  if (word == "modified.macros") {
    std::set<std::string> seen;
    return macros_changed(project, node.depends_on_macros, state, seen);
  }
  const Json now = project::node_json(node);
  if (word == "modified") return modified(project, node, now, then, state);
  if (word == "unmodified") return !modified(project, node, now, then, state);
  const bool source = node.type == ResourceType::source;
  if (node.unit || (source && word != "modified.configs" && word != "modified.relation")) return false;
  if (!then) return true;
  if (word == "modified.body") return !same_body(node, now, *then);
  if (word == "modified.configs") return !same_config(now, *then, node.test && !node.test->singular());
  if (word == "modified.relation") return !same_relation(node, now, *then);
  if (word == "modified.contract") return !same_contract(node, now, *then);
  return !same_persisted_descriptions(now, *then);
}

bool is_in_state(std::string_view word, const Declared& item, const PreviousState& state) {
  const Json* then = state.node(item.unique_id);
  if (word == "new") return !then;
  if (word == "old") return then;
  const bool modified = then && !same_declared(item, project::declared_json(item), *then);
  if (word == "modified") return modified;
  return word == "unmodified" && !modified;
}

}  // namespace weir::plan
