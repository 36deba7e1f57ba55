#include <functional>
#include <set>

#include "base/text.h"
#include "checks/check.h"

namespace weir::checks {

namespace {

// Arguments of one test: each must be asked for, else it is unknown.
class Arguments {
 public:
  Arguments(const std::string& test, const Json& json, const Span& span) : test_(test), json_(json), span_(span) {}

  const Json* find(const std::string& name) {
    asked_.push_back(name);
    const Json* value = json_.find(name);
    return value != nullptr && value->is_null() ? nullptr : value;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::check_arguments, test_ + ": " + what).with_span(span_);
  }
  // A value that goes into SQL as it stands, as in dbt.
  std::string expression(const std::string& name) {
    const Json* value = find(name);
    if (value == nullptr) return {};
    if (value->is_array() || value->is_object()) fail("argument \"" + name + "\" must be a value or an SQL expression");
    return value->is_string() ? value->as_string() : value->dump();
  }
  std::string required(const std::string& name) {
    std::string text = expression(name);
    if (text.empty()) fail("argument \"" + name + "\" is missing");
    return text;
  }
  bool boolean(const std::string& name, bool otherwise) {
    const Json* value = find(name);
    if (value == nullptr) return otherwise;
    if (!value->is_bool()) fail("argument \"" + name + "\" must be true or false");
    return value->as_bool();
  }
  std::vector<std::string> names(const std::string& name) {
    const Json* value = find(name);
    std::vector<std::string> result;
    if (value == nullptr) return result;
    if (value->is_string()) return {value->as_string()};
    if (!value->is_array()) fail("argument \"" + name + "\" must be a list");
    for (const Json& item : value->as_array()) {
      if (!item.is_string()) fail("argument \"" + name + "\" must be a list of column names");
      result.push_back(item.as_string());
    }
    return result;
  }
  void refuse_others() const {
    if (!json_.is_object()) return;
    for (const auto& [name, value] : json_.as_object()) {
      bool known = false;
      for (const std::string& asked : asked_) known |= asked == name;
      if (!known) fail("unknown argument \"" + name + "\"" + did_you_mean(name, asked_));
    }
  }

 private:
  const std::string& test_;
  const Json& json_;
  const Span& span_;
  std::vector<std::string> asked_;
};

void need_column(const Check& check, const Arguments& arguments) {
  if (check.column.empty()) arguments.fail("is a test of a column: declare it under a column, or give column_name");
}

void read_accepted_values(Check& check, Arguments& arguments) {
  need_column(check, arguments);
  const Json* values = arguments.find("values");
  if (values == nullptr || !values->is_array()) arguments.fail("argument \"values\" must be a list");
  if (values->size() == 0) arguments.fail("argument \"values\" is empty");
  for (const Json& value : values->as_array()) {
    if (value.is_array() || value.is_object()) arguments.fail("\"values\" must be a list of plain values");
    check.values.push_back(value);
  }
  check.quote_values = arguments.boolean("quote", true);
}

void read_relationships(Check& check, Arguments& arguments) {
  need_column(check, arguments);
  check.other_table = arguments.required("to");
  check.other_column = arguments.required("field");
}

void read_bounds(Check& check, Arguments& arguments) {
  check.min_value = arguments.expression("min_value");
  check.max_value = arguments.expression("max_value");
  if (check.min_value.empty() && check.max_value.empty()) arguments.fail("needs \"min_value\" or \"max_value\"");
}

void read_recency(Check& check, Arguments& arguments) {
  static const std::set<std::string> parts = {"second", "minute", "hour", "day", "week", "month", "quarter", "year"};
  check.column = arguments.required("field");
  check.datepart = lower(arguments.required("datepart"));
  if (!parts.contains(check.datepart)) {
    arguments.fail("datepart \"" + check.datepart + "\" is not one of " +
                   join(std::vector<std::string>(parts.begin(), parts.end()), ", "));
  }
  std::optional<int64_t> interval = parse_int(arguments.required("interval"));
  if (!interval) arguments.fail("argument \"interval\" must be a whole number");
  check.interval = *interval;
  check.ignore_time_component = arguments.boolean("ignore_time_component", false);
  check.group_by = arguments.names("group_by_columns");
}

void read_row_count(Check& check, Arguments& arguments) {
  check.group_by = arguments.names("group_by");
  check.config.where = arguments.expression("row_condition");
}

struct BuiltIn {
  const char* name;
  CheckKind kind;
  std::function<void(Check&, Arguments&)> read;
};

const std::vector<BuiltIn>& table() {
  static const std::vector<BuiltIn> entries = {
      {"not_null", CheckKind::not_null, need_column},
      {"unique", CheckKind::unique, need_column},
      {"accepted_values", CheckKind::accepted_values, read_accepted_values},
      {"relationships", CheckKind::relationships, read_relationships},
      {"dbt_utils.accepted_range", CheckKind::accepted_range,
       [](Check& check, Arguments& arguments) {
         need_column(check, arguments);
         read_bounds(check, arguments);
         check.inclusive = arguments.boolean("inclusive", true);
       }},
      {"dbt_utils.recency", CheckKind::recency, read_recency},
      {"dbt_utils.equal_rowcount", CheckKind::equal_rowcount,
       [](Check& check, Arguments& arguments) { check.other_table = arguments.required("compare_model"); }},
      {"dbt_expectations.expect_table_row_count_to_be_between", CheckKind::row_count_between,
       [](Check& check, Arguments& arguments) {
         read_bounds(check, arguments);
         check.inclusive = !arguments.boolean("strictly", false);
         read_row_count(check, arguments);
       }},
      {"dbt_expectations.expect_table_row_count_to_equal", CheckKind::row_count_equal,
       [](Check& check, Arguments& arguments) {
         check.min_value = check.max_value = arguments.required("value");
         read_row_count(check, arguments);
       }},
  };
  return entries;
}

std::string short_name(const std::string& test) {
  std::string last = test.substr(test.rfind('.') + 1);
  constexpr std::string_view kPrefix = "expect_table_";
  return last.starts_with(kPrefix) ? last.substr(kPrefix.size()) : last;
}

}  // namespace

std::optional<Check> built_in_check(const std::string& test, const Json& arguments, const std::string& column,
                                    const Span& span) {
  for (const BuiltIn& entry : table()) {
    if (entry.name != test) continue;
    Check check;
    check.kind = entry.kind;
    check.column = column;
    check.span = span;
    Arguments reader(test, arguments, span);
    entry.read(check, reader);
    reader.refuse_others();
    check.title = short_name(test) + (check.column.empty() ? "" : "(" + check.column + ")");
    return check;
  }
  return std::nullopt;
}

bool is_built_in(const std::string& test) {
  for (const BuiltIn& entry : table()) {
    if (entry.name == test) return true;
  }
  return false;
}

const std::vector<std::string>& built_in_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const BuiltIn& entry : table()) result.emplace_back(entry.name);
    return result;
  }();
  return names;
}

}  // namespace weir::checks
