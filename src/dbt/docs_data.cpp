#include "dbt/docs_data.h"

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/text.h"

namespace weir::dbt {

namespace {

bool is_empty(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_string()) return value.as_string().empty();
  return (value.is_array() || value.is_object()) && value.size() == 0;
}

// Puts the member under `as`, unless it says nothing.
void take(const Json& from, std::string_view key, Json& into, std::string_view as = {}) {
  const Json* found = from.find(key);
  if (found && !is_empty(*found)) into.set(as.empty() ? key : as, *found);
}

const Json& or_empty(const Json* value) {
  static const Json empty = Json::object();
  return value && value->is_object() ? *value : empty;
}

// [[id, column, "identity filter"], …]
Json origins(const std::vector<LineageInput>& inputs) {
  Json out = Json::array();
  for (const LineageInput& input : inputs) {
    std::vector<std::string> kinds;
    for (const engine::Derivation kind : input.kinds.list()) kinds.emplace_back(derivation_text(kind));
    out.push_back(Json::strings({input.node, input.column, join(kinds, " ")}));
  }
  return out;
}

bool is_test_type(const std::string& type) { return type == "test" || type == "unit_test"; }

class Builder {
 public:
  Builder(const Json& manifest, const Json& catalog, const Json& run_results, const std::vector<NodeLineage>& lineage)
      : manifest_(manifest), catalog_(catalog) {
    for (const NodeLineage& each : lineage) lineage_[each.unique_id] = &each;
    for (const char* kind : {"nodes", "unit_tests"})
      for (const auto& [id, node] : or_empty(manifest.find(kind)).as_object()) note_test(id, node);
    const Json* results = run_results.find("results");
    if (!results || !results->is_array()) return;
    for (const Json& result : results->as_array())
      if (const auto id = result.get_string("unique_id")) results_[*id] = &result;
  }

  Json nodes() const {
    Json out = Json::array();
    for (const char* kind :
         {"sources", "nodes", "functions", "unit_tests", "exposures", "metrics", "semantic_models", "saved_queries"})
      for (const auto& [id, node] : or_empty(manifest_.find(kind)).as_object()) out.push_back(entry(id, node));
    return out;
  }

 private:
  // A generic test says what it is of, but for a source's table, the last that it reads; a unit test depends on its
  // model alone.
  static std::optional<std::string> tested_by(const Json& node) {
    const bool test = node.get_string("resource_type") == "test";
    if (const auto attached = node.get_string("attached_node"); test && attached) return attached;
    if (test && or_empty(node.find("test_metadata")).as_object().empty()) return std::nullopt;
    const Json* read = or_empty(node.find("depends_on")).find("nodes");
    if (!read || !read->is_array() || read->size() == 0) return std::nullopt;
    return (test ? read->as_array().back() : read->as_array().front()).as_string();
  }

  void note_test(const std::string& id, const Json& node) {
    const std::string type = node.get_string("resource_type").value_or("");
    if (!is_test_type(type)) return;
    const auto attached = tested_by(node);
    if (attached) {
      const auto column = node.get_string("column_name");
      (column ? column_tests_[*attached + "\n" + lower(*column)] : table_tests_[*attached]).push_back(id);
      return;
    }
    const Json* parents = or_empty(manifest_.find("parent_map")).find(id);
    if (parents && parents->is_array())
      for (const Json& parent : parents->as_array()) table_tests_[parent.as_string()].push_back(id);
  }

  const Json& in_catalog(const std::string& id, const std::string& type) const {
    return or_empty(or_empty(catalog_.find(type == "source" ? "sources" : "nodes")).find(id));
  }

  Json entry(const std::string& id, const Json& node) const {
    const std::string type = node.get_string("resource_type").value_or("");
    Json out = Json::object().set("id", id).set("type", type);
    for (const char* key :
         {"name",   "label", "source_name", "description", "database",    "schema",         "relation_name",
          "tags",   "meta",  "group",       "access",      "version",     "latest_version", "deprecation_date",
          "loader", "owner", "maturity",    "url",         "column_name", "model"})
      take(node, key, out);
    take(node, "source_description", out);
    take(node, "package_name", out, "package");
    take(node, "original_file_path", out, "file");
    take(node, "raw_code", out, "code");
    take(node, "compiled_code", out, "compiled");
    if (type == "function")
      for (const char* key : {"arguments", "returns"}) take(node, key, out);
    if (type == "exposure") take(node, "type", out, "exposure_type");
    add_config(node, out);
    if (is_test_type(type)) add_test(node, out);
    const Json& real = in_catalog(id, type);
    take(or_empty(real.find("metadata")), "type", out, "kind");
    take(or_empty(real.find("metadata")), "comment", out);
    add_stats(real, out);
    add_columns(id, node, real, out);
    add_edges(id, out);
    if (const auto found = table_tests_.find(id); found != table_tests_.end())
      out.set("tests", Json::strings(found->second));
    add_result(id, out);
    return out;
  }

  static void add_config(const Json& node, Json& out) {
    const Json& config = or_empty(node.find("config"));
    take(config, "materialized", out);
    for (const char* key : {"unique_key", "incremental_strategy", "strategy", "severity"}) take(config, key, out);
    if (or_empty(config.find("contract")).get_bool("enforced").value_or(false)) out.set("contract", true);
    const Json& docs = or_empty(config.find("docs"));
    take(docs, "node_color", out, "color");
    if (!docs.get_bool("show").value_or(true)) out.set("hidden", true);
  }

