#include "project/node_values.h"

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "project/node_path.h"

namespace weir::project {

namespace {

// Of a test: where it keeps the rows that fail.
std::string rows_relation(const Node& node) {
  if (!node.test || !node.test->store_failures) return node.relation_text();
  return node.place().text();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json of_described(const Node& node, const char* key, const Json& otherwise) {
  const Json* found = node.described.find(key);
  return found ? *found : otherwise;
}

// Versions are numbers where they look like some.
Json version_json(const std::string& version) {
  if (const auto whole = parse_int(version)) return *whole;
  if (const auto real = parse_double(version)) return *real;
  return text_or_null(version);
}

Json column_json(const Column& column, Json granularity) {
  return Json::object()
      .set("name", column.name)
      .set("description", column.description)
      .set("meta", column.meta)
      .set("data_type", text_or_null(column.data_type))
      .set("constraints", column.constraints)
      .set("quote", column.quote ? Json(true) : Json())
      .set("config", Json::object().set("meta", column.meta).set("tags", Json::strings(column.tags)))
      .set("tags", Json::strings(column.tags))
      .set("granularity", std::move(granularity))
      .set("doc_blocks", Json::strings(column.doc_blocks));
}

Json node_columns_json(const Node& node) {
  Json out = Json::object();
  const Json granularities = of_described(node, "granularities", Json::object());
  for (const Column& column : node.columns) {
    const Json* own = granularities.find(column.name);
    out.set(column.name, column_json(column, own ? *own : Json()));
  }
  return out;
}

}  // namespace

Json refs_json(const std::vector<Ref>& refs) {
  Json out = Json::array();
  for (const Ref& ref : refs)
    out.push_back(Json::object()
                      .set("name", ref.name)
                      .set("package", text_or_null(ref.package))
                      .set("version", !ref.version          ? Json()
                                      : ref.version_is_text ? Json(*ref.version)
                                                            : version_json(*ref.version)));
  return out;
}

Json sources_json(const std::vector<std::pair<std::string, std::string>>& sources) {
  Json out = Json::array();
  for (const auto& [source, table] : sources) out.push_back(Json::strings(std::vector<std::string>{source, table}));
  return out;
}

namespace {

Json functions_json(const std::vector<Ref>& functions) {
  Json out = Json::array();
  for (const Ref& call : functions) {
    std::vector<std::string> given{call.name};
    if (!call.package.empty()) given.insert(given.begin(), call.package);
    out.push_back(Json::strings(given));
  }
  return out;
}

// What dbt writes of a function that no YAML describes.
Json no_returns() { return Json::object().set("data_type", "INVALID_TYPE").set("description", Json()); }

// Defaults of every node's configuration, then those of its kind.
Json default_config(const Node& node) {
  Json out = Json::object().set("enabled", true).set("static_analysis", Json());
  if (node.type == ResourceType::source)
    return out.set("event_time", Json())
        .set("freshness", Json())
        .set("loaded_at_field", Json())
        .set("loaded_at_query", Json())
        .set("meta", Json::object())
        .set("tags", Json::array());
  if (node.type == ResourceType::unit_test) return out.set("tags", Json::array()).set("meta", Json::object());
  out.set("alias", Json()).set("schema", Json()).set("database", Json());
  out.set("tags", Json::array()).set("meta", Json::object()).set("group", Json());
  out.set("materialized", node.config->materialized);
  if (node.type == ResourceType::test)
    return out.set("schema", "dbt_test__audit")
        .set("severity", "ERROR")
        .set("store_failures", Json())
        .set("store_failures_as", Json())
        .set("where", Json())
        .set("limit", Json())
        .set("fail_calc", "count(*)")
        .set("warn_if", "!= 0")
        .set("error_if", "!= 0");
  out.set("incremental_strategy", Json()).set("batch_size", Json()).set("lookback", 1).set("begin", Json());
  out.set("persist_docs", Json::object()).set("post-hook", Json::array()).set("pre-hook", Json::array());
  out.set("quoting", Json::object()).set("column_types", Json::object()).set("full_refresh", Json());
  out.set("unique_key", Json()).set("on_schema_change", "ignore").set("on_configuration_change", "apply");
  out.set("grants", Json::object()).set("packages", Json::array());
  out.set("docs", Json::object().set("show", true).set("node_color", Json()));
  out.set("contract", Json::object().set("enforced", false).set("alias_types", true));
  out.set("event_time", Json()).set("concurrent_batches", Json());
  if (node.type == ResourceType::model) out.set("access", "protected").set("freshness", Json());
  if (node.is_function())
    out.set("type", "scalar").set("volatility", Json()).set("runtime_version", Json()).set("entry_point", Json());
  if (node.type == ResourceType::seed) out.set("delimiter", ",").set("quote_columns", Json());
  Json no_names = Json::object();
  for (const char* name : {"dbt_valid_from", "dbt_valid_to", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"})
    no_names.set(name, Json());
  if (node.type == ResourceType::snapshot)
    out.set("strategy", Json())
        .set("target_schema", Json())
        .set("target_database", Json())
        .set("updated_at", Json())
        .set("check_cols", Json())
        .set("snapshot_meta_column_names", no_names)
        .set("dbt_valid_to_current", Json());
  return out;
}

// With what is not said, as dbt writes it.
Json freshness_json(const Json& declared) {
  const Json no_limit = Json::object().set("count", Json()).set("period", Json());
  Json out = Json::object().set("warn_after", no_limit).set("error_after", no_limit).set("filter", Json());
  for (const auto& [key, value] : declared.as_object()) {
    Json* limit = out.find(key);
    if (limit && limit->is_object() && value.is_object())
      for (const auto& [part, setting] : value.as_object()) limit->set(part, setting);
    else
      out.set(key, value);
  }
  return out;
}

void add_source_keys(const Node& node, Json& out) {
  out.set("source_name", node.source_name).set("source_description", of_described(node, "source_description", ""));
  out.set("loader", of_described(node, "loader", "")).set("identifier", node.alias);
  Json quoting = Json::object();
  const Json* said = node.described.find("quoting");
  for (const char* part : {"database", "schema", "identifier", "column"}) {
    const Json* value = said && said->is_object() ? said->find(part) : nullptr;
    quoting.set(part, value ? *value : Json());
  }
  out.set("quoting", std::move(quoting));
  for (const char* key : {"loaded_at_field", "loaded_at_query", "freshness"}) {
    const Json* configured = node.config->all.find(key);
    Json value = configured ? *configured : of_described(node, key, Json());
    if (key == std::string_view("freshness") && (!configured || configured->is_object()))
      value = freshness_json(configured ? *configured : Json::object());
    out.find("config")->set(key, value);
    out.set(key, std::move(value));
  }
  for (const char* key : {"unrendered_database", "unrendered_schema", "external"})
    out.set(key, of_described(node, key, Json()));
  out.set("source_meta", of_described(node, "source_meta", Json::object()));
}

// How dbt writes the tested relation, and where in its YAML a generic test stands: "models.orders", "sources.raw". What
// is tested is the first that the test reads; an id does not tell where the names in it end.
}  // namespace

const Ref* tested_ref(const Node& test) {
  const std::string& id = test.test->attached_node;
  const auto found = std::find_if(test.refs.begin(), test.refs.end(), [&](const Ref& ref) {
    return id.ends_with("." + ref.name + (ref.version ? ".v" + *ref.version : std::string()));
  });
  return found == test.refs.end() ? nullptr : &*found;
}

namespace {

struct TestedNode {
  std::string call, key;
  bool of_source = false;
};

TestedNode tested_by(const Node& test) {
  const std::string& id = test.test->attached_node;
  const std::string type = id.substr(0, id.find('.'));
  if (type == "source" && !test.sources.empty()) {
    const auto& [source, table] = test.sources.front();
    return {"source('" + source + "', '" + table + "')", "sources." + source, true};
  }
  const Ref* const ref = tested_ref(test);
  if (!ref) return {};
  return {"ref('" + ref->name + "'" + (ref->version ? ", version='" + *ref->version + "'" : "") + ")",
          (type == "analysis" ? "analyses" : type + "s") + "." + ref->name};
}

void add_test_keys(const Node& node, Json& out) {
  if (node.test->singular()) return;
  const std::string& kind = node.test->kind;
  const size_t dot = kind.find('.');
  Json kwargs = node.test->written;
  if (!node.test->column.empty()) kwargs.set("column_name", node.test->column);
  const TestedNode tested = tested_by(node);
  kwargs.set("model", "{{ get_where_subquery(" + tested.call + ") }}");
  out.set("test_metadata", Json::object()
                               .set("name", dot == std::string::npos ? kind : kind.substr(dot + 1))
                               .set("kwargs", std::move(kwargs))
                               .set("namespace", dot == std::string::npos ? Json() : Json(kind.substr(0, dot))));
  out.set("column_name", node.test->of_column ? Json(node.test->column) : Json());
  out.set("file_key_name", text_or_null(tested.key));
  out.set("attached_node", tested.of_source ? Json() : text_or_null(node.test->attached_node));
}

Json rows_json(const UnitTestRows& rows) {
  return Json::object()
      .set("rows", rows.format == "sql" ? Json(rows.sql) : rows.rows)
      .set("format", rows.format)
      .set("fixture", Json());
}

void add_unit_test_keys(const Node& node, Json& out) {
  const UnitTest& unit = *node.unit;
  Json given = Json::array();
  for (const UnitTestInput& input : unit.given) given.push_back(rows_json(input.rows).set("input", input.input));
  out.set("model", unit.model).set("given", std::move(given)).set("expect", rows_json(unit.expect));
  out.set("overrides", Json::object().set("macros", unit.macros).set("vars", unit.vars).set("env_vars", unit.env_vars));
  out.set("schema", node.schema).set("checksum", node.raw_sha256);
  out.set("version", node.version.empty() ? Json() : version_json(node.version)).set("versions", Json());
}

}  // namespace

namespace {

// Of a test's two settings for its rows each says what the other one is, if that is not said.
void settle_store_failures(Json& config) {
  const Json *kept = config.find("store_failures"), *as = config.find("store_failures_as");
  if (as && as->is_string())
    config.set("store_failures", as->as_string() != "ephemeral");
  else if (kept && kept->is_bool())
    config.set("store_failures_as", kept->as_bool() ? "table" : "ephemeral");
}

}  // namespace

namespace {

bool merges_defaults(std::string_view key) {
  return key == "docs" || key == "contract" || key == "snapshot_meta_column_names";
}

}  // namespace

Json config_json(const Node& node) {
  Json out = default_config(node);
  for (const auto& [key, value] : node.config->all.as_object()) {
    Json* known = out.find(key);
    // Mappings with defaults inside keep what is not said.
    if (known && known->is_object() && value.is_object() && merges_defaults(key)) {
      for (const auto& [name, setting] : value.as_object()) known->set(name, setting);
    } else {
      out.set(key, value);
    }
  }
  if (node.type == ResourceType::test) settle_store_failures(out);
  return out;
}

namespace {

// Of what an enforced contract promises: another text, another contract.
Json contract_checksum(const Node& node, const Json& config) {
  const Json* contract = config.find("contract");
  const Json* enforced = contract ? contract->find("enforced") : nullptr;
  if (node.type != ResourceType::model || !enforced || *enforced != Json(true)) return {};
  std::map<std::string, std::string> columns;
  for (const Column& column : node.columns)
    columns[column.name] = column.data_type + "|" + column.constraints.dump_sorted();
  std::string text;
  for (const auto& [name, promises] : columns) text += name + "|" + promises + "\n";
  const std::string& materialized = node.config->materialized;
  if (materialized == "table" || materialized == "incremental")
    text += materialized + of_described(node, "constraints", Json::array()).dump_sorted();
  return sha256_hex(text);
}

// A seed depends on macros alone, those of its hooks.
Json depends_on_json(const Node& node) {
  Json out = Json::object().set("macros", Json::strings(node.called_macros));
  if (node.type == ResourceType::seed) return out;
  Json read = Json::strings(node.depends_on);
  const Json metric_ids = of_described(node, "metric_ids", Json::array());
  for (const Json& id : metric_ids.as_array()) read.push_back(id);
  return out.set("nodes", std::move(read));
}

}  // namespace

Json node_json(const Node& node) {
  Json out = Json::object();
  out.set("unique_id", node.unique_id).set("resource_type", resource_type_text(node.type)).set("name", node.name);
  out.set("package_name", node.package).set("path", node.path).set("original_file_path", node.file);
  const Json config = config_json(node);
  out.set("fqn", Json::strings(node.fqn)).set("config", config).set("description", node.description);
  out.set("created_at", 0.0);
  if (node.unit) {
    out.set("depends_on", depends_on_json(node));
    add_unit_test_keys(node, out);
    return out;
  }
  out.set("database", node.database).set("schema", node.schema).set("tags", Json::strings(node.tags));
  out.set("columns", node_columns_json(node)).set("meta", node.config->meta);
  const bool patched = !node.patch_file.empty() && !node.is_test();
  out.set("patch_path", patched ? Json(node.package + "://" + node.patch_file) : Json());
  out.set("relation_name", text_or_null(rows_relation(node))).set("doc_blocks", Json::strings(node.doc_blocks));
  out.set("unrendered_config", node.unrendered_config);
  if (node.type == ResourceType::source) {
    add_source_keys(node, out);
    return out;
  }
  out.set("alias", node.alias).set("depends_on", depends_on_json(node)).set("build_path", Json());
  const bool generic = node.test && !node.test->singular();  // has no text of its own
  out.set("checksum", Json::object()
                          .set("name", generic ? "none" : "sha256")
                          .set("checksum", generic ? std::string() : node.raw_sha256));
  out.set("group", config.find("group") ? *config.find("group") : Json());
  out.set("docs",
          config.find("docs") ? *config.find("docs") : Json::object().set("show", true).set("node_color", Json()));
  out.set("raw_code", node.type == ResourceType::snapshot ? node.raw : std::string(trim(node.raw)));
  if (node.type == ResourceType::seed) return out.set("root_path", Json());
  out.set("language", node.python ? "python" : "sql")
      .set("refs", refs_json(node.refs))
      .set("sources", sources_json(node.sources));
  Json metrics = Json::array();
  const Json named = of_described(node, "metrics", Json::array());
  for (const Json& name : named.as_array()) metrics.push_back(Json(Json::Array{name}));
  out.set("metrics", std::move(metrics)).set("functions", functions_json(node.functions)).set("compiled_path", Json());
  out.set("contract", Json::object()
                          .set("enforced", config.find("contract") && config.find("contract")->find("enforced")
                                               ? *config.find("contract")->find("enforced")
                                               : Json(false))
                          .set("alias_types", true)
                          .set("checksum", contract_checksum(node, config)));
  if (node.test) add_test_keys(node, out);
  if (node.is_function())
    for (const auto& [key, otherwise] : {std::pair("arguments", Json::array()), std::pair("returns", no_returns())})
      out.set(key, of_described(node, key, otherwise));
  if (node.type != ResourceType::model) return out;
  const std::optional<std::string> access = config.get_string("access");
  out.set("access", access.value_or("protected"));
  out.set("constraints", of_described(node, "constraints", Json::array()));
  out.set("version", version_json(node.version)).set("latest_version", version_json(node.latest_version));
  Json date = of_described(node, "deprecation_date", Json());
  if (date.is_string() && date.as_string().size() > 10 && date.as_string()[10] == ' ')
    date = replace_all(date.as_string(), " ", "T");
  out.set("deprecation_date", std::move(date));
  out.set("primary_key", of_described(node, "primary_key", Json::array()));
  Json spine = of_described(node, "time_spine", Json());
  if (spine.is_object() && !spine.find("custom_granularities")) spine.set("custom_granularities", Json::array());
  return out.set("time_spine", std::move(spine));
}

std::optional<std::string> group_name(const Project& project, const Node& node) {
  const bool generic = node.test && !node.test->singular();
  const Node* tested = generic ? project.find(node.test->attached_node) : nullptr;
  const Node& whose = tested && tested->type != ResourceType::source ? *tested : node;
  return whose.config->all.get_string("group");
}

Json node_json(const Project& project, const Node& node) {
  Json out = node_json(node);
  if (node.test) {
    const auto group = group_name(project, node);
    out.set("group", group ? Json(*group) : Json());
  }
  if (node.type != ResourceType::seed) return out;
  std::string folder = path_of_node(project.root, node);
  if (folder.ends_with("/" + node.file)) folder.resize(folder.size() - node.file.size() - 1);
  return out.set("root_path", folder);
}

tmpl::Value node_value(const Node& node) { return tmpl::Value(node_json(node)); }

tmpl::Value graph_value(const Project& project) {
  Json nodes = Json::object(), sources = Json::object(), functions = Json::object();
  for (const Node& node : project.nodes) {
    if (node.unit) continue;
    Json& into = node.type == ResourceType::source ? sources : node.is_function() ? functions : nodes;
    into.as_object().emplace_back(node.unique_id, node_json(project, node));
  }
  Json out = Json::object().set("nodes", std::move(nodes)).set("sources", std::move(sources));
  out.set("functions", std::move(functions));
  for (const auto& [kind, key] :
       {std::pair("exposure", "exposures"), std::pair("metric", "metrics"), std::pair("group", "groups"),
        std::pair("semantic_model", "semantic_models"), std::pair("saved_query", "saved_queries")}) {
    Json items = Json::object();
    for (const Declared& item : project.declared)
      if (item.kind == kind) items.set(item.unique_id, declared_json(item));
    out.set(key, std::move(items));
  }
  return tmpl::Value(out);
}

tmpl::Value hooks_value(const std::vector<Hook>& hooks) {
  Json out = Json::array();
  for (const Hook& hook : hooks)
    out.push_back(Json::object().set("sql", hook.sql).set("transaction", hook.transaction));
  return tmpl::Value(out);
}

}  // namespace weir::project
