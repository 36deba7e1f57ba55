#include "project/config.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/options.h"
#include "base/text.h"
#include "base/time.h"
#include "project/load.h"

namespace weir::project {

namespace {

constexpr std::array<std::string_view, 7> updated_keys = {"meta",     "column_types", "quoting", "docs",
                                                          "contract", "persist_docs", "vars"};

constexpr std::string_view known_names[] = {"enabled",
                                            "materialized",
                                            "schema",
                                            "database",
                                            "alias",
                                            "tags",
                                            "meta",
                                            "pre-hook",
                                            "post-hook",
                                            "full_refresh",
                                            "docs",
                                            "group",
                                            "unique_key",
                                            "incremental_strategy",
                                            "on_schema_change",
                                            "incremental_predicates",
                                            "predicates",
                                            "merge_update_columns",
                                            "merge_exclude_columns",
                                            "merge_clauses",
                                            "merge_update_condition",
                                            "merge_insert_condition",
                                            "merge_update_set_expressions",
                                            "merge_returning_columns",
                                            "merge_on_using_columns",
                                            "sql_header",
                                            "event_time",
                                            "begin",
                                            "batch_size",
                                            "lookback",
                                            "concurrent_batches",
                                            "column_types",
                                            "quote_columns",
                                            "delimiter",
                                            "persist_docs",
                                            "contract",
                                            "constraints",
                                            "access",
                                            "versions",
                                            "latest_version",
                                            "deprecation_date",
                                            "grants",
                                            "quoting",
                                            "config_keys_used",
                                            "config_keys_defaults",
                                            "meta_keys_used",
                                            "meta_keys_defaults",
                                            "timeout",
                                            "on_error",
                                            "freshness",
                                            "static_analysis",
                                            "on_configuration_change",
                                            "packages",
                                            "partition_by",
                                            "cluster_by",
                                            "liquid_clustered_by",
                                            "sorted_by",
                                            "tblproperties",
                                            "severity",
                                            "warn_if",
                                            "error_if",
                                            "fail_calc",
                                            "where",
                                            "limit",
                                            "store_failures",
                                            "store_failures_as",
                                            "strategy",
                                            "updated_at",
                                            "check_cols",
                                            "target_schema",
                                            "target_database",
                                            "invalidate_hard_deletes",
                                            "hard_deletes",
                                            "dbt_valid_to_current",
                                            "snapshot_meta_column_names",
                                            "loaded_at_field",
                                            "loaded_at_query",
                                            "external_location",
                                            "formatter",
                                            "location",
                                            "format",
                                            "options",
                                            "plugin",
                                            "indexes",
                                            "submission_method",
                                            "vars",
                                            "description",
                                            "name",
                                            "relation",
                                            "latest_version_pointer",
                                            "type",
                                            "volatility",
                                            "runtime_version",
                                            "entry_point"};

std::string_view one_spelling(std::string_view key) {
  if (key == "pre_hook") return "pre-hook";
  if (key == "post_hook") return "post-hook";
  return key;
}

Json::Array listed(const Json& value) {
  if (value.is_null()) return {};
  return value.is_array() ? value.as_array() : Json::Array{value};
}

// A hook is a text, a mapping, or a text holding JSON of such a mapping.
Json one_hook(const Json& value) {
  if (value.is_object()) return value;
  return Json::object().set("sql", value).set("transaction", true);
}

void append_list(Json& into, std::string_view key, const Json& more) {
  Json::Array list = into.find(key) ? listed(*into.find(key)) : Json::Array{};
  for (const Json& item : listed(more)) list.push_back(item);
  into.set(key, std::move(list));
}

void update(Json& into, std::string_view key, const Json& more) {
  const Json* old = into.find(key);
  if (!old || !old->is_object() || !more.is_object()) {
    into.set(key, more);
    return;
  }
  Json merged = *old;
  for (const auto& [name, value] : more.as_object()) {
    Json* before = merged.find(name);
    const bool ours = key == "meta" && name == "weir" && before && before->is_object() && value.is_object();
    if (ours)
      for (const auto& [option, setting] : value.as_object()) before->set(option, setting);
    else
      merged.set(name, value);
  }
  into.set(key, std::move(merged));
}

// "+select" adds to what stands below. Where nothing does yet, the sign is kept: what this is laid upon may have it.
void merge_grants(Json& into, const Json& more) {
  Json merged = into.find("grants") && into.find("grants")->is_object() ? *into.find("grants") : Json::object();
  if (more.is_object())
    for (const auto& [key, value] : more.as_object()) {
      const std::string plain = key.starts_with("+") ? key.substr(1) : key;
      if (key == plain)
        merged.set(key, listed(value));
      else
        append_list(merged, merged.find(plain) ? plain : key, value);
    }
  into.set("grants", std::move(merged));
}

// Reads typed values out of a node's merged configuration.
class Reader {
 public:
  Reader(const Json& all, const Span& span) : all_(all), span_(span) {}

