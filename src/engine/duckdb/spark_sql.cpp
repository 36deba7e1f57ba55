#include "engine/duckdb/spark_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <duckdb/parser/expression/list.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/types.h"
#include "lake/schema.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

[[noreturn]] void not_taken(const std::string& what) {
  throw Error(ErrorCode::sql_unsupported, what + " is not among the expressions that Spark and weir take alike",
              "docs/delta-support.md lists those for constraints, generated columns and defaults.");
}

// ---- Spark's text as DuckDB's ----

enum class TokenKind { word, name, text, number, symbol };
struct Token {
  TokenKind kind;
  std::string text;  // without quotes
};

class SparkTokens {
 public:
  explicit SparkTokens(const std::string& sql) : sql_(sql) {}
  std::vector<Token> all() {
    std::vector<Token> tokens;
    for (skip_space(); at_ < sql_.size(); skip_space()) tokens.push_back(next());
    return tokens;
  }

 private:
  char here(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  static bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
  void skip_space() {
    while (std::isspace(static_cast<unsigned char>(here()))) ++at_;
  }

  Token next() {
    if (here() == '\'' || here() == '"') return {TokenKind::text, literal()};
    if (here() == '`') return {TokenKind::name, name()};
    if (std::isdigit(static_cast<unsigned char>(here())) ||
        (here() == '.' && std::isdigit(static_cast<unsigned char>(here(1)))))
      return {TokenKind::number, number()};
    if (is_word(here())) {
      size_t start = at_;
      while (is_word(here())) ++at_;
      return {TokenKind::word, sql_.substr(start, at_ - start)};
    }
    for (const std::string symbol : {"<=>", "==", "!=", "<>", "<=", ">=", "||"}) {
      if (sql_.compare(at_, symbol.size(), symbol) != 0) continue;
      at_ += symbol.size();
      return {TokenKind::symbol, symbol};
    }
    return {TokenKind::symbol, std::string(1, sql_[at_++])};
  }

  std::string name() {
    std::string text;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (here() == '`' && here(1) != '`') break;
      if (here() == '`') ++at_;
      text += here();
    }
    ++at_;
    return text;
  }

  std::string literal() {
    const char quote = here();
    std::string text;
    for (++at_; at_ < sql_.size() && here() != quote; ++at_) text += here() == '\\' ? escaped() : here();
    if (at_ >= sql_.size()) not_taken("the text literal that does not end in " + sql_);
    ++at_;
    return text;
  }
  char escaped() {
    switch (char c = sql_[++at_]) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case '\\':
      case '\'':
      case '"':
        return c;
      default:
        not_taken(fmt::format("the escape \\{} in {}", c, sql_));
    }
  }

  std::string number() {
    size_t start = at_;
    while (std::isdigit(static_cast<unsigned char>(here())) || here() == '.') ++at_;
    if (lower(std::string(1, here())) == "e") {
      ++at_;
      if (here() == '-' || here() == '+') ++at_;
      while (std::isdigit(static_cast<unsigned char>(here()))) ++at_;
    }
    auto digits = sql_.substr(start, at_ - start);
    size_t suffix = at_;
    while (is_word(here())) ++at_;
    auto type = lower(sql_.substr(suffix, at_ - suffix));
    if (type.empty()) return digits;
    static const std::map<std::string, std::string> types = {
        {"l", "BIGINT"}, {"s", "SMALLINT"}, {"y", "TINYINT"}, {"d", "DOUBLE"}, {"f", "FLOAT"}};
    auto found = types.find(type);
    if (found == types.end()) not_taken("the number " + digits + type);
    return "CAST(" + digits + " AS " + found->second + ")";
  }

  const std::string& sql_;
  size_t at_ = 0;
};

std::string quoted(const std::string& text, char quote) {
  return quote + replace_all(text, std::string(1, quote), std::string(2, quote)) + quote;
}

