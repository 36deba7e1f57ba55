#include "plan/node_change.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "plan/state_comparison.h"
#include "project/node_values.h"

namespace weir::plan {

using project::Node;
using project::Project;
using project::ResourceType;

namespace {

bool same(const Json& a, const Json& b) { return a.dump_sorted() == b.dump_sorted(); }

std::string text_of(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return value.as_string();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const Json& item : value.as_array()) parts.push_back(text_of(item));
  return parts.empty() ? "none" : join(parts, ", ");
}

// A text and a list of one are the same key.
Json as_list(const Json& value) {
  if (value.is_array()) return value.size() == 0 ? Json() : value;
  return value.is_null() || (value.is_string() && value.as_string().empty()) ? Json() : Json(Json::Array{value});
}

bool contract_enforced(const Json& node) {
  return same(member(member(node, "contract"), "enforced"), Json(true)) ||
         same(member(member(member(node, "config"), "contract"), "enforced"), Json(true));
}

// Columns that a test says are unique, as texts.
void add_unique(const Json& test, const std::string& node, std::set<std::string>& out) {
  if (test.get_string("resource_type") != "test" || test.get_string("attached_node") != node) return;
  const Json& metadata = member(test, "test_metadata");
  if (!metadata.is_object()) return;
  const auto name = metadata.get_string("name");
  const Json& kwargs = member(metadata, "kwargs");
  if (name == "unique") {
    if (const auto column = kwargs.get_string("column_name")) out.insert(*column);
  } else if (name == "unique_combination_of_columns") {
    out.insert(text_of(member(kwargs, "combination_of_columns")));
  }
}

// ref('a'), ref('shop', 'a'), ref('a', v=2), source('raw', 'a'): how the unique_id of what it names ends. "" for other
// texts.
std::string end_of_id(std::string_view text) {
  text = trim(text);
  if ((!text.starts_with("ref(") && !text.starts_with("source(")) || !text.ends_with(")")) return {};
  std::vector<std::string> names;
  const size_t open = text.find('(') + 1;
  for (const std::string& part : split(std::string(text.substr(open, text.size() - open - 1)), ',')) {
    std::string_view word = trim(part);
    const bool version = word.starts_with("v=") || word.starts_with("version=");
    if (version) word = trim(word.substr(word.find('=') + 1));
    if (word.size() > 1 && (word.front() == '\'' || word.front() == '"')) word = word.substr(1, word.size() - 2);
    names.push_back((version ? "v" : "") + std::string(word));
  }
  return join(names, ".");
}

class Comparison {
 public:
  Comparison(const Project& project, const Node& node, const Json& then, const PreviousState& state)
      : project_(project), node_(node), then_(then), state_(state), now_(project::node_json(node)) {}

  std::vector<ChangeFinding> findings() {
    relation();
    contract();
    keys();
    configs();
    access();
    if (is("modified.body"))
      add(Impact::data, "body", node_.type == ResourceType::seed ? "its file has changed" : "its SQL has changed");
    if (is("modified.macros")) add(Impact::data, "macros", "a macro that it uses has changed");
    descriptions();
    return std::move(out_);
  }

 private:
  bool is(std::string_view word) const { return is_in_state(word, project_, node_, state_); }
  void add(Impact impact, const char* kind, std::string text) { out_.push_back({impact, kind, std::move(text)}); }

  void relation() {
    if (is("modified.relation"))
      add(Impact::breaking, "relation", "it is built under another name: database, schema or alias are configured so");
  }

  void contract() {
    const bool was = contract_enforced(then_), is = contract_enforced(now_);
    if (was && !is) add(Impact::breaking, "contract", "its contract is not enforced any more");
    if (!was && is) add(Impact::none, "contract", "its contract is enforced now");
    if (!was) return;
    const Json &columns = member(then_, "columns"), &now = member(now_, "columns");
    if (!columns.is_object()) return;
    for (const auto& [name, column] : columns.as_object()) {
      const Json* declared = now.is_object() ? now.find(name) : nullptr;
      if (!declared) {
        if (is) add(Impact::breaking, "contract", "column " + name + " is not in its contract any more");
        continue;
      }
      if (!same(member(column, "data_type"), member(*declared, "data_type")))
        add(Impact::breaking, "contract",
            "column " + name + " is declared as " + text_of(member(*declared, "data_type")) + ", before as " +
                text_of(member(column, "data_type")));
      constraints(member(column, "constraints"), member(*declared, "constraints"), "column " + name);
    }
    constraints(member(then_, "constraints"), member(now_, "constraints"), "the table");
  }

  void constraints(const Json& then, const Json& now, const std::string& whose) {
    const auto before = promises(then, false), after = promises(now, true);
    for (const auto& [promise, text] : before)
      if (!after.contains(promise))
        add(Impact::breaking, "constraint", whose + " is not held to " + text + " any more");
    for (const auto& [promise, text] : after)
      if (!before.contains(promise)) add(Impact::none, "constraint", whose + " is held to " + text + " now");
  }

  // Constraints by all that they promise, and as they are told.
  std::map<std::string, std::string> promises(const Json& list, bool of_now) const {
    std::map<std::string, std::string> out;
    if (!list.is_array()) return out;
    for (const Json& item : list.as_array()) {
      if (!item.is_object()) continue;
      const auto said = [&](const char* name) {
        const Json& value = member(item, name);
        return value.is_null() || (value.is_array() && value.size() == 0) ? std::string() : text_of(value);
      };
      const std::string type = lower(said("type")), expression(trim(said("expression"))), to = said("to"),
                        columns = said("columns"), to_columns = said("to_columns");
      std::string text = type;
      if (!columns.empty()) text += " (" + columns + ")";
      if (!expression.empty()) text += type == "check" ? " (" + expression + ")" : " " + expression;
      if (!to.empty()) text += " to " + to + (to_columns.empty() ? "" : " (" + to_columns + ")");
      const std::string target = to.empty() ? "" : target_of(to, of_now);
      out[join({type, lower(columns), expression, target, lower(to_columns)}, "\n")] = text;
    }
    return out;
  }

