// dbt's `adapter`: what macros ask and tell the target by, over the Warehouse of the rendering.
#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "project/context_objects.h"
#include "project/host.h"
#include "project/query_table.h"
#include "project/relation.h"
#include "template/arguments.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Binder;
using tmpl::Evaluation;
using tmpl::Value;

namespace {

RelationName name_of(const Relation& relation) { return {relation.database, relation.schema, relation.identifier}; }

const Relation& relation_argument(const Value& value, std::string_view method) {
  const auto* relation = value.as<Relation>();
  if (!relation)
    throw Error(ErrorCode::template_call,
                std::string(method) + " needs a relation (ref, source, this), not a " + value.type_name());
  return *relation;
}

Value listed_columns(const std::vector<RelationColumn>& columns) {
  std::vector<Value> out;
  out.reserve(columns.size());
  for (const RelationColumn& column : columns) out.push_back(make_column(column));
  return Value::list(std::move(out));
}

std::string text_or(const Value& value, const std::string& otherwise) {
  return value.is_none() ? otherwise : value.str();
}

// ---- without a warehouse

Value dispatch(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.dispatch", arguments, {"macro_name", "macro_namespace", "packages"}, 1);
  ProjectHost& host = host_of(evaluation);
  const std::string name = bind[0].as_string();
  if (name.find('.') != std::string::npos)
    throw Error(ErrorCode::unknown_macro,
                "adapter.dispatch takes the macro's name and its namespace apart: "
                "adapter.dispatch('macro', 'package'), not '" +
                    name + "'");
  const std::string space = bind[1].is_none() ? "" : bind[1].as_string();
  const MacroTable& macros = host.rendering.macros;
  const bool in_test = host.node && host.node->test && !host.node->test->singular();
  std::vector<std::string> tried;
  if (const MacroEntry* entry = in_test && space.empty() ? macros.dispatch_in_test(name, &tried)
                                                         : macros.dispatch(host.package, name, space, &tried))
    return evaluation.macro(entry->file, entry->name);
  throw Error(ErrorCode::unknown_macro, "In dispatch: No macro named '" + name + "' found within namespace " +
                                            (space.empty() ? std::string("None") : "'" + space + "'") +
                                            "; looked for " + join(tried, ", "))
      .with_hint(host.rendering.missing_package_hint(space));
}

Value quote(Evaluation&, const Arguments& arguments) {
  return Value(quote_identifier(Binder("adapter.quote", arguments, {"identifier"}, 1)[0].str()));
}

// By `quoting:` of dbt_project.yml; a key that is no part of a relation's name asks for nothing.
Value quote_as_configured(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.quote_as_configured", arguments, {"identifier", "quote_key"}, 2);
  const Quoting& quoting = host_of(evaluation).rendering.quoting;
  const std::string key = bind[1].str();
  const bool quoted = (key == "identifier" && quoting.identifier) || (key == "schema" && quoting.schema) ||
                      (key == "database" && quoting.database);
  return quoted ? Value(quote_identifier(bind[0].str())) : bind[0];
}

Value quote_seed_column(Evaluation&, const Arguments& arguments) {
  Binder bind("adapter.quote_seed_column", arguments, {"column", "quote_config"}, 1);
  const bool plain = bind.given(1) && bind[1].is_bool() && !bind[1].truth();
  return Value(plain ? bind[0].str() : quote_identifier(bind[0].str()));
}

// Of dbt-duckdb: where the files of external models lie.
Value external_root(Evaluation& evaluation, const Arguments& arguments) {
  const Binder takes_nothing("adapter.external_root", arguments, {}, 0);
  return Value(host_of(evaluation).rendering.target.extra.get_string("external_root").value_or("."));
}

// Of dbt-duckdb: what reads all files that an external model has written to a place.
Value external_read_location(Evaluation&, const Arguments& arguments) {
  Binder bind("adapter.external_read_location", arguments, {"write_location", "rendered_options"}, 2);
  const auto option = [&](std::string_view name) {
    const Value* found = bind[1].is_dict() ? bind[1].as_dict().find(name) : nullptr;
    return found && found->truth() ? found->str() : std::string();
  };
  const std::string parts = option("partition_by"), format = option("format");
  if (parts.empty() && option("per_thread_output").empty()) return bind[0];
  std::string pattern = bind[0].str() + "/*";
  for (size_t i = 0; !parts.empty() && i < split(parts, ',').size(); i++) pattern += "/*";
  return Value(pattern + "." + (format.empty() ? "parquet" : format));
}

Value type(Evaluation& evaluation, const Arguments&) { return Value(host_of(evaluation).rendering.target.type); }

Value valid_incremental_strategies(Evaluation&, const Arguments&) {
  return Value::list({Value("append"), Value("delete+insert"), Value("merge"), Value("microbatch")});
}

Value nothing(Evaluation&, const Arguments&) { return Value(); }
Value empty_text(Evaluation&, const Arguments&) { return Value(""); }

// ---- questions

// dbt's adapter asks this macro: the project's own, that of a package, or what dispatch finds instead. nullptr: nobody
// has one.
const MacroEntry* own_columns_macro(const ProjectHost& host) {
  constexpr std::string_view name = "get_columns_in_relation";
  const MacroTable& macros = host.rendering.macros;
  if (const MacroEntry* own = macros.find(macros.root_package(), name)) return own;
  for (const MacroEntry& entry : macros.all())
    if (entry.name == name && entry.package != standard_package) return &entry;
  std::vector<std::string> tried;
  const MacroEntry* found = macros.dispatch(macros.root_package(), name, "dbt", &tried);
  return found && found->package != standard_package ? found : nullptr;
}

Value get_columns_in_relation(Evaluation& evaluation, const Arguments& arguments) {
  if (const MacroEntry* own = own_columns_macro(host_of(evaluation)))
    return evaluation.call(evaluation.macro(own->file, own->name), arguments);
  Binder bind("adapter.get_columns_in_relation", arguments, {"relation"}, 1);
  const Relation& relation = relation_argument(bind[0], "get_columns_in_relation");
  Warehouse& warehouse = warehouse_of(evaluation, "adapter.get_columns_in_relation");
  if (!relation.cte.empty()) return Value::list();
  return listed_columns(warehouse.columns(name_of(relation)));
}

Value get_column_schema_from_query(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.get_column_schema_from_query", arguments, {"sql", "sql_header"}, 1);
  return listed_columns(
      warehouse_of(evaluation, "adapter.get_column_schema_from_query").columns_of_query(bind[0].str()));
}

// Columns of the first relation that the second lacks.
Value get_missing_columns(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.get_missing_columns", arguments, {"from_relation", "to_relation"}, 2);
  Warehouse& warehouse = warehouse_of(evaluation, "adapter.get_missing_columns");
  const auto from = warehouse.columns(name_of(relation_argument(bind[0], "get_missing_columns")));
  const auto to = warehouse.columns(name_of(relation_argument(bind[1], "get_missing_columns")));
  std::vector<RelationColumn> missing;
  for (const RelationColumn& column : from)
    if (std::none_of(to.begin(), to.end(), [&](const RelationColumn& other) { return other.name == column.name; }))
      missing.push_back(column);
  return listed_columns(missing);
}

Value found_relation(Evaluation& evaluation, const RelationName& name, std::string_view method) {
  const auto kind = warehouse_of(evaluation, method).relation_type(name);
  return kind ? make_relation({name.database, name.schema, name.identifier}, *kind) : Value();
}

Value get_relation(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.get_relation", arguments, {"database", "schema", "identifier"}, 3);
  const RelationName name{text_or(bind[0], host_of(evaluation).rendering.target.database), bind[1].str(),
                          bind[2].str()};
  return found_relation(evaluation, name, "adapter.get_relation");
}

Value load_relation(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("load_relation", arguments, {"relation"}, 1);
  return found_relation(evaluation, name_of(relation_argument(bind[0], "load_relation")), "adapter.load_relation");
}

Value already_exists(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.already_exists", arguments, {"schema", "name"}, 2);
  const RelationName name{host_of(evaluation).rendering.target.database, bind[0].str(), bind[1].str()};
  return Value(warehouse_of(evaluation, "adapter.already_exists").relation_type(name).has_value());
}

Value list_in(Evaluation& evaluation, const std::string& database, const std::string& schema) {
  std::vector<Value> out;
  for (const ListedRelation& found : warehouse_of(evaluation, "adapter.list_relations").relations(database, schema))
    out.push_back(make_relation({database, schema, found.identifier}, found.kind));
  return Value::list(std::move(out));
}

Value list_relations(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.list_relations", arguments, {"database", "schema"}, 2);
  return list_in(evaluation, text_or(bind[0], host_of(evaluation).rendering.target.database), bind[1].str());
}

Value list_relations_without_caching(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.list_relations_without_caching", arguments, {"schema_relation"}, 1);
  const Relation& schema = relation_argument(bind[0], "list_relations_without_caching");
  return list_in(evaluation, schema.database, schema.schema);
}

Value list_schemas(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.list_schemas", arguments, {"database"}, 1);
  const auto found = warehouse_of(evaluation, "adapter.list_schemas").schemas(bind[0].str());
  return Value::list(std::vector<Value>(found.begin(), found.end()));
}

Value check_schema_exists(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.check_schema_exists", arguments, {"database", "schema"}, 2);
  const auto schemas = warehouse_of(evaluation, "adapter.check_schema_exists").schemas(bind[0].str());
  return Value(std::any_of(schemas.begin(), schemas.end(),
                           [&](const std::string& known) { return iequals(known, bind[1].str()); }));
}

// ---- statements

void run(Evaluation& evaluation, std::string_view method, const std::string& sql) {
  warehouse_of(evaluation, method).query(sql);
}

// A relation whose kind the template does not know is looked up: DROP and ALTER name it.
std::string kind_of(Evaluation& evaluation, const Relation& relation) {
  if (relation.kind == "table" || relation.kind == "view") return relation.kind;
  return warehouse_of(evaluation, "adapter").relation_type(name_of(relation)).value_or("");
}

Value drop_relation(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.drop_relation", arguments, {"relation"}, 1);
  const Relation& relation = relation_argument(bind[0], "drop_relation");
  if (const std::string kind = kind_of(evaluation, relation); !kind.empty())
    run(evaluation, "adapter.drop_relation", "drop " + kind + " if exists " + relation.str());
  return Value();
}

Value truncate_relation(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.truncate_relation", arguments, {"relation"}, 1);
  run(evaluation, "adapter.truncate_relation", "delete from " + relation_argument(bind[0], "truncate_relation").str());
  return Value();
}

Value rename_relation(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.rename_relation", arguments, {"from_relation", "to_relation"}, 2);
  const Relation& from = relation_argument(bind[0], "rename_relation");
  const Relation& to = relation_argument(bind[1], "rename_relation");
  const std::string kind = kind_of(evaluation, from);
  run(evaluation, "adapter.rename_relation",
      "alter " + (kind.empty() ? std::string("table") : kind) + " " + from.str() + " rename to " +
          (host_of(evaluation).rendering.quoting.identifier ? quote_identifier(to.identifier) : to.identifier));
  return Value();
}

std::string schema_text(const Relation& relation) {
  return quote_identifier(relation.database) + "." + quote_identifier(relation.schema);
}

Value create_schema(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.create_schema", arguments, {"relation"}, 1);
  run(evaluation, "adapter.create_schema",
      "create schema if not exists " + schema_text(relation_argument(bind[0], "create_schema")));
  return Value();
}

Value drop_schema(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.drop_schema", arguments, {"relation"}, 1);
  run(evaluation, "adapter.drop_schema",
      "drop schema if exists " + schema_text(relation_argument(bind[0], "drop_schema")) + " cascade");
  return Value();
}

// (response, table)
Value execute(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("adapter.execute", arguments, {"sql", "auto_begin", "fetch", "limit"}, 1);
  const QueryResult result = warehouse_of(evaluation, "adapter.execute").query(bind[0].str());
  return Value::tuple({Value("OK"), make_query_table(result)});
}

struct Method {
  tmpl::Function function;
  bool asks = true;  // needs the target; while the project is read it answers `while_parsing`
  enum class Parsing { none, list, no } while_parsing = Parsing::none;
};

const std::unordered_map<std::string_view, Method>& methods() {
  using Parsing = Method::Parsing;
  static const std::unordered_map<std::string_view, Method> table = {
      {"dispatch", {dispatch, false}},
      {"quote", {quote, false}},
      {"quote_as_configured", {quote_as_configured, false}},
      {"quote_seed_column", {quote_seed_column, false}},
      {"type", {type, false}},
      {"external_root", {external_root, false}},
      {"external_read_location", {external_read_location, false}},
      {"valid_incremental_strategies", {valid_incremental_strategies, false}},
      {"get_columns_in_relation", {get_columns_in_relation, true, Parsing::list}},
      {"get_column_schema_from_query", {get_column_schema_from_query, true, Parsing::list}},
      {"get_missing_columns", {get_missing_columns, true, Parsing::list}},
      {"get_relation", {get_relation}},
      {"load_relation", {load_relation}},
      {"already_exists", {already_exists, true, Parsing::no}},
      {"list_relations", {list_relations, true, Parsing::list}},
      {"list_relations_without_caching", {list_relations_without_caching, true, Parsing::list}},
      {"list_schemas", {list_schemas, true, Parsing::list}},
      {"check_schema_exists", {check_schema_exists, true, Parsing::no}},
      {"drop_relation", {drop_relation}},
      {"truncate_relation", {truncate_relation}},
      {"rename_relation", {rename_relation}},
      {"create_schema", {create_schema}},
      {"drop_schema", {drop_schema}},
      {"execute", {execute}},
      {"add_query", {execute}},
      // weir keeps no cache of relations, widens no column by itself, and ends transactions where a step ends.
      {"cache_added", {empty_text, false}},
      {"cache_dropped", {empty_text, false}},
      {"cache_renamed", {empty_text, false}},
      {"expand_target_column_types", {nothing, false}},
      {"commit", {nothing, false}},
      {"commit_if_has_connection", {nothing, false}},
      {"clear_transaction", {nothing, false}},
      {"nice_connection_name", {empty_text, false}},
  };
  return table;
}

class AdapterObject final : public tmpl::Object {
 public:
  std::string type_name() const override { return "adapter"; }

  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override {
    const auto found = methods().find(name);
    ProjectHost& host = host_of(evaluation);
    // As in dbt: told where the node is built, and no reason not to read the project.
    if (found == methods().end() && host.mode == RenderMode::parse)
      return Value::undefined("adapter has no " + std::string(name), tmpl::UndefinedMode::chainable);
    if (found == methods().end()) {
      std::vector<std::string> names;
      for (const auto& [known, method] : methods()) names.emplace_back(known);
      throw Error(ErrorCode::not_built,
                  "adapter." + std::string(name) + " is not supported" + did_you_mean(std::string(name), names))
          .with_span(evaluation.position());
    }
    const Method& method = found->second;
    if (!method.asks || host.mode == RenderMode::final) return method.function(evaluation, arguments);
    // Nothing is known yet: empty answers, as dbt gives.
    if (host.capture) host.capture->queries = true;
    if (method.while_parsing == Method::Parsing::list) return Value::list();
    return method.while_parsing == Method::Parsing::no ? Value(false) : Value();
  }

  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "Relation") return relation_factory();
    if (name == "Column") return column_factory();
    if (!methods().contains(name)) return std::nullopt;
    return Value::function("adapter." + std::string(name),
                           [this_name = std::string(name)](Evaluation& evaluation, const Arguments& arguments) {
                             return *AdapterObject().call_method(evaluation, this_name, arguments);
                           });
  }
};

}  // namespace

Value adapter_object() { return Value::object(tmpl::make<AdapterObject>()); }

}  // namespace weir::project