  static void add_test(const Json& node, Json& out) {
    const Json& metadata = or_empty(node.find("test_metadata"));
    take(metadata, "name", out, "test");
    take(metadata, "namespace", out, "namespace");
    Json arguments = Json::object();
    for (const auto& [key, value] : or_empty(metadata.find("kwargs")).as_object())
      if (key != "model" && key != "column_name") arguments.set(key, value);
    if (arguments.size() > 0) out.set("arguments", std::move(arguments));
    if (const auto tested = tested_by(node)) out.set("attached", *tested);
    for (const char* part : {"given", "expect"}) take(node, part, out);
  }

  static void add_stats(const Json& real, Json& out) {
    Json stats = Json::array();
    for (const auto& [id, stat] : or_empty(real.find("stats")).as_object())
      if (stat.get_bool("include").value_or(false))
        stats.push_back(Json::object()
                            .set("id", id)
                            .set("label", stat.get_string("label").value_or(id))
                            .set("value", stat.at("value")));
    if (stats.size() > 0) out.set("stats", std::move(stats));
  }

  // Those that the target has, in its order, then those that are only declared. What a column comes from is to stand
  // beside its type.
  void add_columns(const std::string& id, const Json& node, const Json& real, Json& out) const {
    const Json& declared = or_empty(node.find("columns"));
    const auto derived = lineage_.find(id);
    Json columns = Json::array();
    std::map<std::string, bool> seen;
    const auto add = [&](const std::string& name, const Json* there, const Json* said) {
      seen[lower(name)] = true;
      Json column = Json::object().set("name", name);
      if (there) take(*there, "type", column);
      if (there) take(*there, "comment", column);
      if (said)
        for (const char* key : {"description", "tags", "meta", "constraints"}) take(*said, key, column);
      if (said) take(*said, "data_type", column, "declared");
      if (const auto found = column_tests_.find(id + "\n" + lower(name)); found != column_tests_.end())
        column.set("tests", Json::strings(found->second));
      if (derived != lineage_.end())
        for (const LineageColumn& made : derived->second->columns)
          if (iequals(made.name, name) && !made.inputs.empty()) column.set("from", origins(made.inputs));
      columns.push_back(std::move(column));
    };
    const auto said_of = [&](const std::string& name) {
      const Json* said = nullptr;
      for (const auto& [other, declaration] : declared.as_object())
        if (iequals(other, name)) said = &declaration;
      return said;
    };
    for (const auto& [name, column] : or_empty(real.find("columns")).as_object()) add(name, &column, said_of(name));
    // Of what is not built, those that its SQL gives.
    if (derived != lineage_.end())
      for (const LineageColumn& made : derived->second->columns) {
        if (seen.contains(lower(made.name))) continue;
        const Json type = Json::object().set("type", made.type);
        add(made.name, &type, said_of(made.name));
      }
    for (const auto& [name, declaration] : declared.as_object())
      if (!seen.contains(lower(name))) add(name, nullptr, &declaration);
    if (derived != lineage_.end() && !derived->second->rows.empty()) out.set("rows", origins(derived->second->rows));
    if (columns.size() > 0) out.set("columns", std::move(columns));
  }

  void add_edges(const std::string& id, Json& out) const {
    for (const auto& [map, key] : {std::pair("parent_map", "parents"), std::pair("child_map", "children")}) {
      Json others = Json::array();
      const Json* found = or_empty(manifest_.find(map)).find(id);
      if (found && found->is_array())
        for (const Json& other : found->as_array()) {
          const std::string& text = other.as_string();
          if (!text.starts_with("test.") && !text.starts_with("unit_test.")) others.push_back(other);
        }
      if (others.size() > 0) out.set(key, std::move(others));
    }
  }

  void add_result(const std::string& id, Json& out) const {
    const auto found = results_.find(id);
    if (found == results_.end()) return;
    Json result = Json::object();
    for (const char* key : {"status", "message", "failures", "execution_time"}) take(*found->second, key, result);
    const Json* timing = found->second->find("timing");
    if (timing && timing->is_array() && timing->size() > 0)
      take(timing->as_array().back(), "completed_at", result, "at");
    out.set("result", std::move(result));
  }

  const Json& manifest_;
  const Json& catalog_;
  std::unordered_map<std::string, std::vector<std::string>> table_tests_, column_tests_;
  std::unordered_map<std::string, const Json*> results_;
  std::unordered_map<std::string, const NodeLineage*> lineage_;
};

}  // namespace

Json docs_data(const Json& manifest, const Json& catalog, const Json& run_results,
               const std::vector<NodeLineage>& lineage) {
  const Json& metadata = or_empty(manifest.find("metadata"));
  Json out = Json::object();
  take(metadata, "project_name", out, "project");
  take(metadata, "adapter_type", out, "adapter");
  take(metadata, "generated_at", out);
  const std::string overview = "doc." + metadata.get_string("project_name").value_or("") + ".__overview__";
  take(or_empty(or_empty(manifest.find("docs")).find(overview)), "block_contents", out, "overview");
  return out.set("nodes", Builder(manifest, catalog, run_results, lineage).nodes());
}

}  // namespace weir::dbt