  std::optional<std::string> text(std::string_view key) const {
    const Json* value = present(key);
    if (!value) return std::nullopt;
    if (value->is_string()) return value->as_string();
    if (value->is_number() || value->is_bool()) return value->dump();
    fail(key, "a text", *value);
  }
  std::optional<bool> boolean(std::string_view key) const {
    const Json* value = present(key);
    if (!value) return std::nullopt;
    if (value->is_bool()) return value->as_bool();
    // As in dbt no text decides whether a node is there.
    const bool takes_text = key != "enabled" && value->is_string();
    if (takes_text && iequals(value->as_string(), "true")) return true;
    if (takes_text && iequals(value->as_string(), "false")) return false;
    throw Error(ErrorCode::bad_config, "config " + std::string(key) + " must be true or false, and " +
                                           (value->is_string() ? "'" + value->as_string() + "'" : value->dump()) +
                                           " is not of type 'boolean'")
        .with_span(span_)
        .with_hint(value->is_string() ? "without quotes; of a text, `| as_bool` makes one" : "");
  }
  std::vector<std::string> list(std::string_view key) const {
    std::vector<std::string> out;
    const Json* value = present(key);
    if (!value) return out;
    for (const Json& item : listed(*value)) {
      if (item.is_object() || item.is_array()) fail(key, "a text or a list of texts", *value);
      out.push_back(item.is_string() ? item.as_string() : item.dump());
    }
    return out;
  }
  std::vector<Hook> hooks(std::string_view key) const {
    std::vector<Hook> out;
    const Json* value = present(key);
    if (!value) return out;
    for (const Json& item : listed(*value)) {
      const Json* sql = item.find("sql");
      if (!sql || !sql->is_string()) fail(key, "SQL text, or a mapping with `sql`", item);
      const Json* transaction = item.find("transaction");
      out.push_back({sql->as_string(), !transaction || !transaction->is_bool() || transaction->as_bool()});
    }
    return out;
  }
  const Json* mapping(std::string_view key) const {
    const Json* value = present(key);
    if (value && !value->is_object()) fail(key, "a mapping", *value);
    return value;
  }
  [[noreturn]] void fail(std::string_view key, std::string_view expected, const Json& found) const {
    throw Error(ErrorCode::bad_config, "config " + std::string(key) + " must be " + std::string(expected) + ", not " +
                                           std::string(found.kind()) + " " + found.dump().substr(0, 60))
        .with_span(span_);
  }

