#include "project/schema_yaml.h"

#include <algorithm>

#include "base/text.h"
#include "project/config.h"

namespace weir::project {

namespace {

void note_keys(const Yaml& mapping, const std::string& prefix, std::map<std::string, Span>& spans) {
  for (const Yaml::Member& member : mapping.members) {
    const std::string name = prefix + member.key.text;
    spans.emplace(name, member.key.span);
    note_keys(member.value, name + ".", spans);
  }
}

// config.meta.weir.ingest, or meta.weir.ingest as older projects write it.
void note_ingest_keys(const Yaml& table, std::map<std::string, Span>& spans) {
  const Yaml* config = table.find("config");
  for (const Yaml* holder : {config, &table}) {
    const Yaml* weir = holder ? holder->find("meta") : nullptr;
    if (weir) weir = weir->find("weir");
    if (!weir || !weir->find("ingest")) continue;
    for (const Yaml::Member& member : weir->members)
      if (member.key.text == "ingest") spans.emplace("", member.key.span);
    note_keys(*weir->find("ingest"), "", spans);
    return;
  }
}

using Names = std::vector<std::string>;

const Names top_keys = {"version",    "models",     "seeds",     "snapshots", "sources",         "macros",
                        "analyses",   "exposures",  "groups",    "metrics",   "semantic_models", "saved_queries",
                        "unit_tests", "data_tests", "functions", "anchors"};
const Names node_keys = {"name",           "description", "config",      "columns",          "data_tests",
                         "tests",          "docs",        "meta",        "access",           "group",
                         "latest_version", "versions",    "constraints", "deprecation_date", "time_spine",
                         "relation",       "primary_key", "tags",        "freshness"};
const Names source_keys = {"name",
                           "description",
                           "database",
                           "schema",
                           "loader",
                           "tables",
                           "tags",
                           "meta",
                           "config",
                           "quoting",
                           "freshness",
                           "loaded_at_field",
                           "loaded_at_query",
                           "overrides",
                           "unrendered_database",
                           "unrendered_schema"};
const Names table_keys = {"name",  "description", "identifier", "columns",         "data_tests",
                          "tests", "external",    "freshness",  "loaded_at_field", "loaded_at_query",
                          "tags",  "meta",        "config",     "quoting",         "loader"};
const Names column_keys = {"name",   "description", "data_type", "data_tests",  "tests",
                           "tags",   "meta",        "quote",     "constraints", "docs",
                           "config", "policy_tags", "entity",    "dimension",   "granularity"};

Error bad(const std::string& message, const Span& span) {
  return Error(ErrorCode::bad_schema_yaml, message).with_span(span);
}

class Reader {
 public:
  Reader(const SourceFile& file, const YamlValues& values, std::vector<Error>& errors,
         std::vector<Diagnostic>& warnings)
      : file_(file), values_(values), errors_(errors), warnings_(warnings) {}

  SchemaFile read(const Yaml& document) {
    check_keys(document, top_keys, "properties file");
    for (const char* kind : {"models", "seeds", "snapshots", "analyses"})
      each(document, kind, [&](const Yaml& item) { out_.patches.push_back(patch(kind, item)); });
    each(document, "sources", [&](const Yaml& item) { source(item); });
    if (const Yaml* tests = document.find("unit_tests"); tests && tests->kind == Yaml::Kind::sequence) {
      out_.unit_tests = static_cast<int>(tests->items.size());
      out_.unit_test_span = tests->span;
    }
    return std::move(out_);
  }

 private:
  void check_keys(const Yaml& mapping, const Names& known, const std::string& where) {
    for (const auto& [key, value] : mapping.members)
      if (std::find(known.begin(), known.end(), key.text) == known.end())
        warnings_.push_back(
            {"unknown key " + key.text + " in a " + where + did_you_mean(key.text, known), "it is ignored", key.span});
  }

