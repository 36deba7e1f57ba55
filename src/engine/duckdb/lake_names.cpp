#include "engine/duckdb/lake_names.h"

#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

class NamesInLake {
 public:
  NamesInLake(LakeTransaction& transaction, std::string schema, std::string catalog, const char* what)
      : transaction_(transaction), schema_(std::move(schema)), catalog_(std::move(catalog)), what_(what) {}

  void qualify(QueryNode& node) {
    collect_ctes(node);
    visit(node);
  }

  // The iterator does not enter subqueries of expressions by itself.
  void visit(ParsedExpression& expression) {
    if (expression.GetExpressionClass() == ExpressionClass::SUBQUERY)
      qualify(*expression.Cast<SubqueryExpression>().subquery->node);
    ParsedExpressionIterator::EnumerateChildren(expression, [&](ParsedExpression& child) { visit(child); });
  }

 private:
  void collect_ctes(QueryNode& node) {
    for (auto& cte : node.cte_map.map) {
      ctes_.insert(lower(cte.first));
      collect_ctes(*cte.second->query->node);
    }
  }
  void visit(QueryNode& node) {
    ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node, [&](duckdb::unique_ptr<ParsedExpression>& child) { visit(*child); },
        [&](TableRef& ref) {
          if (ref.type == TableReferenceType::BASE_TABLE) visit(ref.Cast<BaseTableRef>());
        });
  }
  void visit(BaseTableRef& ref) {
    if (!ref.catalog_name.empty() && !iequals(ref.catalog_name, "lake")) refuse(ref);
    auto table = lower(ref.table_name);
    const bool plain = ref.catalog_name.empty() && ref.schema_name.empty();
    if (plain && ctes_.count(table)) return;
    ref.catalog_name = catalog_;
    for (auto& schema : ref.schema_name.empty() ? std::vector<std::string>{schema_, "main"}
                                                : std::vector<std::string>{lower(ref.schema_name)}) {
      if (!transaction_.table({schema, table}) && !transaction_.view({schema, table})) continue;
      ref.schema_name = schema;
      return;
    }
    refuse(ref);
  }
  [[noreturn]] void refuse(BaseTableRef& ref) {
    throw Error(ErrorCode::sql_unsupported,
                std::string(what_) + " of the lake cannot read " + ref.ToString() + ", which is outside the lake",
                "Other readers would not find it. Make a table of it first, or make it TEMP.");
  }

  LakeTransaction& transaction_;
  std::string schema_, catalog_;
  const char* what_;
  std::set<std::string> ctes_;
};

}  // namespace

void qualify_names(LakeTransaction& transaction, const std::string& schema, QueryNode& query) {
  NamesInLake(transaction, schema, "", "a view").qualify(query);
}

void qualify_names_in_function(LakeTransaction& transaction, const std::string& schema, QueryNode& query) {
  NamesInLake(transaction, schema, "lake", "a function").qualify(query);
}

void qualify_names_in_function(LakeTransaction& transaction, const std::string& schema, ParsedExpression& expression) {
  NamesInLake(transaction, schema, "lake", "a function").visit(expression);
}

}  // namespace weir::engine::duck
