#include "project/schema_yaml.h"

#include <algorithm>

#include "base/text.h"
#include "project/config.h"
#include "project/schema_keys.h"
#include "project/source_overrides.h"
#include "project/yaml_parts.h"

namespace weir::project {

namespace {

Error bad(const std::string& message, const Span& span) {
  return Error(ErrorCode::bad_schema_yaml, message).with_span(span);
}

class Reader {
 public:
  Reader(const SourceFile& file, const YamlValues& values, const SourceOverrides* overrides, std::vector<Error>& errors,
         std::vector<Diagnostic>& warnings)
      : file_(file), values_(values), overrides_(overrides), errors_(errors), warnings_(warnings) {}

  SchemaFile read(const Yaml& document) {
    check_keys(document, top_keys, "properties file");
    for (const char* kind : {"models", "seeds", "snapshots", "analyses", "functions"})
      each(document, kind, [&](const Yaml& item) { out_.patches.push_back(patch(kind, item)); });
    singular_tests(document);
    each(document, "sources", [&](const Yaml& item) { source(item); });
    each(document, "unit_tests", [&](const Yaml& item) { unit_test(item); });
    each(document, "macros", [&](const Yaml& item) { macro(item); });
    for (const auto& known : declared_kinds)
      each(document, known.first, [&](const Yaml& item) { declared(known.second, item); });
    return std::move(out_);
  }

