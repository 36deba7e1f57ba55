#include "plan/state_comparison.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "base/time.h"
#include "checks/check.h"
#include "plan/config_comparison.h"
#include "plan/syntax_tree.h"
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

// Where a node lives and what it is tagged with is no change of its configuration.
bool same_config(const Json& now, const Json& then, bool generic_test) {
  static const Keys not_compared = {"alias", "schema", "database", "tags", "group"};
  static const Keys of_tests = {"severity", "where",    "limit",          "fail_calc",
                                "warn_if",  "error_if", "store_failures", "store_failures_as"};
  const Json &a = member(now, "unrendered_config"), &b = member(then, "unrendered_config");
  const bool same_file = generic_test || same_text(now, then, "raw_code");
  std::set<std::string> keys;
  for (const Json* side : {&a, &b})
    if (side->is_object())
      for (const auto& entry : side->as_object()) keys.insert(entry.first);
  return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
    const Keys& list = generic_test ? of_tests : not_compared;
    const bool listed = std::find(list.begin(), list.end(), key) != list.end();
    return listed != generic_test || same_config_key(a, b, key, same_file);
  });
}

bool same_body(const Node& node, const Json& now, const Json& then) {
  const Json& checksum = member(then, "checksum");
  // dbt does not read seeds above 1 MiB: of them it knows the path.
  if (node.type == ResourceType::seed && checksum.get_string("name") == "path")
    return checksum.get_string("checksum") == node.file;
  if (node.type == ResourceType::seed) return same(member(now, "checksum"), checksum);
  if (node.test && !node.test->singular()) return true;  // it has no text of its own
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

// Of a source what is written is compared where dbt_project.yml says so, else what it means here.
bool same_relation(const Project& project, const Node& node, const Json& now, const Json& then) {
  if (node.type == ResourceType::source) {
    const bool written = same(member(project.flags, "state_modified_compare_more_unrendered_values"), Json(true));
    const std::string prefix = written ? "unrendered_" : "";
    return same_said(now, then, {prefix + "database", prefix + "schema", "identifier"});
  }
  const Json &a = member(now, "unrendered_config"), &b = member(then, "unrendered_config");
  for (const char* key : {"database", "schema", "alias"})
    if (!(is_syntax_tree(member(b, key))
              ? same_as_tree(member(a, key), member(b, key).as_string(), same_text(now, then, "raw_code"))
              : same(said(member(a, key)), said(member(b, key)))))
      return false;
  return true;
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
  const auto rows_of = [](const Json& part) {
    const Json& rows = member(part, "rows");
    return rows.is_string() ? Json(trim(rows.as_string())) : said(rows);  // a query, or what they are
  };
  const auto rows_only = [&](const Json& test) {
    Json given = Json::array();
    const Json& list = member(test, "given");
    if (list.is_array())
      for (const Json& input : list.as_array())
        given.push_back(Json::object()
                            .set("input", member(input, "input"))
                            .set("format", member(input, "format"))
                            .set("rows", rows_of(input)));
    const Json& expect = member(test, "expect");
    return Json::object().set("given", std::move(given)).set("rows", rows_of(expect));
  };
  return same(rows_only(now), rows_only(then)) && same_said(now, then, {"model", "overrides"});
}

bool same_source(const Project& project, const Node& node, const Json& now, const Json& then) {
  return same_relation(project, node, now, then) && same(member(now, "fqn"), member(then, "fqn")) &&
         same_config(now, then, false) && same_said(now, then, {"freshness", "loaded_at_field", "external"});
}

bool same_contents(const Project& project, const Node& node, const Json& now, const Json& then) {
  if (node.type == ResourceType::source) return same_source(project, node, now, then);
  if (node.unit) return same_unit_test(now, then);
  const bool generic = node.test && !node.test->singular();
  if (!same(member(now, "fqn"), member(then, "fqn")) || !same_config(now, then, generic)) return false;
  if (generic) return true;
  if (node.type == ResourceType::model && !same_said(now, then, {"latest_version", "access", "deprecation_date"}))
    return false;
  if (node.is_function() && !same_said(now, then, {"arguments", "returns"})) return false;
  return same_body(node, now, then) && same_persisted_descriptions(now, then) &&
         same_relation(project, node, now, then) && same_contract(node, now, then);
}

// A test that was taken away is told here, not only when it is to run: what it depends on cannot be compared.
void check_test_is_there(const Node& node) {
  if (!node.test || node.test->singular() || !node.test->macro.empty() || checks::is_built_in(node.test->kind)) return;
  throw Error(ErrorCode::unknown_test,
              "the generic test " + node.test->kind + " does not exist, and " + node.name + " is one")
      .with_span(node.span)
      .with_hint("put it back, or take it out of the YAML; weir deps installs tests of packages")
      .add_context(node.unique_id);
}

bool modified(const Project& project, const Node& node, const Json& now, const Json* then, const PreviousState& state) {
  check_test_is_there(node);
  if (!then && node.type != ResourceType::source) return true;
  if (then && !same_contents(project, node, now, *then)) return true;
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

// Of exports what is written counts, so that another target is no change.
bool same_saved_query(const Json& now, const Json& then) {
  const auto exports = [](const Json& query) {
    Json out = Json::array();
    const Json& list = member(query, "exports");
    if (!list.is_array()) return out;
    for (const Json& one : list.as_array()) {
      const Json& written = member(one, "unrendered_config");
      Json own = Json::object().set("name", member(one, "name"));
      for (const char* key : {"export_as", "schema", "alias"}) own.set(key, member(written, key));
      out.push_back(said(own));
    }
    return out;
  };
  return same_said(now, then, {"description", "label", "config", "group", "tags"}) &&
         same_said(member(now, "query_params"), member(then, "query_params"), {"metrics", "group_by", "where"}) &&
         same(exports(now), exports(then));
}

bool same_declared(const Declared& item, const Json& now, const Json& then) {
  if (item.kind == "saved_query") return same_saved_query(now, then);
  if (item.kind == "metric") return same_said(now, then, {"type", "description", "label"});
  if (item.kind == "semantic_model") {
    Json body = item.body;
    body.erase("node_relation");  // where its model is here
    for (const char* kind : {"dimensions", "entities", "measures"})
      if (const Json* list = now.find(kind)) body.set(kind, *list);
    return within(body, then);
  }
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

// A type without its sizes: "varchar(10)" and "VARCHAR" promise the same.
std::string base_type(const Json& type) {
  const std::string text = type.is_string() ? type.as_string() : std::string();
  return lower(trim(text.substr(0, text.find('('))));
}

std::string type_text(const Json& type) { return type.is_string() ? type.as_string() : std::string("none"); }

bool holds_constraints(const Json& node) {
  const auto materialized = member(node, "config").get_string("materialized");
  return materialized == "table" || materialized == "incremental";
}

// Constraints of then that are not there now, as they are told.
std::vector<std::string> gone(const Json& then, const Json& now, const std::string& whose) {
  std::vector<std::string> out;
  if (!then.is_array()) return out;
  for (const Json& constraint : then.as_array()) {
    const auto is_it = [&](const Json& other) { return same(said(other), said(constraint)); };
    if (now.is_array() && std::any_of(now.as_array().begin(), now.as_array().end(), is_it)) continue;
    const auto name = constraint.get_string("name");
    out.push_back("'" + (name ? *name : constraint.get_string("type").value_or("")) + "' constraint on " + whose);
  }
  return out;
}

void add_change(std::vector<std::string>& changes, const std::string& what, const std::vector<std::string>& list) {
  if (!list.empty()) changes.push_back(what + ": " + join(list, ", "));
}

std::vector<std::string> broken_promises(const Json& now, const Json& then) {
  std::vector<std::string> out, removed, types, of_columns, of_model;
  if (!contract_enforced(now)) out.emplace_back("Contract enforcement was removed");
  const Json &columns = member(now, "columns"), &before = member(then, "columns");
  bool any_constraint = member(then, "constraints").is_array() && member(then, "constraints").size() > 0;
  if (before.is_object())
    for (const auto& [name, column] : before.as_object()) {
      const Json& constraints = member(column, "constraints");
      any_constraint = any_constraint || (constraints.is_array() && constraints.size() > 0);
      const Json& own = member(columns, name);
      if (own.is_null()) {
        removed.push_back(name);
        continue;
      }
      const Json &was = member(column, "data_type"), &is = member(own, "data_type");
      if (base_type(was) != base_type(is)) types.push_back(name + " (" + type_text(was) + " -> " + type_text(is) + ")");
      if (!holds_constraints(then)) continue;
      const auto list = gone(constraints, member(own, "constraints"), "column " + name);
      of_columns.insert(of_columns.end(), list.begin(), list.end());
    }
  if (holds_constraints(then)) of_model = gone(member(then, "constraints"), member(now, "constraints"), "the model");
  add_change(out, "Columns were removed", removed);
  add_change(out, "Columns have another data_type", types);
  add_change(out, "Enforced column level constraints were removed", of_columns);
  add_change(out, "Enforced model level constraints were removed", of_model);
  if (holds_constraints(then) && !holds_constraints(now) && any_constraint)
    out.push_back("Materialization changed with enforced constraints: " +
                  member(then, "config").get_string("materialized").value_or("") + " -> " +
                  member(now, "config").get_string("materialized").value_or(""));
  return out;
}

bool is_past_deprecation(const Project& project, const Json& node) {
  const auto text = node.get_string("deprecation_date");
  const auto date = text ? parse_iso_us(*text) : std::nullopt;
  return date && *date < project.rendering->started_at_ms * 1000;
}

}  // namespace

std::vector<ContractBreak> contract_breaks(const Project& project, const PreviousState& state) {
  std::vector<ContractBreak> out;
  const auto add = [&](const Json& node, std::vector<std::string> changes) {
    out.push_back({node.get_string("unique_id").value_or(""), node.get_string("name").value_or(""),
                   node.get_string("original_file_path").value_or(""), !member(node, "version").is_null(),
                   std::move(changes)});
  };
  for (const Json* then : state.nodes()) {
    if (then->get_string("resource_type") != "model" || !contract_enforced(*then)) continue;
    const std::string id = then->get_string("unique_id").value_or("");
    if (const Node* node = project.find(id)) {
      const Json now = project::node_json(*node);
      if (auto changes = broken_promises(now, *then); !changes.empty()) add(now, std::move(changes));
      continue;
    }
    const auto off = std::find_if(project.disabled.begin(), project.disabled.end(),
                                  [&](const Node& node) { return node.unique_id == id; });
    const Json now = off == project.disabled.end() ? *then : project::node_json(*off);
    if (contract_enforced(now) && !is_past_deprecation(project, now))
      add(now, {"Contracted model '" + id + "' was " +
                (off == project.disabled.end() ? "deleted or renamed." : "disabled.")});
  }
  return out;
}

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
  if (word == "modified.relation") return !same_relation(project, node, now, *then);
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