 private:
  const Json* present(std::string_view key) const {
    const Json* value = all_.find(key);
    return value && !value->is_null() ? value : nullptr;
  }
  const Json& all_;
  const Span& span_;
};

std::string default_materialization(ResourceType type) {
  switch (type) {
    case ResourceType::seed:
      return "seed";
    case ResourceType::snapshot:
      return "snapshot";
    case ResourceType::test:
      return "test";
    case ResourceType::source:
      return "source";
    case ResourceType::function:
      return "function";
    default:
      return "view";
  }
}

void check_word(const std::string& value, std::initializer_list<const char*> allowed, const char* key,
                const Span& span) {
  std::vector<std::string> words(allowed.begin(), allowed.end());
  if (std::find(words.begin(), words.end(), value) != words.end()) return;
  throw Error(ErrorCode::bad_config, "config " + std::string(key) + " may be " + join(words, ", ") + ", not \"" +
                                         value + "\"" + did_you_mean(value, words))
      .with_span(span);
}

}  // namespace

void merge_config(Json& into, const Json& more) {
  if (!more.is_object()) return;
  for (const auto& [written, value] : more.as_object()) {
    const std::string_view key = one_spelling(written);
    if (key == "tags") {
      append_list(into, key, value);
    } else if (key == "pre-hook" || key == "post-hook") {
      Json hooks = Json::array();
      for (const Json& hook : listed(value)) hooks.push_back(one_hook(hook));
      append_list(into, key, hooks);
    } else if (key == "grants") {
      merge_grants(into, value);
    } else if (std::find(updated_keys.begin(), updated_keys.end(), key) != updated_keys.end()) {
      update(into, key, value);
    } else {
      into.set(key, value);
    }
  }
}

void settle_grants(Json& config) {
  const Json* grants = config.find("grants");
  if (!grants || !grants->is_object()) return;
  Json settled = Json::object();
  for (const auto& [key, value] : grants->as_object()) settled.set(key.starts_with("+") ? key.substr(1) : key, value);
  config.set("grants", std::move(settled));
}

std::vector<Json> tree_levels(const Json& tree, const std::vector<std::string>& fqn) {
  std::vector<Json> out;
  const Json* level = &tree;
  for (size_t depth = 0; level && level->is_object(); depth++) {
    Json own = Json::object();
    for (const auto& [key, value] : level->as_object()) {
      if (key.starts_with("+"))
        own.set(trim(std::string_view(key).substr(1)), value);
      else if (!value.is_object())
        own.set(key, value);
    }
    out.push_back(std::move(own));
    level = depth < fqn.size() ? level->find(fqn[depth]) : nullptr;
  }
  return out;
}

NodeConfig typed_config(Json all, ResourceType type, const Span& span) {
  NodeConfig out;
  const Reader read(all, span);
  out.enabled = read.boolean("enabled").value_or(true);
  out.materialized = read.text("materialized").value_or(default_materialization(type));
  for (const ResourceType fixed : {ResourceType::seed, ResourceType::snapshot, ResourceType::test})
    if (type == fixed && out.materialized != default_materialization(type))
      read.fail("materialized", "\"" + default_materialization(type) + "\" here, or not be given",
                *all.find("materialized"));
  if (type == ResourceType::model && all.find("access"))
    check_word(read.text("access").value_or("protected"), {"private", "protected", "public"}, "access", span);
  if (type == ResourceType::model && out.materialized == "ephemeral" && read.text("access") == "public")
    read.fail("access", "\"private\" or \"protected\" of an ephemeral model, which has no relation to read",
              *all.find("access"));
  if (type == ResourceType::function) {
    check_word(read.text("type").value_or("scalar"), {"scalar", "aggregate", "table"}, "type", span);
    check_word(read.text("volatility").value_or("stable"), {"deterministic", "stable", "non-deterministic"},
               "volatility", span);
  }
  out.schema = read.text("schema");
  out.database = read.text("database");
  out.alias = read.text("alias");
  out.tags = read.list("tags");
  out.unique_key = read.list("unique_key");
  std::erase(out.unique_key, "");  // as in dbt, the empty text is no key
  out.incremental_strategy = read.text("incremental_strategy");
  out.on_schema_change = read.text("on_schema_change").value_or("ignore");
  check_word(out.on_schema_change, {"ignore", "append_new_columns", "sync_all_columns", "fail"}, "on_schema_change",
             span);
  out.incremental_predicates = read.list(all.find("incremental_predicates") ? "incremental_predicates" : "predicates");
  out.merge_update_columns = read.list("merge_update_columns");
  out.merge_exclude_columns = read.list("merge_exclude_columns");
  out.full_refresh = read.boolean("full_refresh");
  out.pre_hook = read.hooks("pre-hook");
  out.post_hook = read.hooks("post-hook");
  out.sql_header = read.text("sql_header").value_or("");
  if (const Json* types = read.mapping("column_types"))
    for (const auto& [column, sql_type] : types->as_object()) {
      if (!sql_type.is_string()) read.fail("column_types." + column, "the name of an SQL type", sql_type);
      out.column_types.emplace_back(column, sql_type.as_string());
    }
  out.quote_columns = read.boolean("quote_columns");
  out.delimiter = read.text("delimiter").value_or(",");
  if (all.find("partition_by") && !all.find("partition_by")->is_object()) out.partition_by = read.list("partition_by");
  out.cluster_by = read.list(all.find("cluster_by") ? "cluster_by" : "liquid_clustered_by");
  if (const Json* properties = read.mapping("tblproperties"))
    for (const auto& [name, value] : properties->as_object()) {
      if (value.is_array() || value.is_object() || value.is_null())
        read.fail("tblproperties." + name, "a text, a number or a boolean", value);
      out.tblproperties.emplace_back(name, value.is_string() ? value.as_string() : value.dump());
    }
  if (const Json* meta = read.mapping("meta")) out.meta = *meta;
  out.all = std::move(all);
  return out;
}

std::vector<OptionSpec> asset_options() {
  return {
      {"asset",
       OptionType::text,
       {},
       {},
       "Id of the asset, where several nodes write one table; default <schema>.<identifier>"},
      {"rollback.keep", OptionType::duration, Json("7 days"), {}, "How long old versions stay good for a rollback"},
      {"on_foreign_change",
       OptionType::text,
       Json("warn"),
       {"warn", "error"},
       "When another engine has updated or deleted rows of the table"},
      {"on_restore",
       OptionType::text,
       Json("error"),
       {"error", "follow"},
       "When another engine has restored an old version"},
      {"on_existing",
       OptionType::text,
       Json("refuse"),
       {"refuse", "adopt"},
       "When the table exists and weir did not make it"},
      {"ingest", OptionType::map, {}, {}, "Where the rows of a source come from"},
  };
}

AssetConfig asset_config(const Json& meta, const Span& span) {
  namespace publish = lake::publish;
  AssetConfig out;
  const Json* weir = meta.find("weir");
  if (!weir || weir->is_null()) return out;
  if (!weir->is_object())
    throw Error(ErrorCode::bad_config, "config.meta.weir must be a mapping, not " + std::string(weir->kind()))
        .with_span(span);
  Options options(asset_options());
  try {
    options.read(*weir, "config.meta.weir", span.file + ":" + std::to_string(span.line));
  } catch (Error& error) {
    if (!error.span() || !error.span()->known()) error.with_span(span);
    throw;
  }
  out.asset = lower(options.text("asset"));
  out.rollback_keep_ms = options.duration_ms("rollback.keep");
  if (options.text("on_foreign_change") == "error") out.on_foreign_change = publish::OnForeignChange::error;
  if (options.text("on_restore") == "follow") out.on_restore = publish::OnRestore::follow;
  if (options.text("on_existing") == "adopt") out.on_existing = publish::OnExisting::adopt;
  return out;
}

std::optional<Ingest> ingest_config(const Json& meta, const Span& span) {
  const Json* weir = meta.find("weir");
  const Json* ingest = weir ? weir->find("ingest") : nullptr;
  if (!ingest || ingest->is_null()) return std::nullopt;
  if (!ingest->is_object())
    throw Error(ErrorCode::bad_config, "config.meta.weir.ingest must be a mapping, not " + std::string(ingest->kind()))
        .with_span(span)
        .with_hint("write  ingest: {files: data/*.csv}");
  return Ingest{*ingest, span, {}};
}

const std::vector<std::string>& known_configs() {
  static const std::vector<std::string> names(std::begin(known_names), std::end(known_names));
  return names;
}

bool is_known_config(std::string_view key) {
  static const std::set<std::string, std::less<>> names(known_configs().begin(), known_configs().end());
  return names.contains(one_spelling(key));
}

}  // namespace weir::project
