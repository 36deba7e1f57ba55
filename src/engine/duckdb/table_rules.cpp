#include "engine/duckdb/table_rules.h"

#include <duckdb/parser/column_list.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/comparison_expression.hpp>
#include <duckdb/parser/expression/conjunction_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/expression/operator_expression.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/planner/binder.hpp>
#include <duckdb/planner/expression_binder/check_binder.hpp>

#include "base/text.h"
#include "engine/duckdb/session_state.h"
#include "engine/duckdb/spark_sql.h"
#include "lake/column_references.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

class RuleBinder {
 public:
  RuleBinder(ClientContext& context, const lake::TableName& table, const std::vector<LakeColumn>& columns)
      : context_(context), table_(table) {
    for (auto& column : columns) {
      names_.push_back(column.name);
      list_.AddColumn(ColumnDefinition(column.name, column.type));
    }
  }

  // Over the columns by position; cast to `type`.
  duckdb::unique_ptr<Expression> bind(const std::string& what, const std::string& sql, const LogicalType& type) const {
    return bind(what, parsed(what, sql), type);
  }
  duckdb::unique_ptr<Expression> bind(const std::string& what, duckdb::unique_ptr<ParsedExpression> parsed,
                                      const LogicalType& type) const {
    try {
      auto binder = Binder::CreateBinder(context_);
      physical_index_set_t used;
      CheckBinder check(*binder, context_, table_.name, list_, used);
      check.target_type = type;
      auto bound = check.Bind(parsed);
      check_casts(*bound);
      return bound;
    } catch (const duckdb::Exception& error) {
      refuse(what, ErrorData(error).RawMessage());
    } catch (const Error& error) {
      refuse(what, error.message());
    }
  }
  // A condition of the statement, which is no rule of Spark's.
  duckdb::unique_ptr<Expression> bind_own(const std::string& condition) const {
    try {
      auto parsed = Parser::ParseExpressionList(condition);
      if (parsed.size() != 1) refuse_condition(condition, "it is more than one");
      auto binder = Binder::CreateBinder(context_);
      physical_index_set_t used;
      CheckBinder check(*binder, context_, table_.name, list_, used);
      check.target_type = LogicalType::BOOLEAN;
      return check.Bind(parsed.front());
    } catch (const duckdb::Exception& error) {
      refuse_condition(condition, ErrorData(error).RawMessage());
    }
  }
  duckdb::unique_ptr<ParsedExpression> parsed(const std::string& what, const std::string& sql) const {
    try {
      return from_spark(sql, names_);
    } catch (const Error& error) {
      refuse(what, error.message());
    }
  }

 private:
  [[noreturn]] static void refuse_condition(const std::string& condition, const std::string& why) {
    throw Error(ErrorCode::sql_unsupported, "REPLACE WHERE (" + condition + ") cannot be asked of the new rows: " + why,
                "write a condition over the table's columns, without subqueries");
  }
  [[noreturn]] void refuse(const std::string& what, const std::string& why) const {
    throw Error(ErrorCode::writer_feature,
                "table " + table_.text() + " cannot be written: " + what + " cannot be evaluated: " + why);
  }

  ClientContext& context_;
  const lake::TableName& table_;
  std::vector<std::string> names_;
  ColumnList list_;
};

// The n of VARCHAR(n), 0 if the column has no such limit. CHAR(n) pads its values, which weir does not.
int64_t length_limit(const lake::Field& field, const lake::TableName& table) {
  auto* type = field.metadata.find("__CHAR_VARCHAR_TYPE_STRING");
  if (!type || !type->is_string()) return 0;
  auto text = lower(type->as_string());
  constexpr std::string_view prefix = "varchar(";
  auto n = text.starts_with(prefix) && text.ends_with(')')
               ? parse_int(std::string_view(text).substr(prefix.size(), text.size() - prefix.size() - 1))
               : std::nullopt;
  if (n && *n > 0) return *n;
  throw Error(ErrorCode::writer_feature, "column \"" + field.name + "\" of " + table.text() + " is of Spark's type " +
                                             type->as_string() + ", whose values weir does not pad");
}