// Spark's names of types where DuckDB has another meaning or none.
std::string type_word(const std::string& word) {
  static const std::map<std::string, std::string> types = {{"timestamp", "TIMESTAMPTZ"},
                                                           {"timestamp_ltz", "TIMESTAMPTZ"},
                                                           {"timestamp_ntz", "TIMESTAMP"},
                                                           {"string", "VARCHAR"},
                                                           {"binary", "BLOB"},
                                                           {"byte", "TINYINT"},
                                                           {"short", "SMALLINT"},
                                                           {"long", "BIGINT"},
                                                           {"float", "FLOAT"},
                                                           {"real", "FLOAT"}};
  auto found = types.find(lower(word));
  return found == types.end() ? word : found->second;
}

// Functions that need no brackets; DuckDB's parser takes the words for names then.
bool is_current_time(const std::string& word) { return word == "current_date" || word == "current_timestamp"; }

std::string duckdb_text(const std::string& sql, const std::vector<std::string>& columns) {
  auto tokens = SparkTokens(sql).all();
  auto is_column = [&](const std::string& word) {
    return std::any_of(columns.begin(), columns.end(), [&](auto& column) { return iequals(column, word); });
  };
  std::string out;
  int open_cases = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    auto& token = tokens[i];
    const auto word = token.kind == TokenKind::word ? lower(token.text) : std::string();
    open_cases += word == "case" ? 1 : 0;
    const bool of_case =
        open_cases > 0 && (word == "case" || word == "when" || word == "then" || word == "else" || word == "end");
    open_cases -= of_case && word == "end" ? 1 : 0;
    auto* next = i + 1 < tokens.size() ? &tokens[i + 1] : nullptr;
    bool after_as = i > 0 && tokens[i - 1].kind == TokenKind::word && iequals(tokens[i - 1].text, "as");
    bool typed_literal = next && next->kind == TokenKind::text;
    bool call = next && next->text == "(";
    out += ' ';
    if (token.kind == TokenKind::text)
      out += quoted(token.text, '\'');
    else if (token.kind == TokenKind::name)
      out += quoted(token.text, '"');
    else if (token.kind == TokenKind::word && (after_as || typed_literal))
      out += type_word(token.text);
    else if (token.kind == TokenKind::word && !call && !of_case && is_column(token.text))
      out += quoted(token.text, '"');
    else if (!call && is_current_time(word))
      out += word + "()";
    else
      out += token.text == "<=>" ? "IS NOT DISTINCT FROM" : token.text;
  }
  return out;
}

// ---- what both take alike ----

// Spark's name of a function -> DuckDB's; the arguments mean the same.
struct Function {
  const char* spark;
  const char* duckdb;
  size_t least, most;  // arguments
};
// Not: trim (Spark takes off blanks only), lower and upper (other letters than ASCII's differ).
constexpr std::array<Function, 21> functions = {{
    {"abs", "abs", 1, 1},
    {"length", "length", 1, 1},
    {"char_length", "length", 1, 1},
    {"coalesce", "coalesce", 1, 99},
    {"nullif", "nullif", 2, 2},
    {"greatest", "greatest", 2, 99},
    {"least", "least", 2, 99},
    {"year", "year", 1, 1},
    {"month", "month", 1, 1},
    {"day", "day", 1, 1},
    {"dayofmonth", "day", 1, 1},
    {"hour", "hour", 1, 1},
    {"minute", "minute", 1, 1},
    {"second", "second", 1, 1},
    {"date_trunc", "date_trunc", 2, 2},
    {"startswith", "starts_with", 2, 2},
    {"endswith", "ends_with", 2, 2},
    {"contains", "contains", 2, 2},
    {"current_date", "today", 0, 0},
    {"current_timestamp", "get_current_timestamp", 0, 0},
    {"now", "now", 0, 0},
}};
constexpr std::array<const char*, 8> operators = {"+", "-", "*", "/", "%", "||", "~~", "!~~"};

bool is_operator(const FunctionExpression& call) {
  return call.is_operator &&
         std::any_of(operators.begin(), operators.end(), [&](auto* name) { return call.function_name == name; });
}

