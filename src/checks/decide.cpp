#include "checks/decide.h"

#include <cmath>

#include "base/text.h"
#include "base/time.h"

namespace weir::checks {

namespace {

// A bound in YAML that is a plain value: 12, -0.5, '2013-01-01', date '2013-01-01'.
struct Literal {
  std::optional<int64_t> integer;
  std::optional<double> number;
  std::optional<std::string> text;
};

Literal literal_of(const std::string& expression) {
  std::string text(trim(expression));
  for (const char* prefix : {"date ", "timestamp "}) {
    if (lower(text).starts_with(prefix)) text = std::string(trim(text.substr(std::string_view(prefix).size())));
  }
  Literal literal;
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    std::string inner = text.substr(1, text.size() - 2);
    if (inner.find('\'') == std::string::npos) literal.text = inner;
    return literal;
  }
  literal.integer = parse_int(text);
  literal.number = parse_double(text);
  return literal;
}

// -1, 0, 1 as the statistic is below, at or above the literal; nullopt if that cannot be said for certain.
std::optional<int> compare(const lake::Scalar& statistic, const lake::DataType& type, const Literal& literal) {
  auto sign = [](auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; };
  if (type.kind == lake::TypeKind::date || type.kind == lake::TypeKind::timestamp ||
      type.kind == lake::TypeKind::timestamp_ntz) {
    const auto* value = std::get_if<int64_t>(&statistic);
    std::optional<int64_t> bound_us = literal.text ? parse_iso_us(*literal.text) : std::nullopt;
    if (value == nullptr || !bound_us) return std::nullopt;
    constexpr int64_t kDayUs = 86400LL * 1000000;
    return sign(type.kind == lake::TypeKind::date ? *value * kDayUs : *value, *bound_us);
  }
  if (const auto* value = std::get_if<int64_t>(&statistic)) {
    if (literal.integer) return sign(*value, *literal.integer);
    if (literal.number && std::abs(*value) < (1LL << 53)) return sign(static_cast<double>(*value), *literal.number);
    return std::nullopt;
  }
  if (const auto* value = std::get_if<double>(&statistic)) {
    return literal.number ? std::optional<int>(sign(*value, *literal.number)) : std::nullopt;
  }
  const auto* text = std::get_if<std::string>(&statistic);
  if (type.kind == lake::TypeKind::decimal && text != nullptr && literal.number) {
    std::optional<double> value = parse_double(*text);
    // As doubles they may be equal without being so: then only a scan can tell.
    if (!value || std::abs(*value - *literal.number) <= 1e-9 * std::max(1.0, std::abs(*value))) return std::nullopt;
    return sign(*value, *literal.number);
  }
  return std::nullopt;
}

// True: every value lies inside. False: not known (bounds may be wider than the values).
bool proves_range(const Check& check, const ColumnStatistics& column) {
  auto inside = [&](const std::string& bound, const lake::Scalar& statistic, int wanted) {
    if (bound.empty()) return true;
    std::optional<int> order = compare(statistic, column.type, literal_of(bound));
    return order && (*order == wanted || (*order == 0 && check.inclusive));
  };
  return inside(check.min_value, column.min, 1) && inside(check.max_value, column.max, -1);
}

std::optional<Counted> count_rows(const Check& check, const TableStatistics& statistics) {
  if (!statistics.row_count) return std::nullopt;
  lake::Scalar rows = *statistics.row_count;
  lake::DataType type = lake::DataType::primitive(lake::TypeKind::long_);
  auto fails = [&](const std::string& bound, int wanted) -> std::optional<bool> {
    if (bound.empty()) return false;
    std::optional<int> order = compare(rows, type, literal_of(bound));
    if (!order) return std::nullopt;
    return !(*order == wanted || (*order == 0 && check.inclusive));
  };
  std::optional<bool> below = fails(check.min_value, 1), above = fails(check.max_value, -1);
  if (!below || !above) return std::nullopt;
  return Counted{*below || *above ? 1 : 0, std::to_string(*statistics.row_count)};
}

const ColumnStatistics* find_column(const Check& check, const TableStatistics& statistics) {
  std::string name = lower(check.column);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  auto found = statistics.columns.find(name);
  return found == statistics.columns.end() ? nullptr : &found->second;
}

std::string rows_text(int64_t count) {
  return human_count(static_cast<uint64_t>(count)) + (count == 1 ? " row" : " rows");
}

std::string range_text(const Check& check) {
  std::string at = check.inclusive ? "" : " or equal to";
  if (check.max_value.empty()) return "below" + at + " " + check.min_value;
  if (check.min_value.empty()) return "above" + at + " " + check.max_value;
  return "outside " + check.min_value + " to " + check.max_value;
}

std::string row_count_text(const Check& check, const Counted& counted) {
  std::string count = counted.observed.empty() ? "row count" : rows_text(parse_int(counted.observed).value_or(0));
  if (check.kind == CheckKind::row_count_equal) return count + ", expected " + check.min_value;
  std::string strictly = check.inclusive ? "" : "strictly ";
  if (check.max_value.empty())
    return count + ", expected " + strictly + (check.inclusive ? "at least " : "more than ") + check.min_value;
  if (check.min_value.empty())
    return count + ", expected " + strictly + (check.inclusive ? "at most " : "fewer than ") + check.max_value;
  return count + ", expected " + strictly + "between " + check.min_value + " and " + check.max_value;
}

}  // namespace