  // Calls `take` for each mapping of the list under `key`, and keeps the mistakes of each apart.
  template <class Take>
  void each(const Yaml& mapping, const char* key, const Take& take) {
    const Yaml* list = mapping.find(key);
    if (!list || list->is_null()) return;
    if (list->kind != Yaml::Kind::sequence) {
      errors_.push_back(
          bad(std::string(key) + " must be a list", list->span).with_hint("begin each entry with  - name: …"));
      return;
    }
    for (const Yaml& item : list->items) try {
        if (item.kind != Yaml::Kind::mapping)
          throw bad("an entry of " + std::string(key) + " must be a mapping", item.span);
        take(item);
      } catch (const Error& error) {
        errors_.push_back(error);
      }
  }

  std::string text(const Yaml& mapping, std::string_view key) const {
    const Yaml* value = mapping.find(key);
    if (!value || value->is_null()) return {};
    if (value->kind != Yaml::Kind::scalar) throw bad(std::string(key) + " must be a text", value->span);
    const Json rendered = values_.text(value->text, value->span);
    return rendered.is_string() ? rendered.as_string() : rendered.dump();
  }

  static std::string name_of(const Yaml& mapping, const std::string& what) {
    const Yaml* name = mapping.find("name");
    if (!name || name->is_null()) throw bad("an entry of " + what + " lacks its name", mapping.span);
    return name->as_string();
  }

  static std::string description(const Yaml& mapping) {
    const Yaml* value = mapping.find("description");
    return value && value->kind == Yaml::Kind::scalar ? value->text : std::string();
  }

  // `config:` of an entry, with what else of it is configuration by another name.
  Json config(const Yaml& mapping, Span& span, const Names& moved) const {
    Json out = Json::object();
    span = mapping.span;
    for (const std::string& key : moved)
      if (const Yaml* value = mapping.find(key); value && !value->is_null())
        merge_config(out, Json::object().set(key, values_.value(*value)));
    const Yaml* value = mapping.find("config");
    if (!value || value->is_null()) return out;
    if (value->kind != Yaml::Kind::mapping) throw bad("config must be a mapping", value->span);
    span = value->span;
    merge_config(out, values_.value(*value, [](const std::vector<std::string>& path) {
      return path[0] == "pre_hook" || path[0] == "post_hook" || path[0] == "pre-hook" || path[0] == "post-hook";
    }));
    return out;
  }

  std::vector<std::string> text_list(const Json* value) const {
    std::vector<std::string> out;
    if (!value || value->is_null()) return out;
    if (value->is_string()) return {value->as_string()};
    if (value->is_array())
      for (const Json& item : value->as_array()) out.push_back(item.is_string() ? item.as_string() : item.dump());
    return out;
  }

  void read_tests(const Yaml& mapping, const TestEntry& like, std::vector<TestEntry>& tests) {
    const Yaml* found = mapping.find("data_tests");
    const Yaml* old = mapping.find("tests");
    if (found && old)
      throw bad("both tests and data_tests are given", old->span).with_hint("keep data_tests, the newer name");
    const Yaml* list = found ? found : old;
    if (!list || list->is_null()) return;
    if (list->kind != Yaml::Kind::sequence)
      throw bad("data_tests must be a list", list->span).with_hint("write  data_tests: [not_null]");
    for (const Yaml& item : list->items) {
      TestEntry entry = like;
      entry.yaml = item;
      tests.push_back(std::move(entry));
    }
  }