// The parser leaves names of types to the binder.
LogicalType named_type(const LogicalType& type) {
  return type.id() == LogicalTypeId::UNBOUND ? UnboundType::TryDefaultBind(type) : type;
}

// LIKE: a backslash escapes the next character in Spark, and stands for itself here.
void check_pattern(const FunctionExpression& call) {
  if (call.function_name != "~~" && call.function_name != "!~~") return;
  auto& pattern = *call.children[1];
  bool plain = pattern.GetExpressionClass() == ExpressionClass::CONSTANT &&
               pattern.Cast<ConstantExpression>().value.ToString().find('\\') == std::string::npos;
  if (!plain) not_taken(call.ToString());
}

bool cast_type_taken(const LogicalType& type) {
  try {
    return to_delta(named_type(type), "").is_primitive();
  } catch (const Error&) {
    return false;
  }
}

// Replaces what has another name in DuckDB, in place, and refuses what is not taken.
class FromSpark {
 public:
  void translate(duckdb::unique_ptr<ParsedExpression>& expression) {
    ParsedExpressionIterator::EnumerateChildren(*expression,
                                                [&](duckdb::unique_ptr<ParsedExpression>& child) { translate(child); });
    switch (expression->GetExpressionClass()) {
      case ExpressionClass::COLUMN_REF:
      case ExpressionClass::CONSTANT:
      case ExpressionClass::COMPARISON:
      case ExpressionClass::CONJUNCTION:
      case ExpressionClass::BETWEEN:
      case ExpressionClass::CASE:
        return;
      case ExpressionClass::OPERATOR:
        return check_operator(*expression);
      case ExpressionClass::CAST:
        if (cast_type_taken(expression->Cast<CastExpression>().cast_type)) return;
        break;
      case ExpressionClass::FUNCTION:
        return translate_call(expression);
      default:
        break;
    }
    not_taken(expression->ToString());
  }

 private:
  static void check_operator(const ParsedExpression& expression) {
    switch (expression.GetExpressionType()) {
      case ExpressionType::OPERATOR_NOT:
      case ExpressionType::OPERATOR_IS_NULL:
      case ExpressionType::OPERATOR_IS_NOT_NULL:
      case ExpressionType::OPERATOR_COALESCE:
      case ExpressionType::COMPARE_IN:
      case ExpressionType::COMPARE_NOT_IN:
        return;
      default:
        not_taken(expression.ToString());
    }
  }

  static void translate_call(duckdb::unique_ptr<ParsedExpression>& expression) {
    auto& call = expression->Cast<FunctionExpression>();
    const bool plain_name = call.schema.empty() || call.schema == DEFAULT_SCHEMA;  // the parser's own for substring()
    if (call.distinct || call.filter || !plain_name) not_taken(call.ToString());
    if (is_operator(call)) return check_pattern(call);
    auto name = lower(call.function_name);
    auto& arguments = call.children;
    for (auto& function : functions) {
      if (name != function.spark || arguments.size() < function.least || arguments.size() > function.most) continue;
      call.function_name = function.duckdb;
      return;
    }
    if (name == "concat" && arguments.size() >= 2) return concat(expression);
    if ((name == "substring" || name == "substr") && arguments.size() == 3 && positive(*arguments[1])) {
      call.function_name = "substring";
      return;
    }
    if ((name == "date" || name == "to_date") && arguments.size() == 1) {
      expression = make_uniq<CastExpression>(LogicalType::DATE, std::move(arguments[0]));
      return;
    }
    if (name == "date_format" && arguments.size() == 2) return date_format(call);
    if (name == "isnull" && arguments.size() == 1) return null_test(expression, ExpressionType::OPERATOR_IS_NULL);
    if (name == "isnotnull" && arguments.size() == 1)
      return null_test(expression, ExpressionType::OPERATOR_IS_NOT_NULL);
    if ((name == "ifnull" || name == "nvl") && arguments.size() == 2) {
      expression = make_uniq<OperatorExpression>(ExpressionType::OPERATOR_COALESCE, std::move(arguments));
      return;
    }
    not_taken(call.ToString());
  }