duckdb::unique_ptr<ParsedExpression> is_short(const std::string& column, int64_t most) {
  duckdb::vector<duckdb::unique_ptr<ParsedExpression>> argument;
  argument.push_back(make_uniq<ColumnRefExpression>(column));
  auto fits = make_uniq<ComparisonExpression>(ExpressionType::COMPARE_LESSTHANOREQUALTO,
                                              make_uniq<FunctionExpression>("length", std::move(argument)),
                                              make_uniq<ConstantExpression>(Value::BIGINT(most)));
  auto null = make_uniq<OperatorExpression>(ExpressionType::OPERATOR_IS_NULL, make_uniq<ColumnRefExpression>(column));
  return make_uniq<ConjunctionExpression>(ExpressionType::CONJUNCTION_OR, std::move(null), std::move(fits));
}

void add_column_rules(const RuleBinder& binder, const lake::Field& field, const LakeColumn& column, idx_t index,
                      const lake::TableName& table, TableRules& rules) {
  if (auto most = length_limit(field, table))
    rules.checks.push_back({"the length of column \"" + field.name + "\", VARCHAR(" + std::to_string(most) + ")",
                            binder.bind("its length", is_short(column.name, most), LogicalType::BOOLEAN)});
  auto* sql = field.metadata.find("delta.generationExpression");
  if (!sql || !sql->is_string()) return;
  auto what = "the generated column " + field.name + " (" + sql->as_string() + ")";
  auto equal = make_uniq<ComparisonExpression>(ExpressionType::COMPARE_NOT_DISTINCT_FROM,
                                               make_uniq<ColumnRefExpression>(column.name),
                                               binder.parsed(what, sql->as_string()));
  rules.checks.push_back({what, binder.bind(what, std::move(equal), LogicalType::BOOLEAN)});
  rules.generated.push_back({index, binder.bind(what, sql->as_string(), column.type)});
}

}  // namespace

std::string row_text(const DataChunk& rows, idx_t row, const duckdb::vector<string>& names) {
  std::vector<std::string> parts;
  constexpr size_t most_shown = 6;
  for (idx_t i = 0; i < names.size() && i < most_shown; ++i) {
    auto value = rows.data[i].GetValue(row);
    parts.push_back(names[i] + " = " + (value.IsNull() ? "NULL" : value.ToSQLString()));
  }
  if (names.size() > most_shown) parts.push_back("…");
  return join(parts, ", ");
}

const GeneratedColumn* TableRules::of(idx_t column) const {
  for (auto& one : generated) {
    if (one.column == column) return &one;
  }
  return nullptr;
}

NewRows new_rows_of(ClientContext& context, const lake::TableName& table, const lake::Metadata& metadata,
                    const std::vector<LakeColumn>& columns) {
  NewRows fresh;
  auto rules = std::make_shared<TableRules>();
  across(&SessionState::of(context).errors, [&] {
    RuleBinder binder(context, table, columns);
    for (auto& rule : lake::row_rules_of(metadata)) {
      auto what = rule.what + " (" + rule.sql + ")";
      rules->checks.push_back({what, binder.bind(what, rule.sql, LogicalType::BOOLEAN)});
    }
    if (auto& demand = SessionState::of(context).demand; demand && demand->table == table)
      rules->checks.push_back({"REPLACE WHERE (" + demand->condition + ")", binder.bind_own(demand->condition)});
    for (idx_t i = 0; i < columns.size(); ++i) {
      auto& field = metadata.schema.fields[i];
      add_column_rules(binder, field, columns[i], i, table, *rules);
      if (auto identity = IdentityColumn::of(field, i)) fresh.identities.push_back(std::move(identity));
    }
  });
  fresh.rules = std::move(rules);
  return fresh;
}