  void read_columns(const Yaml& mapping, std::vector<Column>& columns, std::vector<TestEntry>& tests) {
    const Yaml* list = mapping.find("columns");
    if (!list || list->is_null()) return;
    if (list->kind != Yaml::Kind::sequence)
      throw bad("columns must be a list", list->span).with_hint("begin each with  - name: …");
    for (const Yaml& item : list->items) {
      if (item.kind != Yaml::Kind::mapping) throw bad("a column must be a mapping with a name", item.span);
      check_keys(item, column_keys, "column");
      Column column;
      column.name = name_of(item, "columns");
      column.description = description(item);
      column.data_type = text(item, "data_type");
      column.span = item.span;
      Span ignored;
      const Json own = config(item, ignored, {"tags", "meta"});
      column.tags = text_list(own.find("tags"));
      if (const Json* meta = own.find("meta"); meta && meta->is_object()) column.meta = *meta;
      if (const Yaml* quote = item.find("quote"); quote && quote->to_json().is_bool())
        column.quote = quote->to_json().as_bool();
      TestEntry like;
      like.column = column.name;
      like.quote = column.quote;
      like.tags = column.tags;
      read_tests(item, like, tests);
      columns.push_back(std::move(column));
    }
  }

  Patch patch(const std::string& kind, const Yaml& item) {
    Patch out;
    out.kind = kind;
    out.name = name_of(item, kind);
    out.file = file_;
    out.span = item.span;
    check_keys(item, node_keys, kind.substr(0, kind.size() - (kind == "analyses" ? 2 : 1)));
    out.description = description(item);
    out.config = config(item, out.config_span, {"meta", "docs", "access", "group"});
    if (const Yaml* relation = item.find("relation"); relation && relation->kind == Yaml::Kind::scalar)
      out.relation = relation->text;
    if (const Yaml* versions = item.find("versions"); versions && !versions->items.empty()) out.versioned = true;
    read_tests(item, {}, out.tests);
    read_columns(item, out.columns, out.tests);
    return out;
  }

  void source(const Yaml& block) {
    const std::string name = name_of(block, "sources");
    check_keys(block, source_keys, "source");
    Span ignored;
    const Json shared = config(block, ignored, {"tags", "meta"});
    const std::string schema = text(block, "schema"), database = text(block, "database");
    const std::string text_name = values_text(name, block);
    each(block, "tables", [&](const Yaml& item) {
      SourceTable table;
      table.source = text_name;
      table.name = name_of(item, "tables");
      check_keys(item, table_keys, "source table");
      table.schema = schema.empty() ? text_name : schema;
      table.database = database;
      table.identifier = text(item, "identifier");
      if (table.identifier.empty()) table.identifier = table.name;
      table.description = description(item);
      table.file = file_;
      table.span = item.span;
      table.config = shared;
      merge_config(table.config, config(item, table.config_span, {"tags", "meta"}));
      note_ingest_keys(item, table.ingest_spans);
      if (const Yaml* external = item.find("external"); external && external->find("location"))
        table.external_location = external->find("location")->text;
      if (const Json* meta = table.config.find("meta"))
        if (const Json* location = meta->find("external_location"); location && location->is_string())
          table.external_location = location->as_string();
      read_tests(item, {}, table.tests);
      read_columns(item, table.columns, table.tests);
      out_.sources.push_back(std::move(table));
    });
  }

  std::string values_text(const std::string& text, const Yaml& at) const {
    const Json rendered = values_.text(text, at.span);
    return rendered.is_string() ? rendered.as_string() : rendered.dump();
  }

  const SourceFile& file_;
  const YamlValues& values_;
  std::vector<Error>& errors_;
  std::vector<Diagnostic>& warnings_;
  SchemaFile out_;
};

}  // namespace

SchemaFile read_schema_file(const std::string& text, const SourceFile& file, const YamlValues& values,
                            std::vector<Error>& errors, std::vector<Diagnostic>& warnings) {
  try {
    const Yaml document = Yaml::parse(text, file.label);
    if (document.is_null()) return {};
    if (document.kind != Yaml::Kind::mapping) throw bad("a properties file must be a mapping", document.span);
    return Reader(file, values, errors, warnings).read(document);
  } catch (Error& error) {
    errors.push_back(std::move(error));
    return {};
  }
}

}  // namespace weir::project