 private:
  void check_keys(const Yaml& mapping, const KeyNames& known, const std::string& where) {
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
          bad("'" + std::string(key) + "' is not a list", list->span).with_hint("begin each entry with  - name: …"));
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
  Json config(const Yaml& mapping, Span& span, const KeyNames& moved) const {
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
      return path[0] == "pre_hook" || path[0] == "post_hook" || path[0] == "pre-hook" || path[0] == "post-hook" ||
             path[0] == "loaded_at_query";  // rendered when it is asked
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
      if (const Yaml* constraints = item.find("constraints"); constraints && !constraints->is_null())
        column.constraints = constraints->to_json();
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

  // Of the version that the model says is its latest; else its own.
  const std::vector<Column>& columns_of_latest(const Yaml& item, const Patch& patch) const {
    const std::string latest = text(item, "latest_version");
    for (const Patch::Version& version : patch.versions)
      if (version.version == latest) return version.columns;
    return patch.columns;
  }

  Patch patch(const std::string& kind, const Yaml& item) {
    Patch out;
    out.kind = kind;
    out.name = name_of(item, kind);
    out.file = file_;
    out.span = item.span;
    const bool function = kind == "functions";
    check_keys(item, function ? function_keys : node_keys, kind.substr(0, kind.size() - (kind == "analyses" ? 2 : 1)));
    out.description = description(item);
    refuse_both(item, {"meta", "docs", "access", "group"});
    out.config = config(item, out.config_span, {"meta", "docs", "access", "group"});
    out.written_config = written_config(item, {"meta", "docs", "access", "group"});
    if (const Yaml* relation = item.find("relation"); relation && relation->kind == Yaml::Kind::scalar)
      out.relation = relation->text;
    out.described = described(item, {"constraints", "deprecation_date", "latest_version", "time_spine"});
    if (function) read_signature(item, out.name, values_, out.described);
    std::vector<TestEntry> of_columns;
    read_tests(item, {}, out.tests);
    read_columns(item, out.columns, of_columns);
    note_granularities(item, out.described);
    if (const Yaml* versions = item.find("versions"); versions && versions->kind == Yaml::Kind::sequence)
      for (const Yaml& version : versions->items) read_version(version, out, of_columns);
    out.tests.insert(out.tests.end(), of_columns.begin(), of_columns.end());
    out.latest_version = text(item, "latest_version");
    if (out.latest_version.empty())
      for (const Patch::Version& version : out.versions)
        if (out.latest_version.empty() || newer(version.version, out.latest_version))
          out.latest_version = version.version;
    if (kind == "models") check_time_spine(item, out.name, columns_of_latest(item, out));
    return out;
  }

  // `data_tests` of the file itself: what is said of tests that are files. As in dbt, what lacks a name is left out.
  void singular_tests(const Yaml& document) {
    const Yaml* list = document.find("data_tests");
    if (!list || list->kind != Yaml::Kind::sequence) return;
    for (const Yaml& item : list->items) {
      if (item.kind != Yaml::Kind::mapping || !item.find("name")) {
        warnings_.push_back({"an entry of data_tests in " + file_.file + " has no name",
                             "here a test that is a file is described; those of a model stand below the model",
                             item.span});
        return;
      }
    }
    each(document, "data_tests", [&](const Yaml& item) { out_.patches.push_back(patch("data_tests", item)); });
  }

  // Versions are numbers where both are, else texts.
  static bool newer(const std::string& a, const std::string& b) {
    const auto x = parse_double(a), y = parse_double(b);
    return x && y ? *x > *y : a > b;
  }

  // What a version does not say is the model's; `columns: [{include: all, exclude: [x]}]` takes the model's columns.
  void read_version(const Yaml& yaml, Patch& patch, const std::vector<TestEntry>& of_columns) {
    if (yaml.kind != Yaml::Kind::mapping || !yaml.find("v")) throw bad("a version needs v", yaml.span);
    check_keys(yaml, version_keys, "version");
    Patch::Version out;
    out.version = text(yaml, "v");
    out.defined_in = text(yaml, "defined_in");
    if (out.defined_in.ends_with(".sql")) out.defined_in.resize(out.defined_in.size() - 4);
    out.description = description(yaml);
    Span ignored;
    out.config = config(yaml, ignored, {"access", "docs", "meta"});
    out.written_config = written_config(yaml, {"access", "docs", "meta"});
    const auto given = [&](const char* key) { return yaml.find(key) && !yaml.find(key)->is_null(); };
    const bool own_tests = given("data_tests") || given("tests");
    if (own_tests)
      read_tests(yaml, {}, out.tests);
    else
      out.tests = patch.tests;
    KeyNames excluded;
    bool includes = true;
    Yaml own = yaml;
    if (const Yaml* columns = yaml.find("columns"); columns && columns->kind == Yaml::Kind::sequence) {
      for (Yaml::Member& member : own.members)
        if (member.key.text == "columns")
          std::erase_if(member.value.items, [](const Yaml& c) { return c.find("include"); });
      includes = false;
      for (const Yaml& column : columns->items)
        if (const Yaml* include = column.find("include")) {
          includes = true;
          if (include->kind == Yaml::Kind::sequence) {
            const KeyNames named = text_list_of(*include);
            for (const Column& known : patch.columns)
              if (std::find(named.begin(), named.end(), known.name) == named.end()) excluded.push_back(known.name);
          }
          if (const Yaml* exclude = column.find("exclude"))
            for (const std::string& name : text_list_of(*exclude)) excluded.push_back(name);
        }
      std::vector<TestEntry> tests;
      read_columns(own, out.columns, tests);
      out.tests.insert(out.tests.end(), tests.begin(), tests.end());
    }
    const auto out_of = [&](const std::string& name) {
      return std::find(excluded.begin(), excluded.end(), name) != excluded.end() ||
             std::any_of(out.columns.begin(), out.columns.end(), [&](const Column& c) { return c.name == name; });
    };
    std::vector<Column> inherited;
    if (includes) {
      for (const TestEntry& test : of_columns)
        if (!out_of(test.column)) out.tests.push_back(test);
      for (const Column& column : patch.columns)
        if (!out_of(column.name)) inherited.push_back(column);
    }
    out.columns.insert(out.columns.begin(), inherited.begin(), inherited.end());
    patch.versions.push_back(std::move(out));
  }

  static KeyNames text_list_of(const Yaml& yaml) {
    KeyNames out;
    if (yaml.kind == Yaml::Kind::scalar) out.push_back(yaml.text);
    for (const Yaml& item : yaml.items) out.push_back(item.as_string());
    return out;
  }

  void macro(const Yaml& item) {
    MacroPatch out;
    out.name = name_of(item, "macros");
    out.file = file_.file;
    out.span = item.span;
    Span ignored;
    const Json configured = config(item, ignored, {});
    // Top-level meta and that of config together; docs of config in place of the others.
    Json meta = Json::object(), docs = Json::object().set("show", true).set("node_color", Json());
    const Json written = described(item, {"meta", "docs"});
    for (const Json* from : {written.find("meta"), configured.find("meta")})
      if (from && from->is_object())
        for (const auto& [key, value] : from->as_object()) meta.set(key, value);
    const Json* from = configured.find("docs") ? configured.find("docs") : written.find("docs");
    if (from && from->is_object())
      for (const auto& [key, value] : from->as_object()) docs.set(key, value);
    Json arguments = Json::array();
    each(item, "arguments", [&](const Yaml& argument) {
      out.argument_spans.push_back(argument.span);
      const std::string type = text(argument, "type");
      arguments.push_back(Json::object()
                              .set("name", name_of(argument, "arguments"))
                              .set("type", type.empty() ? Json() : Json(type))
                              .set("description", description(argument)));
    });
    out.described.set("description", description(item))
        .set("meta", std::move(meta))
        .set("docs", std::move(docs))
        .set("arguments", std::move(arguments))
        .set("patch_path", file_.package + "://" + file_.file);
    out_.macros.push_back(std::move(out));
  }

  void declared(const char* kind, const Yaml& item) {
    Declared out;
    out.kind = kind;
    out.name = name_of(item, std::string(kind) + "s");
    out.package = file_.package;
    out.file = file_.file;
    out.unique_id = std::string(kind) + "." + out.package + "." + out.name;
    out.fqn = {out.package};
    for (const std::string& folder : file_.folders()) out.fqn.push_back(folder);
    out.fqn.push_back(out.name);
    out.body = item.to_json();
    out.span = item.span;
    out_.declared.push_back(std::move(out));
  }

  // What is said of a source of another package is put into that one's own block.
  void override_source(const Yaml& block, const std::string& name) {
    const std::string package = block.find("overrides")->as_string();
    warnings_.push_back({"source " + name + " overrides that of package " + package + ": dbt takes such overrides away",
                         "let the package ask for its schema and the like by var()", block.span,
                         "SourceOverrideDeprecation", Json::object().set("source_name", name).set("file", file_.file)});
  }

  void source(const Yaml& written) {
    const std::string name = name_of(written, "sources");
    check_keys(written, source_keys, "source");
    if (const Yaml* package = written.find("overrides"); package && !package->is_null())
      return override_source(written, name);
    const SourceOverrides::Override* by = overrides_ ? overrides_->find(file_.package, name) : nullptr;
    const Yaml merged = by ? overridden(written, *by, values_.rendering()) : Yaml();
    const Yaml& block = by ? merged : written;
    Span ignored;
    const Json shared = config(block, ignored, {"tags", "meta"});
    const Json shared_as_written = written_config(block, {"tags", "meta"});
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
      table.written_config = shared_as_written;
      merge_config(table.written_config, written_config(item, {"tags", "meta"}));
      note_ingest_keys(item, table.ingest_spans);
      const KeyNames passed_down = {"loader", "quoting"};
      table.described = described(block, passed_down);
      Json own = described(item, passed_down);
      if (const Yaml* external = item.find("external"); external && external->kind == Yaml::Kind::mapping)
        own.set("external", external->to_json());
      if (Json* quoting = own.find("quoting"), *shared = table.described.find("quoting");
          quoting && shared && quoting->is_object() && shared->is_object()) {
        for (const auto& [key, value] : quoting->as_object()) shared->set(key, value);
        own.erase("quoting");
      }
      for (const auto& [key, value] : own.as_object()) table.described.set(key, value);
      if (const auto freshness = freshness_of(block, item, values_)) table.config.set("freshness", *freshness);
      settle_loaded_at(block, item, values_, table.config);
      table.described.set("source_description", description(block));
      for (const char* key : {"schema", "database"})
        if (const Yaml* written = block.find(key);
            written && written->kind == Yaml::Kind::scalar && !written->is_null())
          table.described.set(std::string("unrendered_") + key, written->text);
      if (const Json* meta = shared.find("meta")) table.described.set("source_meta", *meta);
      read_tests(item, {}, table.tests);
      read_columns(item, table.columns, table.tests);
      out_.sources.push_back(std::move(table));
    });
  }

