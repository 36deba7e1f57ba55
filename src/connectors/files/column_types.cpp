#include "connectors/files/column_types.h"

#include <cctype>
#include <cstdio>
#include <map>
#include <optional>

#include "base/text.h"
#include "base/time.h"

namespace weir::files {

namespace {

const std::map<std::string, std::string>& aliases() {
  static const std::map<std::string, std::string> table = {
      {"int1", "tinyint"},
      {"int2", "smallint"},
      {"short", "smallint"},
      {"int", "integer"},
      {"int4", "integer"},
      {"signed", "integer"},
      {"int8", "bigint"},
      {"long", "bigint"},
      {"float4", "float"},
      {"real", "float"},
      {"float8", "double"},
      {"double precision", "double"},
      {"numeric", "decimal(18,3)"},
      {"dec", "decimal(18,3)"},
      {"decimal", "decimal(18,3)"},
      {"bool", "boolean"},
      {"logical", "boolean"},
      {"text", "varchar"},
      {"string", "varchar"},
      {"char", "varchar"},
      {"bpchar", "varchar"},
      {"bytea", "blob"},
      {"binary", "blob"},
      {"varbinary", "blob"},
      {"datetime", "timestamp"},
      {"timestamp without time zone", "timestamp"},
      {"timestamp_us", "timestamp"},
      {"timestamp_ntz", "timestamp"},
      {"timestamptz", "timestamp with time zone"},
  };
  return table;
}

struct Decimal {
  int precision = 0, scale = 0;
};

std::optional<Decimal> decimal_of(const std::string& canonical) {
  Decimal decimal;
  if (std::sscanf(canonical.c_str(), "decimal(%d,%d)", &decimal.precision, &decimal.scale) == 2) return decimal;
  return std::nullopt;
}

// Decimal digits that hold every value of an integer type; 0 for other types.
int integer_digits(const std::string& type) {
  static const std::map<std::string, int> digits = {{"tinyint", 3},   {"utinyint", 3}, {"smallint", 5},
                                                    {"usmallint", 5}, {"integer", 10}, {"uinteger", 10},
                                                    {"bigint", 19},   {"ubigint", 20}, {"hugeint", 39}};
  auto found = digits.find(type);
  return found == digits.end() ? 0 : found->second;
}

// Bytes of a signed integer type that holds the type's values; 0 for other types.
int signed_bytes(const std::string& type) {
  static const std::map<std::string, int> bytes = {{"tinyint", 1}, {"utinyint", 2}, {"smallint", 2}, {"usmallint", 4},
                                                   {"integer", 4}, {"uinteger", 8}, {"bigint", 8}};
  auto found = bytes.find(type);
  return found == bytes.end() ? 0 : found->second;
}

}  // namespace

std::string canonical_type(const std::string& type) {
  std::string text;
  for (char c : lower(trim(type))) {
    bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    bool after_open = !text.empty() && (text.back() == '(' || text.back() == ',' || text.back() == ' ');
    if (space && after_open) continue;
    if ((c == '(' || c == ')' || c == ',') && !text.empty() && text.back() == ' ') text.pop_back();
    text += space ? ' ' : c;
  }
  if (text.starts_with("varchar(") || text.starts_with("char(")) return "varchar";  // lengths are not kept
  for (const char* name : {"numeric(", "dec("}) {
    if (text.starts_with(name)) text = "decimal" + text.substr(std::string_view(name).size() - 1);
  }
  if (text.starts_with("decimal(") && text.find(',') == std::string::npos) text.insert(text.size() - 1, ",0");
  auto found = aliases().find(text);
  return found == aliases().end() ? text : found->second;
}

bool fits_without_loss(const std::string& file_type, const std::string& column_type) {
  std::string from = canonical_type(file_type), to = canonical_type(column_type);
  if (from == to || to == "varchar") return true;
  if (signed_bytes(from) > 0 && signed_bytes(to) > 0) return signed_bytes(from) <= signed_bytes(to);
  std::optional<Decimal> source = decimal_of(from), target = decimal_of(to);
  if (target && integer_digits(from) > 0) return integer_digits(from) <= target->precision - target->scale;
  if (source && target) {
    return source->scale <= target->scale && source->precision - source->scale <= target->precision - target->scale;
  }
  if (to == "double") return from == "float" || (signed_bytes(from) > 0 && signed_bytes(from) <= 4);
  if (to == "timestamp")
    return from == "date" || from == "timestamp_s" || from == "timestamp_ms" || from == "timestamp_ns";
  return false;
}

std::string type_of_path_values(const std::vector<std::string>& values) {
  bool integers = !values.empty(), dates = !values.empty();
  for (const std::string& value : values) {
    integers &= parse_int(value).has_value();
    dates &= value.size() == 10 && value[4] == '-' && parse_iso_us(value).has_value();
  }
  return integers ? "BIGINT" : dates ? "DATE" : "VARCHAR";
}

}  // namespace weir::files
