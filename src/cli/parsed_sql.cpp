#include "cli/parsed_sql.h"

#include <algorithm>

#include "base/text.h"
#include "cli/dialects.h"

namespace weir::cli {

namespace {

size_t place_of(const Json& node) {
  const auto place = node.get_string("position");  // of an error it is a text
  if (place) return static_cast<size_t>(parse_int(*place).value_or(0));
  const Json* location = node.find("query_location");
  return location && location->is_int() ? static_cast<size_t>(location->as_int()) : 0;
}

}  // namespace

SqlParser::SqlParser(engine::Session& session) : session_(session) {
  const auto known = session.query(
      "SELECT lower(function_name), bool_or(function_type IN ('table', 'table_macro')), bool_or(function_type NOT IN "
      "('table', 'table_macro')) FROM duckdb_functions() GROUP BY 1");
  for (const auto& row : known.rows) {
    const auto *table = std::get_if<bool>(&row[1]), *scalar = std::get_if<bool>(&row[2]);
    if (table && *table) table_functions_.insert(engine::cell_text(row[0]));
    if (scalar && *scalar) functions_.insert(engine::cell_text(row[0]));
  }
  // What the parser makes of them is no function, or one that is bound by other means.
  for (const char* name : {"count_star", "unnest", "grouping", "grouping_id", "list_value", "row", "struct_pack"})
    functions_.insert(name);
  table_functions_.insert("unnest");
}

std::vector<SqlProblem> SqlParser::problems(const std::string& sql) {
  std::vector<SqlProblem> out;
  const auto rows = session_.query("SELECT json_serialize_sql(" + quote_literal(sql) + ")::VARCHAR");
  Json parsed;
  try {
    parsed = Json::parse(engine::cell_text(rows.rows.at(0).at(0)));
  } catch (const Error&) {
    return out;  // nested too deeply to be looked through: it was parsed
  }
  if (parsed.get_bool("error").value_or(false)) {
    // Statements that are no queries are parsed, but not told of.
    if (parsed.get_string("error_type") == "parser")
      out.push_back(
          {SqlProblem::Kind::syntax, "", parsed.get_string("error_message").value_or("not SQL"), place_of(parsed)});
    return out;
  }
  walk(parsed, false, out);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  std::vector<SqlProblem> first;
  for (SqlProblem& problem : out) {
    const bool told = std::any_of(first.begin(), first.end(), [&](const SqlProblem& other) {
      return other.kind == problem.kind && other.name == problem.name;
    });
    if (!told) first.push_back(std::move(problem));
  }
  return first;
}

void SqlParser::walk(const Json& node, bool is_table_function, std::vector<SqlProblem>& out) const {
  if (node.is_array()) {
    for (const Json& item : node.as_array()) walk(item, false, out);
    return;
  }
  if (!node.is_object()) return;
  if (node.find("function_name")) call(node, is_table_function, out);
  if (const Json* type = node.find("cast_type"); type && type->get_string("id") == "UNBOUND") {
    const Json* info = type->find("type_info");
    if (info && info->is_object())
      out.push_back({SqlProblem::Kind::type, lower(info->get_string("name").value_or("")), "", place_of(node)});
  }
  const Json* kind = node.find("type");  // of a constant it is an object
  const bool from_function = kind && kind->is_string() && kind->as_string() == "TABLE_FUNCTION";
  for (const auto& [key, value] : node.as_object()) walk(value, from_function && key == "function", out);
}

void SqlParser::call(const Json& node, bool is_table_function, std::vector<SqlProblem>& out) const {
  const Json* name_json = node.find("function_name");
  if (!name_json->is_string()) return;
  const std::string name = lower(name_json->as_string());
  const Json* is_operator = node.find("is_operator");
  if (name.empty() || (is_operator && is_operator->is_bool() && is_operator->as_bool())) return;
  if (!(is_table_function ? table_functions_ : functions_).contains(name)) {
    out.push_back({SqlProblem::Kind::function, name, "", place_of(node)});
    return;
  }
  // datediff(day, a, b): a part of a date that stands without quotes is a column here.
  if (name.find("date") == std::string::npos && name.find("time") == std::string::npos) return;
  const Json* arguments = node.find("children");
  if (!arguments || !arguments->is_array()) return;
  for (const Json& argument : arguments->as_array()) {
    const Json* names = argument.is_object() ? argument.find("column_names") : nullptr;
    const bool bare = names && names->is_array() && names->size() == 1 && names->as_array()[0].is_string();
    if (bare && arguments->size() > 1 && &argument != &arguments->as_array().back() &&
        is_date_part(lower(names->as_array()[0].as_string()))) {
      out.push_back({SqlProblem::Kind::date_part, name, names->as_array()[0].as_string(), place_of(argument)});
      return;
    }
  }
}

}  // namespace weir::cli
