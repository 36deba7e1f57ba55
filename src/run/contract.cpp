#include "run/contract.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace weir::run {

namespace {

using project::Column;
using project::Node;

// As written: a name that needs quotes has them in the YAML.
std::string name_list(const Json* value) {
  std::vector<std::string> out;
  if (value && value->is_array())
    for (const Json& item : value->as_array())
      if (item.is_string()) out.push_back(item.as_string());
  return join(out, ", ");
}

std::string column_name(const Column& column) { return column.quote ? quote_identifier(column.name) : column.name; }

using Resolved = std::function<std::string(const std::string&)>;

// What a foreign key refers to: "dev"."orders" (id)
std::string key_target(const Json& constraint, const Resolved& resolved) {
  const std::string reference = project::foreign_key_template(constraint);
  const std::string to = reference.empty() ? constraint.get_string("to").value_or("") : resolved(reference);
  const std::string columns = name_list(constraint.find("to_columns"));
  return to.empty() || columns.empty() ? constraint.get_string("expression").value_or("") : to + " (" + columns + ")";
}

// The words of a constraint of a column; "" = it comes to none.
std::string column_constraint(const Json& constraint, const Resolved& resolved) {
  const std::string type = lower(constraint.get_string("type").value_or(""));
  const std::string expression = constraint.get_string("expression").value_or("");
  if (type == "not_null" || type == "unique" || type == "primary_key")
    return std::string(trim(replace_all(type, "_", " ") + " " + expression));
  if (type == "check") return expression.empty() ? "" : "check (" + expression + ")";
  if (type == "foreign_key") {
    const std::string target = key_target(constraint, resolved);
    return target.empty() ? "" : "references " + target;
  }
  return type == "custom" ? expression : "";
}

// The same of a constraint of the table, which may have a name.
std::string table_constraint(const Json& constraint, const Resolved& resolved) {
  const std::string type = lower(constraint.get_string("type").value_or(""));
  const std::string expression = constraint.get_string("expression").value_or("");
  const std::string over = "(" + name_list(constraint.find("columns")) + ")";
  const std::string name = constraint.get_string("name").value_or("");
  const std::string prefix = name.empty() ? "" : "constraint " + name + " ";
  if (type == "unique" || type == "primary_key")
    return prefix + replace_all(type, "_", " ") + (expression.empty() ? "" : " " + expression) + " " + over;
  if (type == "check") return expression.empty() ? "" : prefix + "check (" + expression + ")";
  if (type == "foreign_key") {
    const std::string target = key_target(constraint, resolved);
    return target.empty() ? "" : prefix + "foreign key " + over + " references " + target;
  }
  return type == "custom" && !expression.empty() ? prefix + expression : "";
}

std::string column_definition(const Column& column, const Resolved& resolved) {
  std::string out = column_name(column) + " " + column.data_type;
  if (column.constraints.is_array())
    for (const Json& constraint : column.constraints.as_array())
      if (const std::string text = column_constraint(constraint, resolved); !text.empty()) out += " " + text;
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

ContractSql contract_sql(const Node& node, const std::string& relation, const std::string& sql,
                         const Resolved& resolved) {
  std::vector<std::string> definitions, names;
  for (const Column& column : node.columns) {
    definitions.push_back(column_definition(column, resolved));
    names.push_back(column_name(column));
  }
  if (const Json* constraints = node.described.find("constraints"); constraints && constraints->is_array())
    for (const Json& constraint : constraints->as_array())
      if (const std::string text = table_constraint(constraint, resolved); !text.empty()) definitions.push_back(text);
  const std::string columns = join(names, ", ");
  return {"create table " + relation + " (\n" + join(definitions, ",\n") + "\n)",
          "insert into " + relation + " (" + columns + ") (\nselect " + columns + "\nfrom (\n" + sql +
              "\n) as model_subq\n)"};
}

}  // namespace weir::run