  static bool positive(const ParsedExpression& expression) {
    if (expression.GetExpressionClass() != ExpressionClass::CONSTANT) return false;
    auto& value = expression.Cast<ConstantExpression>().value;
    return !value.IsNull() && value.type().IsIntegral() && value.GetValue<int64_t>() > 0;
  }

  static void null_test(duckdb::unique_ptr<ParsedExpression>& expression, ExpressionType type) {
    auto argument = std::move(expression->Cast<FunctionExpression>().children[0]);
    expression = make_uniq<OperatorExpression>(type, std::move(argument));
  }

  // DuckDB's concat passes over NULLs; Spark's is NULL then, as || is.
  static void concat(duckdb::unique_ptr<ParsedExpression>& expression) {
    auto arguments = std::move(expression->Cast<FunctionExpression>().children);
    auto joined = std::move(arguments[0]);
    for (size_t i = 1; i < arguments.size(); ++i) {
      duckdb::vector<duckdb::unique_ptr<ParsedExpression>> pair;
      pair.push_back(std::move(joined));
      pair.push_back(std::move(arguments[i]));
      joined = make_uniq<FunctionExpression>("||", std::move(pair), nullptr, nullptr, false, true);
    }
    expression = std::move(joined);
  }

  static void date_format(FunctionExpression& call) {
    static const std::vector<std::pair<std::string, std::string>> letters = {
        {"yyyy", "%Y"}, {"MM", "%m"}, {"dd", "%d"}, {"HH", "%H"}, {"mm", "%M"}, {"ss", "%S"}};
    auto& pattern = *call.children[1];
    if (pattern.GetExpressionClass() != ExpressionClass::CONSTANT) not_taken(call.ToString());
    auto text = pattern.Cast<ConstantExpression>().value.ToString();
    std::string format;
    for (size_t at = 0; at < text.size();) {
      auto letter = std::find_if(letters.begin(), letters.end(),
                                 [&](auto& entry) { return text.compare(at, entry.first.size(), entry.first) == 0; });
      bool whole = letter != letters.end() &&
                   (at + letter->first.size() >= text.size() || text[at + letter->first.size()] != letter->first[0]);
      if (whole) {
        format += letter->second;
        at += letter->first.size();
      } else if (std::string_view("-/:. ").find(text[at]) != std::string_view::npos) {
        format += text[at++];
      } else {
        not_taken(call.ToString());
      }
    }
    call.function_name = "strftime";
    call.children[1] = make_uniq<ConstantExpression>(Value(format));
  }
};

bool is_fraction(const LogicalType& type) { return type.IsFloating() || type.id() == LogicalTypeId::DECIMAL; }
bool is_moment(const LogicalType& type) {
  return type.id() == LogicalTypeId::DATE || type.id() == LogicalTypeId::TIMESTAMP ||
         type.id() == LogicalTypeId::TIMESTAMP_TZ;
}

bool converts_alike(const LogicalType& from, const LogicalType& to) {
  if (from == to || from.id() == LogicalTypeId::SQLNULL) return true;
  if (from.IsIntegral()) return to.IsNumeric() || to.id() == LogicalTypeId::VARCHAR;
  if (from.id() == LogicalTypeId::BOOLEAN) return to.id() == LogicalTypeId::VARCHAR || to.IsIntegral();
  if (from.id() == LogicalTypeId::DECIMAL && to.id() == LogicalTypeId::DECIMAL)
    return DecimalType::GetScale(to) >= DecimalType::GetScale(from);
  if (is_fraction(from)) return to.IsFloating();
  if (from.id() == LogicalTypeId::DATE && to.id() == LogicalTypeId::VARCHAR) return true;
  return is_moment(from) && is_moment(to);
}

// ---- DuckDB's expression as Spark's text ----

