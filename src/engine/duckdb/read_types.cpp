#include "engine/duckdb/read_types.h"

#include <duckdb/common/extension_type_info.hpp>
#include <duckdb/common/operator/cast_operators.hpp>
#include <duckdb/function/cast/default_casts.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "engine/duckdb/exact_texts.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// All of them are aliases of HUGEINT, which holds every value and which the reader fills by our cast; a type that it
// knows it would parse by itself. Modifiers carry how numbers are written: "weir_BIGINT(',', '.')".
struct Reading {
  NumberMarks marks;
};

using ReadText = std::optional<hugeint_t> (*)(std::string_view, const Reading&);

struct OwnType {
  const char* name;
  ReadText read;
};

template <class T>
std::optional<hugeint_t> read_whole(std::string_view text, const Reading& reading) {
  auto value = whole_number(text, reading.marks);
  if (!value || *value < hugeint_t(NumericLimits<T>::Minimum()) || *value > hugeint_t(NumericLimits<T>::Maximum()))
    return std::nullopt;
  return value;
}

std::optional<hugeint_t> read_unsigned_64(std::string_view text, const Reading& reading) {
  auto value = whole_number(text, reading.marks);
  if (!value || value->upper != 0) return std::nullopt;
  return value;
}

std::optional<hugeint_t> read_instant(std::string_view text, const Reading&) { return instant_us(text); }

const std::vector<OwnType>& own_types() {
  static const std::vector<OwnType> types = {{"TINYINT", read_whole<int8_t>},    {"UTINYINT", read_whole<uint8_t>},
                                             {"SMALLINT", read_whole<int16_t>},  {"USMALLINT", read_whole<uint16_t>},
                                             {"INTEGER", read_whole<int32_t>},   {"UINTEGER", read_whole<uint32_t>},
                                             {"BIGINT", read_whole<int64_t>},    {"UBIGINT", read_unsigned_64},
                                             {"HUGEINT", read_whole<hugeint_t>}, {"TIMESTAMPTZ", read_instant}};
  return types;
}

std::string own_name(const std::string& type) { return "weir_" + type; }

// ---- texts to values ----

struct ReadingData final : BoundCastData {
  ReadingData(ReadText read, Reading reading) : read(read), reading(reading) {}
  const ReadText read;
  const Reading reading;
  duckdb::unique_ptr<BoundCastData> Copy() const override { return make_uniq<ReadingData>(read, reading); }
};

bool cast_text(Vector& source, Vector& result, idx_t count, CastParameters& parameters) {
  auto& how = parameters.cast_data->Cast<ReadingData>();
  bool all = true;
  UnaryExecutor::ExecuteWithNulls<string_t, hugeint_t>(
      source, result, count, [&](const string_t& text, ValidityMask& mask, idx_t row) {
        if (auto value = how.read({text.GetData(), text.GetSize()}, how.reading)) return *value;
        HandleCastError::AssignError("\"" + text.GetString() + "\" does not fit the column", parameters);
        mask.SetInvalid(row);
        all = false;
        return hugeint_t(0);
      });
  return all;
}

// (point, group)
LogicalType with_modifiers(BindLogicalTypeInput& input) {
  auto type = input.base_type;
  auto info = make_uniq<ExtensionTypeInfo>();
  for (auto& argument : input.modifiers) info->modifiers.emplace_back(argument.GetValue());
  type.SetExtensionInfo(std::move(info));
  return type;
}

Reading reading_of(const LogicalType& type) {
  Reading reading;
  if (!type.HasExtensionInfo()) return reading;
  auto& modifiers = type.GetExtensionInfo()->modifiers;
  auto character = [&](size_t i) {
    auto text = modifiers.size() > i ? modifiers[i].value.ToString() : std::string();
    return text.empty() ? '\0' : text[0];
  };
  if (modifiers.size() == 2) reading.marks = {character(0), character(1)};
  return reading;
}

BoundCastInfo bind_cast(BindCastInput&, const LogicalType&, const LogicalType& target) {
  for (auto& type : own_types())
    if (target.GetAlias() == own_name(type.name))
      return BoundCastInfo(cast_text, make_uniq<ReadingData>(type.read, reading_of(target)));
  throw InternalException("no reading of " + target.ToString());
}

// ---- values to the declared type ----

// weir_instant(value): its microseconds since 1970.
void instant(DataChunk& arguments, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<hugeint_t, timestamp_t>(arguments.data[0], result, arguments.size(), [](const hugeint_t& us) {
    return timestamp_t(static_cast<int64_t>(us.lower));
  });
}

std::string marks_text(const CsvDialect& dialect) {
  if (dialect.decimal_separator == "." && dialect.thousands_separator.empty()) return {};
  return "(" + quote_literal(dialect.decimal_separator) + ", " + quote_literal(dialect.thousands_separator) + ")";
}

}  // namespace

void register_read_types(ExtensionLoader& loader) {
  for (auto& type : own_types()) {
    LogicalType alias(LogicalTypeId::HUGEINT);
    alias.SetAlias(own_name(type.name));
    loader.RegisterType(own_name(type.name), alias, with_modifiers);
    loader.RegisterCastFunction(LogicalType::VARCHAR, alias, bind_cast);
  }
  loader.RegisterFunction(ScalarFunction("weir_instant", {LogicalType::ANY}, LogicalType::TIMESTAMP_TZ, instant));
}

ReadType read_type(const std::string& declared, const CsvDialect& dialect) {
  const auto id = TransformStringToLogicalTypeId(declared);
  if (id == LogicalTypeId::TIMESTAMP_TZ) {
    // By a format DuckDB reads TIMESTAMP strictly and applies %z, so the time is UTC, which is the session's zone.
    if (!dialect.timestamp_format.empty()) return {"TIMESTAMP", "CAST(", " AS TIMESTAMPTZ)"};
    return {own_name("TIMESTAMPTZ"), "weir_instant(", ")"};
  }
  const auto name = LogicalTypeIdToString(id);
  for (auto& type : own_types())
    if (name == type.name) return {own_name(name) + marks_text(dialect), "CAST(", " AS " + name + ")"};
  return {declared, {}, {}};
}

}  // namespace weir::engine::duck
