#include "project/relation.h"

#include <functional>

#include "base/text.h"
#include "project/function_config.h"
#include "template/arguments.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Evaluation;
using tmpl::Value;

namespace {

Value text_or_none(const std::string& text) { return text.empty() ? Value() : Value(text); }

void apply_switches(const Arguments& arguments, bool& database, bool& schema, bool& identifier) {
  for (const auto& [name, value] : arguments.named) {
    if (name == "database") database = value.truth();
    if (name == "schema") schema = value.truth();
    if (name == "identifier") identifier = value.truth();
  }
}

void set_part(Relation& relation, std::string_view part, const Value& value) {
  const std::string text = value.is_none() ? "" : value.str();
  if (part == "database") relation.database = text;
  if (part == "schema") relation.schema = text;
  if (part == "identifier") relation.identifier = text;
}

// incorporate(path={...}, type=...): a copy with other parts.
Value incorporate(const Relation& relation, const Arguments& arguments) {
  tmpl::Ref<Relation> out = relation.copy();
  if (const Value* type = arguments.find("type")) out->kind = type->is_none() ? "" : type->str();
  if (const Value* path = arguments.find("path"); path && path->is_dict())
    for (const auto& entry : path->as_dict().entries()) set_part(*out, entry.key.str(), entry.value);
  return Value::object(out);
}

Value replace_path(const Relation& relation, const Arguments& arguments) {
  tmpl::Ref<Relation> out = relation.copy();
  for (const auto& [part, value] : arguments.named) set_part(*out, part, value);
  return Value::object(out);
}

}  // namespace

tmpl::Ref<Relation> Relation::copy() const {
  tmpl::Ref<Relation> out = tmpl::make<Relation>();
  out->database = database, out->schema = schema, out->identifier = identifier;
  out->with_database = with_database, out->with_schema = with_schema, out->with_identifier = with_identifier;
  out->quoting = quoting;
  out->kind = kind, out->cte = cte, out->external = external, out->where = where;
  out->empty = empty, out->time_filter = time_filter;
  return out;
}

std::string Relation::name() const {
  if (!cte.empty()) return cte;
  if (!external.empty()) return external;
  std::string out;
  const auto add = [&out](const std::string& part, bool wanted, bool quoted) {
    if (!wanted || part.empty()) return;
    if (!out.empty()) out += '.';
    out += quoted ? quote_identifier(part) : part;
  };
  add(database, with_database, quoting.database);
  add(schema, with_schema, quoting.schema);
  add(identifier, with_identifier, quoting.identifier);
  return out;
}

std::string Relation::str() const {
  std::string out = name();
  if (empty) out = "(select * from " + out + " where false limit 0)";
  if (!time_filter.empty()) out = "(select * from " + out + " where " + time_filter + ")";
  if (!where.empty()) return "(select * from " + out + " where " + where + ") dbt_subquery";
  return out;
}

std::optional<Value> Relation::get_attr(Evaluation&, std::string_view name) {
  if (name == "database") return text_or_none(database);
  if (name == "schema") return text_or_none(schema);
  if (name == "identifier" || name == "name" || name == "table") return text_or_none(identifier);
  if (name == "type") return text_or_none(kind);
  if (name == "is_table") return Value(kind == "table");
  if (name == "is_view") return Value(kind == "view");
  if (name == "is_function") return Value(kind == "function");
  if (name == "Table" || name == "View" || name == "Function") return Value(lower(name));
  if (name == "is_cte") return Value(kind == "cte");
  if (name == "metadata") return Value::dict({{"type", "DuckDBRelation"}});
  return std::nullopt;
}

std::optional<Value> Relation::get_item(Evaluation& evaluation, const Value& key) {
  return key.is_string() ? get_attr(evaluation, key.as_string()) : std::nullopt;
}

std::optional<Value> Relation::call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) {
  if (name == "include") {
    tmpl::Ref<Relation> out = copy();
    apply_switches(arguments, out->with_database, out->with_schema, out->with_identifier);
    return Value::object(out);
  }
  if (name == "quote") {
    tmpl::Ref<Relation> out = copy();
    apply_switches(arguments, out->quoting.database, out->quoting.schema, out->quoting.identifier);
    return Value::object(out);
  }
  if (name == "without_identifier") {
    tmpl::Ref<Relation> out = copy();
    out->with_identifier = false;
    return Value::object(out);
  }
  if (name == "incorporate") return incorporate(*this, arguments);
  if (name == "replace_path") return replace_path(*this, arguments);
  if (name == "get") {
    tmpl::Binder bind("get", arguments, {"name", "default"}, 1);
    const std::optional<Value> found = get_item(evaluation, bind[0]);
    return found ? *found : bind.or_default(1, Value());
  }
  if (name == "get_function_config" || name == "get_function_macro_name")
    return name == "get_function_config" ? function_config(arguments) : function_macro_name(arguments);
  if (name == "render") return Value(this->name());
  return std::nullopt;
}

bool Relation::equals(const Object& other) const {
  const auto* relation = dynamic_cast<const Relation*>(&other);
  return relation && relation->str() == str();
}

std::optional<size_t> Relation::hash() const { return std::hash<std::string>{}(str()); }

Value make_relation(Place place, std::string kind) {
  tmpl::Ref<Relation> out = tmpl::make<Relation>();
  out->database = std::move(place.database), out->schema = std::move(place.schema);
  out->identifier = std::move(place.alias), out->quoting = place.quoting;
  out->kind = std::move(kind);
  return Value::object(out);
}

}  // namespace weir::project