  // What a foreign key refers to: the node, if the text is a ref() or the name of a relation that the node reads. A
  // manifest of compiled nodes has the name, which is another one in each environment.
  std::string target_of(const std::string& to, bool of_now) const {
    std::vector<std::string> inputs;
    if (of_now) {
      inputs = node_.depends_on;
    } else if (const Json& list = member(member(then_, "depends_on"), "nodes"); list.is_array()) {
      for (const Json& id : list.as_array())
        if (id.is_string()) inputs.push_back(id.as_string());
    }
    const std::string referred = end_of_id(to);
    for (const std::string& id : inputs) {
      if (!referred.empty() ? id.ends_with("." + referred) : is_relation_of(id, to, of_now)) return id;
    }
    return to;
  }

  bool is_relation_of(const std::string& id, const std::string& relation, bool of_now) const {
    std::string name;
    if (of_now) {
      if (const Node* node = project_.find(id)) name = node->relation_text();
    } else if (const Json* node = state_.node(id)) {
      name = node->get_string("relation_name").value_or("");
    }
    const auto plain = [](const std::string& text) { return lower(replace_all(text, "\"", "")); };
    return !name.empty() && plain(name) == plain(relation);
  }

  void keys() {
    const Json before = as_list(member(member(then_, "config"), "unique_key"));
    const Json after = as_list(member(member(now_, "config"), "unique_key"));
    if (!same(before, after))
      add(before.is_null() ? Impact::data : Impact::breaking, "key",
          "its unique_key is " + text_of(after) + ", before " + text_of(before));
    std::set<std::string> was, is;
    for (const Json* test : state_.nodes()) add_unique(*test, node_.unique_id, was);
    for (const std::string& id : node_.tests) add_unique(project::node_json(project_.at(id)), node_.unique_id, is);
    for (const std::string& column : was)
      if (!is.contains(column)) add(Impact::breaking, "grain", "no test says any more that " + column + " is unique");
    for (const std::string& column : is)
      if (!was.contains(column)) add(Impact::none, "grain", "a test says now that " + column + " is unique");
  }

  // As written, so that another environment is no change.
  void configs() {
    static const std::set<std::string> elsewhere = {"alias",  "schema",   "database", "unique_key",
                                                    "access", "contract", "enabled",  "latest_version"};
    static const std::set<std::string> harmless = {
        "tags",   "meta",   "docs",      "description",  "group",
        "grants", "labels", "query_tag", "persist_docs", "persist_docs.columns"};
    const Json &before = member(then_, "unrendered_config"), &after = member(now_, "unrendered_config");
    std::set<std::string> keys;
    for (const Json* side : {&before, &after})
      if (side->is_object())
        for (const auto& entry : side->as_object()) keys.insert(entry.first);
    for (const std::string& key : keys) {
      const Json &was = member(before, key), &is = member(after, key);
      if (elsewhere.contains(key) || same(was, is)) continue;
      const std::string text = "config " + key + " is " + text_of(is) + ", before " + text_of(was);
      if (key == "incremental_strategy")
        add(Impact::breaking, "strategy", text);
      else if (key == "materialized")
        add(is.is_string() && is.as_string() == "ephemeral" ? Impact::breaking : Impact::data, "materialized", text);
      else
        add(harmless.contains(key) ? Impact::none : Impact::data, "config", text);
    }
  }

  static int width(const std::string& access) { return access == "public" ? 2 : access == "private" ? 0 : 1; }

  void access() {
    if (node_.type != ResourceType::model) return;
    const std::string before = then_.get_string("access").value_or("protected");
    const std::string after = now_.get_string("access").value_or("protected");
    if (before != after)
      add(width(after) < width(before) ? Impact::breaking : Impact::none, "access",
          "its access is " + after + ", before " + before);
    const Json &was_latest = member(then_, "latest_version"), &is_latest = member(now_, "latest_version");
    if (text_of(was_latest) != text_of(is_latest))
      add(Impact::data, "version",
          "ref() without a version means version " + text_of(is_latest) + ", before " + text_of(was_latest));
    if (!same(member(then_, "deprecation_date"), member(now_, "deprecation_date")))
      add(Impact::none, "deprecation",
          "its deprecation date is " + text_of(member(now_, "deprecation_date")) + ", before " +
              text_of(member(then_, "deprecation_date")));
  }

  void descriptions() {
    const auto texts = [](const Json& node) {
      Json out = Json::object();
      out.set("", trim(node.get_string("description").value_or("")));
      const Json& columns = member(node, "columns");
      if (columns.is_object())
        for (const auto& [name, column] : columns.as_object())
          out.set(name, trim(column.get_string("description").value_or("")));
      return out;
    };
    if (!same(texts(now_), texts(then_))) add(Impact::none, "docs", "descriptions have changed");
  }

  const Project& project_;
  const Node& node_;
  const Json& then_;
  const PreviousState& state_;
  Json now_;
  std::vector<ChangeFinding> out_;
};

}  // namespace

const Json& member(const Json& object, std::string_view key) {
  static const Json nothing;
  const Json* found = object.find(key);
  return found ? *found : nothing;
}

std::vector<ChangeFinding> node_findings(const Project& project, const Node& node, const Json& then,
                                         const PreviousState& state) {
  return Comparison(project, node, then, state).findings();
}

}  // namespace weir::plan