duckdb::unique_ptr<ParsedExpression> default_of(const lake::Field& field, const std::vector<std::string>& columns) {
  auto* sql = field.metadata.find("CURRENT_DEFAULT");
  if (!sql || !sql->is_string()) return nullptr;
  try {
    return from_spark(sql->as_string(), columns);
  } catch (const Error& error) {
    duckdb::vector<duckdb::unique_ptr<ParsedExpression>> message;
    message.push_back(make_uniq<ConstantExpression>(
        Value("the default of column \"" + field.name + "\" cannot be evaluated: " + error.message())));
    return make_uniq<FunctionExpression>("error", std::move(message));
  }
}

std::unique_ptr<IdentityColumn> IdentityColumn::of(const lake::Field& field, size_t column) {
  if (!field.metadata.find("delta.identity.start")) return nullptr;
  return std::unique_ptr<IdentityColumn>(new IdentityColumn(field, column));
}

IdentityColumn::IdentityColumn(const lake::Field& field, size_t place)
    : column(place),
      takes_values(field.metadata.get_bool("delta.identity.allowExplicitInsert").value_or(false)),
      name_(field.name),
      first_(field.metadata.get_int("delta.identity.start").value_or(1)),
      step_(field.metadata.get_int("delta.identity.step").value_or(1)) {
  if (auto mark = field.metadata.get_int("delta.identity.highWaterMark")) first_ = *mark + step_;
}

void IdentityColumn::fill(Vector& values, idx_t count) {
  values.Flatten(count);
  auto& validity = FlatVector::Validity(values);
  auto missing = static_cast<int64_t>(count - validity.CountValid(count));
  if (missing == 0) return;
  auto number = given_.fetch_add(missing);
  auto* data = FlatVector::GetData<int64_t>(values);
  for (idx_t i = 0; i < count; ++i) {
    if (validity.RowIsValid(i)) continue;
    int64_t offset = 0;
    if (__builtin_mul_overflow(number++, step_, &offset) || __builtin_add_overflow(first_, offset, &data[i]))
      throw Error(ErrorCode::sql_constraint, "the identity column \"" + name_ + "\" has no numbers left");
    validity.SetValid(i);
  }
}

void IdentityColumn::refuse_value(const lake::TableName& table) const {
  throw Error(ErrorCode::sql_constraint,
              "column \"" + name_ + "\" of " + table.text() + " is GENERATED ALWAYS AS IDENTITY: it takes no values",
              "Name the other columns: INSERT (…) …");
}

std::optional<int64_t> IdentityColumn::high_water_mark() const {
  if (given_ == 0) return std::nullopt;
  return first_ + (given_ - 1) * step_;
}

RuleJudge::RuleJudge(ClientContext& context, const TableRules& rules) : rules_(rules) {
  for (auto& check : rules.checks) executors_.push_back(make_uniq<ExpressionExecutor>(context, *check.condition));
}

void RuleJudge::judge(DataChunk& rows, const std::vector<LakeColumn>& columns) {
  for (size_t i = 0; i < executors_.size(); ++i) {
    Vector verdict(LogicalType::BOOLEAN);
    executors_[i]->ExecuteExpression(rows, verdict);
    UnifiedVectorFormat format;
    verdict.ToUnifiedFormat(rows.size(), format);
    auto* kept = UnifiedVectorFormat::GetData<bool>(format);
    for (idx_t row = 0; row < rows.size(); ++row) {
      auto at = format.sel->get_index(row);
      if (format.validity.RowIsValid(at) && kept[at]) continue;
      duckdb::vector<string> names;
      for (auto& column : columns) names.push_back(column.name);
      throw Error(ErrorCode::sql_constraint,
                  rules_.checks[i].what + " does not hold for the row with " + row_text(rows, row, names));
    }
  }
}

}  // namespace weir::engine::duck
