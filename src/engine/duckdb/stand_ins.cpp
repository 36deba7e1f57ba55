#include "engine/duckdb/stand_ins.h"

#include <algorithm>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/common/types.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/parser/common_table_expression_info.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/query_node/cte_node.hpp>
#include <duckdb/parser/query_node/recursive_cte_node.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/query_node/set_operation_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/parser/tableref/column_data_ref.hpp>
#include <duckdb/parser/tableref/joinref.hpp>
#include <duckdb/parser/tableref/pivotref.hpp>
#include <duckdb/parser/tableref/showref.hpp>
#include <duckdb/parser/tableref/subqueryref.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>

#include "base/text.h"

namespace weir::engine::duck {

using namespace duckdb;

void StandInTables::put_into(SQLStatement& statement) {
  if (stand_ins_.empty() || statement.type != StatementType::SELECT_STATEMENT) return;
  const auto& plain = ClientData::Get(context_).catalog_search_path->GetDefault();
  catalog_ = plain.catalog;
  schema_ = plain.schema;
  walk(*statement.Cast<SelectStatement>().node);
}

const StandInTables::Table* StandInTables::find(const ColumnDataCollection* rows) const {
  for (const auto& [relation, table] : tables_)
    if (table.rows.get() == rows) return &table;
  return nullptr;
}

bool StandInTables::is_unknown(const InputColumn& input) const {
  const auto found = stand_ins_.find(input.relation);
  if (found == stand_ins_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const StandInColumn& column) {
    return column.type.empty() && iequals(column.name, input.column);
  });
}

const StandIns::value_type* StandInTables::meant(const std::string& catalog, const std::string& schema,
                                                 const std::string& name) const {
  const auto look = [&](const std::string& database, const std::string& in) -> const StandIns::value_type* {
    const auto found = stand_ins_.find({lower(database), lower(in), lower(name)});
    return found == stand_ins_.end() ? nullptr : &*found;
  };
  if (!catalog.empty()) return look(catalog, schema);
  if (schema.empty()) return cte_names_.count(name) > 0 ? nullptr : look(catalog_, schema_);
  if (const auto* found = look(catalog_, schema)) return found;
  return look(schema, "main");  // database.table
}

StandInTables::Table& StandInTables::table_of(const StandIns::value_type& stand_in) {
  Table& table = tables_[stand_in.first];
  if (table.rows) return table;
  table.relation = stand_in.first;
  vector<LogicalType> types;
  for (const auto& column : stand_in.second) {
    table.columns.push_back(column.name);
    types.push_back(column.type.empty() ? LogicalType::VARCHAR : TransformStringToLogicalType(column.type, context_));
  }
  table.rows = make_uniq<ColumnDataCollection>(Allocator::Get(context_), std::move(types));
  return table;
}

void StandInTables::replace(unique_ptr<TableRef>& ref) {
  auto& base = ref->Cast<BaseTableRef>();
  if (base.at_clause) return;
  const auto* stand_in = meant(base.catalog_name, base.schema_name, base.table_name);
  if (!stand_in || stand_in->second.empty()) return;
  Table& table = table_of(*stand_in);
  vector<string> names(table.columns.begin(), table.columns.end());
  for (size_t i = 0; i < std::min(names.size(), base.column_name_alias.size()); ++i)
    names[i] = base.column_name_alias[i];
  auto rows = make_uniq<ColumnDataRef>(optionally_owned_ptr<ColumnDataCollection>(*table.rows), std::move(names));
  rows->alias = base.alias.empty() ? base.table_name : base.alias;
  rows->query_location = base.query_location;
  if (base.sample) rows->sample = base.sample->Copy();
  ref = std::move(rows);
}

void StandInTables::walk(unique_ptr<ParsedExpression>& expression) {
  if (!expression) return;
  if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY)
    walk(*expression->Cast<SubqueryExpression>().subquery->node);
  if (expression->GetExpressionClass() == ExpressionClass::COLUMN_REF) {
    // The rows in a table's place have a name of one part.
    auto& names = expression->Cast<ColumnRefExpression>().column_names;
    if (names.size() >= 4 && meant(names[0], names[1], names[2]))
      names.erase(names.begin(), names.begin() + 2);
    else if (names.size() >= 3 && meant("", names[0], names[1]))
      names.erase(names.begin());
  }
  ParsedExpressionIterator::EnumerateChildren(*expression, [&](unique_ptr<ParsedExpression>& child) { walk(child); });
}

void StandInTables::walk(unique_ptr<TableRef>& ref) {
  if (!ref) return;
  switch (ref->type) {
    case TableReferenceType::BASE_TABLE:
      return replace(ref);
    case TableReferenceType::JOIN: {
      auto& join = ref->Cast<JoinRef>();
      walk(join.left);
      walk(join.right);
      return walk(join.condition);
    }
    case TableReferenceType::SUBQUERY:
      return walk(*ref->Cast<SubqueryRef>().subquery->node);
    case TableReferenceType::PIVOT: {
      auto& pivot = ref->Cast<PivotRef>();
      walk(pivot.source);
      for (auto& column : pivot.pivots)
        if (column.subquery) walk(*column.subquery);
      return;
    }
    case TableReferenceType::TABLE_FUNCTION: {
      auto& call = ref->Cast<TableFunctionRef>();
      walk(call.function);
      if (call.subquery) walk(*call.subquery->node);
      return;
    }
    case TableReferenceType::SHOW_REF:
      if (auto& shown = ref->Cast<ShowRef>().query) walk(*shown);
      return;
    default:  // hold no other table
      ParsedExpressionIterator::EnumerateTableRefChildren(*ref,
                                                          [&](unique_ptr<ParsedExpression>& child) { walk(child); });
  }
}

void StandInTables::walk(QueryNode& node) {
  for (auto& [name, expression] : node.cte_map.map) cte_names_.insert(name);
  for (auto& [name, expression] : node.cte_map.map) walk(*expression->query->node);
  switch (node.type) {
    case QueryNodeType::SELECT_NODE: {
      auto& select = node.Cast<SelectNode>();
      for (auto& expression : select.select_list) walk(expression);
      for (auto& expression : select.groups.group_expressions) walk(expression);
      for (auto* expression : {&select.where_clause, &select.having, &select.qualify}) walk(*expression);
      walk(select.from_table);
      break;
    }
    case QueryNodeType::SET_OPERATION_NODE:
      for (auto& child : node.Cast<SetOperationNode>().children) walk(*child);
      break;
    case QueryNodeType::RECURSIVE_CTE_NODE:
      cte_names_.insert(node.Cast<RecursiveCTENode>().ctename);
      walk(*node.Cast<RecursiveCTENode>().left);
      walk(*node.Cast<RecursiveCTENode>().right);
      break;
    case QueryNodeType::CTE_NODE:
      cte_names_.insert(node.Cast<CTENode>().ctename);
      walk(*node.Cast<CTENode>().query);
      walk(*node.Cast<CTENode>().child);
      break;
    default:
      break;
  }
  ParsedExpressionIterator::EnumerateQueryNodeModifiers(node,
                                                        [&](unique_ptr<ParsedExpression>& child) { walk(child); });
}

}  // namespace weir::engine::duck
