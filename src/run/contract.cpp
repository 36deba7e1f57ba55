#include "run/contract.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace weir::run {

namespace {

using project::Column;
using project::Node;

std::vector<std::string> listed_texts(const Json* value) {
  std::vector<std::string> out;
  if (value && value->is_array())
    for (const Json& item : value->as_array())
      if (item.is_string()) out.push_back(quote_identifier(item.as_string()));
  return out;
}

// The words of one constraint, of a column or (with `columns`) of the table; "" = the database knows none such.
using Resolved = std::function<std::string(const std::string&)>;
std::string constraint_sql(const Json& constraint, const Resolved& resolved) {
  const std::string type = lower(constraint.get_string("type").value_or(""));
  std::string expression = constraint.get_string("expression").value_or("");
  const std::vector<std::string> columns = listed_texts(constraint.find("columns"));
  const std::string over = columns.empty() ? "" : " (" + join(columns, ", ") + ")";
  if (type == "not_null") return "not null";
  if (type == "unique") return "unique" + over;
  if (type == "primary_key") return "primary key" + over;
  if (type == "check") return "check (" + expression + ")";
  if (type == "custom") return expression;
  if (type != "foreign_key") return {};
  const std::string reference = project::foreign_key_template(constraint);
  const std::string to = reference.empty() ? constraint.get_string("to").value_or("") : resolved(reference);
  const std::vector<std::string> others = listed_texts(constraint.find("to_columns"));
  const std::string target = to.empty() ? expression : to + " (" + join(others, ", ") + ")";
  return (columns.empty() ? "references " : "foreign key" + over + " references ") + target;
}

std::string column_definition(const Column& column, const Resolved& resolved) {
  std::string out = quote_identifier(column.name) + " " + column.data_type;
  if (column.constraints.is_array())
    for (const Json& constraint : column.constraints.as_array()) out += " " + constraint_sql(constraint, resolved);
  return out;
}

// The declared types as the engine calls them.
std::vector<engine::ColumnInfo> declared_columns(engine::Session& session, const Node& node) {
  std::vector<std::string> parts, untyped;
  for (const Column& column : node.columns) {
    if (column.data_type.empty()) untyped.push_back("'" + column.name + "'");
    parts.push_back("CAST(NULL AS " + column.data_type + ") AS " + quote_identifier(column.name));
  }
  if (!untyped.empty())
    throw Error(ErrorCode::bad_config,
                "an enforced contract needs the data_type of each column, and there is none of " + join(untyped, ", "))
        .with_span(node.span);
  if (parts.empty())
    throw Error(ErrorCode::bad_config, "the contract is enforced, and no columns are declared").with_span(node.span);
  return session.describe("SELECT " + join(parts, ", "));
}

}  // namespace

bool has_contract(const Node& node) {
  const Json* contract = node.config->all.find("contract");
  return contract && contract->is_object() && contract->get_bool("enforced").value_or(false);
}

void check_contract(engine::Session& session, const Node& node, const std::string& sql) {
  const std::vector<engine::ColumnInfo> wanted = declared_columns(session, node), found = session.describe(sql);
  const auto named = [](const std::vector<engine::ColumnInfo>& columns, const std::string& name) {
    const auto same = [&](const engine::ColumnInfo& column) { return iequals(column.name, name); };
    const auto at = std::find_if(columns.begin(), columns.end(), same);
    return at == columns.end() ? nullptr : &*at;
  };
  std::vector<std::string> mistakes;
  for (const engine::ColumnInfo& column : wanted) {
    const engine::ColumnInfo* got = named(found, column.name);
    if (!got)
      mistakes.push_back(column.name + " " + column.type + " is missing in definition");
    else if (got->type != column.type)
      mistakes.push_back(column.name + " is " + got->type + ", declared " + column.type + " (data type mismatch)");
  }
  for (const engine::ColumnInfo& column : found)
    if (!named(wanted, column.name)) mistakes.push_back(column.name + " " + column.type + " is missing in contract");
  if (mistakes.empty()) return;
  throw Error(ErrorCode::column_type, "the model breaks its contract: " + join(mistakes, "; "),
              "mend the model, or the columns in " + (node.patch_file.empty() ? "its YAML" : node.patch_file))
      .with_span(node.span);
}

int64_t create_by_contract(engine::Session& session, const Node& node, const std::string& sql,
                           const Resolved& resolved) {
  std::vector<std::string> definitions, names;
  for (const Column& column : node.columns) {
    definitions.push_back(column_definition(column, resolved));
    names.push_back(quote_identifier(column.name));
  }
  if (const Json* constraints = node.described.find("constraints"); constraints && constraints->is_array())
    for (const Json& constraint : constraints->as_array())
      if (const std::string text = constraint_sql(constraint, resolved); !text.empty()) definitions.push_back(text);
  const std::string relation = node.relation_text();
  session.execute("CREATE OR REPLACE TABLE " + relation + " (" + join(definitions, ", ") + ")");
  return session
      .query("INSERT INTO " + relation + " (" + join(names, ", ") + ") SELECT " + join(names, ", ") + " FROM (\n" +
             sql + "\n) AS model_rows")
      .changed;
}

}  // namespace weir::run