std::string spark_name(const std::string& name) { return quoted(name, '`'); }

std::string spark_literal(const Value& value) {
  if (value.IsNull()) return "NULL";
  switch (value.type().id()) {
    case LogicalTypeId::VARCHAR:
      return "'" + replace_all(replace_all(value.ToString(), "\\", "\\\\"), "'", "\\'") + "'";
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::DECIMAL:
      return value.ToString();
    case LogicalTypeId::BIGINT:
      return value.ToString() + "L";
    case LogicalTypeId::DOUBLE:
      return value.ToString() + "D";
    case LogicalTypeId::DATE:
      return "DATE '" + value.ToString() + "'";
    default:
      not_taken(value.ToSQLString());
  }
}

std::string spark_type(const LogicalType& type, const std::string& shown) {
  if (!cast_type_taken(type)) not_taken(shown);
  auto delta = to_delta(named_type(type), "");
  static const std::map<lake::TypeKind, std::string> names = {
      {lake::TypeKind::long_, "BIGINT"},        {lake::TypeKind::integer, "INT"},
      {lake::TypeKind::short_, "SMALLINT"},     {lake::TypeKind::byte, "TINYINT"},
      {lake::TypeKind::timestamp, "TIMESTAMP"}, {lake::TypeKind::timestamp_ntz, "TIMESTAMP_NTZ"}};
  auto found = names.find(delta.kind);
  return found == names.end() ? upper(lake::type_name(delta)) : found->second;
}

class ToSpark {
 public:
  std::string text(const ParsedExpression& expression) const {
    switch (expression.GetExpressionClass()) {
      case ExpressionClass::CONSTANT:
        return spark_literal(expression.Cast<ConstantExpression>().value);
      case ExpressionClass::COLUMN_REF:
        return column(expression.Cast<ColumnRefExpression>());
      case ExpressionClass::COMPARISON: {
        auto& comparison = expression.Cast<ComparisonExpression>();
        return "(" + text(*comparison.left) + " " + comparison_word(expression) + " " + text(*comparison.right) + ")";
      }
      case ExpressionClass::CONJUNCTION:
        return joined(expression.Cast<ConjunctionExpression>().children,
                      expression.GetExpressionType() == ExpressionType::CONJUNCTION_AND ? " AND " : " OR ");
      case ExpressionClass::BETWEEN: {
        auto& between = expression.Cast<BetweenExpression>();
        return "(" + text(*between.input) + " BETWEEN " + text(*between.lower) + " AND " + text(*between.upper) + ")";
      }
      case ExpressionClass::CASE:
        return choice(expression.Cast<CaseExpression>());
      case ExpressionClass::CAST: {
        auto& cast = expression.Cast<CastExpression>();
        if (cast.try_cast) not_taken(cast.ToString());
        return "CAST(" + text(*cast.child) + " AS " + spark_type(cast.cast_type, cast.ToString()) + ")";
      }
      case ExpressionClass::OPERATOR:
        return operation(expression.Cast<OperatorExpression>());
      case ExpressionClass::FUNCTION:
        return call(expression.Cast<FunctionExpression>());
      default:
        not_taken(expression.ToString());
    }
  }

 private:
  using Parts = duckdb::vector<duckdb::unique_ptr<ParsedExpression>>;

  static std::string column(const ColumnRefExpression& reference) {
    std::vector<std::string> names;
    for (auto& name : reference.column_names) names.push_back(spark_name(name));
    if (names.size() == 1 && is_current_time(lower(reference.column_names[0]))) return reference.column_names[0] + "()";
    return join(names, ".");
  }

  static std::string comparison_word(const ParsedExpression& expression) {
    switch (expression.GetExpressionType()) {
      case ExpressionType::COMPARE_EQUAL:
        return "=";
      case ExpressionType::COMPARE_NOTEQUAL:
        return "<>";
      case ExpressionType::COMPARE_LESSTHAN:
        return "<";
      case ExpressionType::COMPARE_GREATERTHAN:
        return ">";
      case ExpressionType::COMPARE_LESSTHANOREQUALTO:
        return "<=";
      case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
        return ">=";
      case ExpressionType::COMPARE_NOT_DISTINCT_FROM:
        return "<=>";
      default:
        not_taken(expression.ToString());
    }
  }

