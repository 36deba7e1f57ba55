#include "engine/duckdb/read_types.h"

#include <duckdb/common/operator/cast_operators.hpp>
#include <duckdb/common/types/hugeint.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/function/cast/default_casts.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// DuckDB's reader rounds "12.5" into an integer column. These types take whole numbers in their range only ("12.0" is
// one); they stand for the integer types while a file is read, and a value they refuse rejects its line like any other.
struct WholeType {
  const char* name;
  LogicalTypeId stands_for;
  hugeint_t least, greatest;
};

template <class T>
WholeType whole(const char* name, LogicalTypeId stands_for) {
  return {name, stands_for, hugeint_t(NumericLimits<T>::Minimum()), hugeint_t(NumericLimits<T>::Maximum())};
}

const std::vector<WholeType>& whole_types() {
  static const std::vector<WholeType> types = {
      whole<int8_t>("weir_TINYINT", LogicalTypeId::TINYINT),
      whole<uint8_t>("weir_UTINYINT", LogicalTypeId::UTINYINT),
      whole<int16_t>("weir_SMALLINT", LogicalTypeId::SMALLINT),
      whole<uint16_t>("weir_USMALLINT", LogicalTypeId::USMALLINT),
      whole<int32_t>("weir_INTEGER", LogicalTypeId::INTEGER),
      whole<uint32_t>("weir_UINTEGER", LogicalTypeId::UINTEGER),
      whole<int64_t>("weir_BIGINT", LogicalTypeId::BIGINT),
      {"weir_UBIGINT", LogicalTypeId::UBIGINT, hugeint_t(0), Hugeint::Convert(NumericLimits<uint64_t>::Maximum())},
      whole<hugeint_t>("weir_HUGEINT", LogicalTypeId::HUGEINT)};
  return types;
}

struct WholeRange final : BoundCastData {
  explicit WholeRange(const WholeType& type) : type(type) {}
  const WholeType& type;
  duckdb::unique_ptr<BoundCastData> Copy() const override { return make_uniq<WholeRange>(type); }
};

std::optional<hugeint_t> whole_number(std::string_view text) {
  text = trim(text);
  bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  auto point = text.find('.');
  auto digits = text.substr(0, point);
  if (point != std::string_view::npos && text.find_first_not_of('0', point + 1) != std::string_view::npos)
    return std::nullopt;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  constexpr size_t surely_64_bits = 18;
  if (digits.size() <= surely_64_bits) {
    int64_t value = 0;
    for (char c : digits) value = value * 10 + (c - '0');
    return hugeint_t(negative ? -value : value);
  }
  hugeint_t value;
  auto signed_text = (negative ? "-" : "") + std::string(digits);
  if (!TryCast::Operation<string_t, hugeint_t>(string_t(signed_text), value, true)) return std::nullopt;
  return value;
}

bool cast_to_whole(Vector& source, Vector& result, idx_t count, CastParameters& parameters) {
  auto& type = parameters.cast_data->Cast<WholeRange>().type;
  bool all = true;
  UnaryExecutor::ExecuteWithNulls<string_t, hugeint_t>(
      source, result, count, [&](string_t text, ValidityMask& mask, idx_t row) {
        auto value = whole_number({text.GetData(), text.GetSize()});
        if (value && *value >= type.least && *value <= type.greatest) return *value;
        HandleCastError::AssignError("Could not convert string \"" + text.GetString() + "\" to a whole number in range",
                                     parameters);
        mask.SetInvalid(row);
        all = false;
        return hugeint_t(0);
      });
  return all;
}

// An instant as microseconds. An offset in the text is applied; without one the time is UTC. Names of zones are not
// known here.
constexpr const char* instant_type = "weir_TIMESTAMPTZ";

std::optional<hugeint_t> instant_us(std::string_view text) {
  text = trim(text);
  timestamp_t value;
  bool has_offset = false;
  string_t zone(nullptr, 0);
  if (Timestamp::TryConvertTimestampTZ(text.data(), text.size(), value, true, has_offset, zone) !=
          TimestampCastResult::SUCCESS ||
      !Timestamp::IsFinite(value))
    return std::nullopt;
  if (zone.GetSize() != 0 && !iequals(zone.GetString(), "UTC") && !iequals(zone.GetString(), "GMT"))
    return std::nullopt;
  return hugeint_t(value.value);
}

bool cast_to_instant(Vector& source, Vector& result, idx_t count, CastParameters& parameters) {
  bool all = true;
  UnaryExecutor::ExecuteWithNulls<string_t, hugeint_t>(
      source, result, count, [&](string_t text, ValidityMask& mask, idx_t row) {
        if (auto value = instant_us({text.GetData(), text.GetSize()})) return *value;
        HandleCastError::AssignError(
            "Could not convert string \"" + text.GetString() + "\" to a time with an offset from UTC", parameters);
        mask.SetInvalid(row);
        all = false;
        return hugeint_t(0);
      });
  return all;
}

LogicalType alias_of_hugeint(const char* name) {
  LogicalType alias(LogicalTypeId::HUGEINT);
  alias.SetAlias(name);
  return alias;
}

}  // namespace

void register_read_types(ExtensionLoader& loader) {
  for (auto& type : whole_types()) {
    auto alias = alias_of_hugeint(type.name);
    loader.RegisterType(type.name, alias);
    loader.RegisterCastFunction(LogicalType::VARCHAR, alias, BoundCastInfo(cast_to_whole, make_uniq<WholeRange>(type)));
  }
  auto instant = alias_of_hugeint(instant_type);
  loader.RegisterType(instant_type, instant);
  loader.RegisterCastFunction(LogicalType::VARCHAR, instant, BoundCastInfo(cast_to_instant));
}

ReadType read_type(const std::string& declared, bool formatted) {
  auto id = TransformStringToLogicalTypeId(declared);
  for (auto& type : whole_types()) {
    if (type.stands_for == id) return {type.name, "CAST(", " AS " + LogicalTypeIdToString(id) + ")"};
  }
  if (id != LogicalTypeId::TIMESTAMP_TZ) return {declared, {}, {}};
  // By a format DuckDB reads TIMESTAMP strictly and applies %z, so the time is UTC, which is the session's zone.
  if (formatted) return {"TIMESTAMP", "CAST(", " AS TIMESTAMPTZ)"};
  return {instant_type, "CAST(make_timestamp(CAST(", " AS BIGINT)) AS TIMESTAMPTZ)"};
}

}  // namespace weir::engine::duck