  void unit_test(const Yaml& item) {
    UnitTestEntry out;
    out.yaml = item;
    out.name = name_of(item, "unit_tests");
    check_keys(item, unit_test_keys, "unit test");
    out.model = text(item, "model");
    if (out.model.empty()) throw bad("unit test " + out.name + " lacks its model", item.span);
    out.description = description(item);
    Span ignored;
    out.config = config(item, ignored, {});
    out.file = file_;
    out_.unit_tests.push_back(std::move(out));
  }

  std::string values_text(const std::string& text, const Yaml& at) const {
    const Json rendered = values_.text(text, at.span);
    return rendered.is_string() ? rendered.as_string() : rendered.dump();
  }

  const SourceFile& file_;
  const YamlValues& values_;
  const SourceOverrides* overrides_;
  std::vector<Error>& errors_;
  std::vector<Diagnostic>& warnings_;
  SchemaFile out_;
};

}  // namespace

SchemaFile read_schema_file(const std::string& text, const SourceFile& file, const YamlValues& values,
                            std::vector<Error>& errors, std::vector<Diagnostic>& warnings,
                            const SourceOverrides* overrides) {
  try {
    const Yaml document = parse_warning(text, file.label, warnings);
    if (document.is_null()) return {};
    if (document.kind != Yaml::Kind::mapping)
      throw bad("Dictionary expected: a properties file is a mapping", document.span);
    return Reader(file, values, overrides, errors, warnings).read(document);
  } catch (Error& error) {
    errors.push_back(std::move(error));
    return {};
  }
}

}  // namespace weir::project