  std::string joined(const Parts& parts, const std::string& word) const {
    std::vector<std::string> texts;
    for (auto& part : parts) texts.push_back(text(*part));
    return "(" + join(texts, word) + ")";
  }

  std::string choice(const CaseExpression& expression) const {
    std::string out = "CASE";
    for (auto& check : expression.case_checks)
      out += " WHEN " + text(*check.when_expr) + " THEN " + text(*check.then_expr);
    return out + " ELSE " + text(*expression.else_expr) + " END";
  }

  std::string operation(const OperatorExpression& expression) const {
    auto& parts = expression.children;
    switch (expression.GetExpressionType()) {
      case ExpressionType::OPERATOR_NOT:
        return "(NOT " + text(*parts[0]) + ")";
      case ExpressionType::OPERATOR_IS_NULL:
        return "(" + text(*parts[0]) + " IS NULL)";
      case ExpressionType::OPERATOR_IS_NOT_NULL:
        return "(" + text(*parts[0]) + " IS NOT NULL)";
      case ExpressionType::OPERATOR_COALESCE:
        return "coalesce" + joined(parts, ", ");
      case ExpressionType::COMPARE_IN:
      case ExpressionType::COMPARE_NOT_IN: {
        std::vector<std::string> list;
        for (size_t i = 1; i < parts.size(); ++i) list.push_back(text(*parts[i]));
        const char* word = expression.GetExpressionType() == ExpressionType::COMPARE_IN ? " IN (" : " NOT IN (";
        return "(" + text(*parts[0]) + word + join(list, ", ") + "))";
      }
      default:
        not_taken(expression.ToString());
    }
  }

  std::string call(const FunctionExpression& call) const {
    auto& arguments = call.children;
    if (is_operator(call)) {
      check_pattern(call);
      if (arguments.size() == 1) return "(" + call.function_name + text(*arguments[0]) + ")";
      std::string word = call.function_name == "~~"    ? "LIKE"
                         : call.function_name == "!~~" ? "NOT LIKE"
                                                       : call.function_name;
      return "(" + text(*arguments[0]) + " " + word + " " + text(*arguments[1]) + ")";
    }
    for (auto& function : functions) {
      if (lower(call.function_name) != function.duckdb || arguments.size() < function.least ||
          arguments.size() > function.most)
        continue;
      return std::string(function.spark) + (arguments.empty() ? "()" : joined(arguments, ", "));
    }
    if (lower(call.function_name) == "substring" && arguments.size() == 3) return "substring" + joined(arguments, ", ");
    not_taken(call.ToString());
  }
};

}  // namespace

duckdb::unique_ptr<ParsedExpression> from_spark(const std::string& sql, const std::vector<std::string>& columns) {
  duckdb::vector<duckdb::unique_ptr<ParsedExpression>> parsed;
  try {
    parsed = Parser::ParseExpressionList(duckdb_text(sql, columns));
  } catch (const std::exception&) {
    not_taken(sql);
  }
  if (parsed.size() != 1) not_taken(sql);
  FromSpark().translate(parsed[0]);
  return std::move(parsed[0]);
}

void check_casts(const Expression& bound) {
  if (bound.GetExpressionClass() == ExpressionClass::BOUND_CAST) {
    auto& child = *bound.Cast<BoundCastExpression>().child;
    if (!child.IsFoldable() && !converts_alike(child.return_type, bound.return_type)) not_taken(bound.ToString());
  }
  ExpressionIterator::EnumerateChildren(bound, [](const Expression& child) { check_casts(child); });
}

std::string to_spark(const ParsedExpression& expression) { return ToSpark().text(expression); }

}  // namespace weir::engine::duck
