#include "engine/cast_names.h"

#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/lambda_expression.hpp>
#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/query_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "engine/duckdb/errors.h"

namespace weir::engine {

using namespace duckdb;

namespace {

using ExpressionPtr = duckdb::unique_ptr<ParsedExpression>;

ExpressionPtr parsed_expression(const std::string& sql) {
  try {
    auto parsed = Parser::ParseExpressionList(sql);
    require(parsed.size() == 1, "one expression was given");
    return std::move(parsed[0]);
  } catch (const duckdb::Exception& exception) {
    throw duck::translated(exception, sql, nullptr);
  }
}

class NameCasts {
 public:
  explicit NameCasts(const std::vector<ColumnInfo>& types) {
    for (auto& column : types)
      types_.emplace(lower(column.name),
                     parsed_expression("CAST(NULL AS " + column.type + ")")->Cast<CastExpression>().cast_type);
  }

  void visit(ExpressionPtr& expression) {
    if (expression->GetExpressionClass() == ExpressionClass::COLUMN_REF) return cast(expression);
    if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY)
      visit(*expression->Cast<SubqueryExpression>().subquery->node);
    const bool called = expression->GetExpressionClass() == ExpressionClass::FUNCTION;
    ParsedExpressionIterator::EnumerateChildren(*expression, [&](ExpressionPtr& child) {
      if (called && child->GetExpressionClass() == ExpressionClass::LAMBDA)
        visit_lambda(child->Cast<LambdaExpression>());
      else
        visit(child);
    });
  }

 private:
  void visit(QueryNode& node) {
    ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node, [&](ExpressionPtr& child) { visit(child); }, [](TableRef&) {});
  }

  void cast(ExpressionPtr& expression) {
    auto& column = expression->Cast<ColumnRefExpression>();
    const std::string name = lower(column.GetColumnName());
    const auto found = types_.find(name);
    if (column.IsQualified() || found == types_.end() || hidden_.contains(name)) return;
    auto alias = expression->GetAlias();
    expression = make_uniq<CastExpression>(found->second, std::move(expression));
    expression->SetAlias(alias);
  }

  // What comes before the arrow are names of its own.
  void visit_lambda(LambdaExpression& lambda) {
    std::string problem;
    auto before = hidden_;
    for (auto& own : lambda.ExtractColumnRefExpressions(problem))
      hidden_.insert(lower(own.get().Cast<ColumnRefExpression>().GetColumnName()));
    if (!problem.empty()) visit(lambda.lhs);
    visit(lambda.expr);
    hidden_ = std::move(before);
  }

  std::map<std::string, LogicalType> types_;  // by name, lower case
  std::multiset<std::string> hidden_;
};

}  // namespace

std::string cast_names(std::string_view sql, const std::vector<ColumnInfo>& types) {
  // A query in brackets is an expression, and a comment at its end must not hide the bracket.
  auto expression = parsed_expression("(" + std::string(sql) + "\n)");
  NameCasts(types).visit(expression);
  if (expression->GetExpressionClass() != ExpressionClass::SUBQUERY) return expression->ToString();
  auto& subquery = expression->Cast<SubqueryExpression>();
  return subquery.subquery_type == SubqueryType::SCALAR ? subquery.subquery->ToString() : expression->ToString();
}

}  // namespace weir::engine