std::optional<Counted> count_by_statistics(const Check& check, const TableStatistics& statistics) {
  bool counts_rows =
      check.config.where.empty() && check.config.fail_calc == CheckConfig{}.fail_calc && !check.config.limit;
  if (!counts_rows || !check.group_by.empty()) return std::nullopt;
  if (check.kind == CheckKind::row_count_between || check.kind == CheckKind::row_count_equal) {
    return count_rows(check, statistics);
  }
  const ColumnStatistics* column = find_column(check, statistics);
  if (column == nullptr) return std::nullopt;
  bool all_null = statistics.row_count && column->null_count == statistics.row_count;
  switch (check.kind) {
    case CheckKind::not_null:
      if (column->null_count) return Counted{*column->null_count, ""};
      return std::nullopt;
    case CheckKind::unique:
      if (all_null || (statistics.row_count && *statistics.row_count <= 1)) return Counted{};
      return std::nullopt;
    case CheckKind::accepted_range:
      if (all_null || proves_range(check, *column)) return Counted{};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::string failure_message(const Check& check, const Counted& counted) {
  std::string rows = rows_text(counted.failures);
  bool own_number = check.config.fail_calc != CheckConfig{}.fail_calc;
  if (own_number) return check.config.fail_calc + " = " + std::to_string(counted.failures);
  switch (check.kind) {
    case CheckKind::not_null:
      return rows + (counted.failures == 1 ? " is null" : " are null");
    case CheckKind::unique:
      return std::to_string(counted.failures) + (counted.failures == 1 ? " value occurs" : " values occur") +
             " more than once";
    case CheckKind::accepted_values:
      return std::to_string(counted.failures) + (counted.failures == 1 ? " value is" : " values are") + " not accepted";
    case CheckKind::relationships:
      return rows + " without a match in " + check.other_table + "." + check.other_column;
    case CheckKind::accepted_range:
      return rows + " " + range_text(check);
    case CheckKind::recency: {
      std::string newest = counted.observed.empty() ? "newest value" : "newest value " + counted.observed;
      return newest + " is older than " + std::to_string(check.interval) + " " + check.datepart +
             (check.interval == 1 ? "" : "s");
    }
    case CheckKind::row_count_between:
    case CheckKind::row_count_equal:
      return row_count_text(check, counted);
    case CheckKind::equal_rowcount:
      return "row count differs from " + check.other_table + " by " + std::to_string(counted.failures);
    case CheckKind::sql:
      return counted.failures == 1 ? "1 failing row"
                                   : human_count(static_cast<uint64_t>(counted.failures)) + " failing rows";
  }
  return rows;
}

void set_outcome(const Check& check, const Counted& counted, bool should_warn, bool should_error, CheckResult& result) {
  result.failures = counted.failures;
  result.status = CheckStatus::pass;
  if (check.config.severity == Severity::error && should_error) {
    result.status = CheckStatus::fail;
  } else if (should_warn) {
    result.status = CheckStatus::warn;
  }
  if (result.status != CheckStatus::pass) result.message = failure_message(check, counted);
}

void judge(const Check& check, const Counted& counted, CheckResult& result) {
  auto failures = static_cast<double>(counted.failures);
  set_outcome(check, counted, holds(check.config.warn_if, failures).value_or(false),
              holds(check.config.error_if, failures).value_or(false), result);
}

}  // namespace weir::checks
