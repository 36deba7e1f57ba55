#include "engine/duckdb/read_types.h"

#include <duckdb/common/extension_type_info.hpp>
#include <duckdb/common/operator/cast_operators.hpp>
#include <duckdb/function/cast/default_casts.hpp>
#include <duckdb/planner/expression.hpp>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "engine/duckdb/exact_texts.h"
#include "engine/duckdb/plain_texts.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// A type that the reader knows it would parse by itself. Ours are aliases of types that it does not, which it fills by
// our casts: TIMESTAMP_NS carries any 64 bits, HUGEINT any 128. Modifiers say what the cast must know:
// "weir_DECIMAL(18, 2, ',', '.')".
constexpr LogicalTypeId carrier_64 = LogicalTypeId::TIMESTAMP_NS, carrier_128 = LogicalTypeId::HUGEINT;
constexpr int most_digits_64 = 18;  // of a DECIMAL that is kept in 64 bits

struct Reading {
  int precision = 0, scale = 0;  // of a DECIMAL
  NumberMarks marks;
};

// ---- readers: a text as a value of T, or nothing ----

template <class T>
std::optional<int64_t> read_whole(std::string_view text, const Reading& reading) {
  using Limits = std::numeric_limits<T>;
  const auto usual = plain::whole(text);
  if (usual && *usual >= static_cast<int64_t>(Limits::min()) &&
      (sizeof(T) == sizeof(int64_t) || *usual <= static_cast<int64_t>(Limits::max())))
    return usual;
  const auto value = whole_number(text, reading.marks);
  if (!value || *value < Hugeint::Convert(Limits::min()) || *value > Hugeint::Convert(Limits::max()))
    return std::nullopt;
  return static_cast<int64_t>(value->lower);
}

std::optional<hugeint_t> read_huge(std::string_view text, const Reading& reading) {
  return whole_number(text, reading.marks);
}

// What HUGEINT cannot hold has more digits than a table can.
std::optional<hugeint_t> read_unsigned_huge(std::string_view text, const Reading& reading) {
  const auto value = whole_number(text, reading.marks);
  return value && *value >= hugeint_t(0) ? value : std::nullopt;
}

std::optional<int64_t> read_decimal(std::string_view text, const Reading& reading) {
  if (const auto value = plain::decimal(text, reading.precision, reading.scale, reading.marks.point)) return value;
  const auto value = unscaled_decimal(text, reading.precision, reading.scale, reading.marks);
  return value ? std::optional(static_cast<int64_t>(value->lower)) : std::nullopt;
}

std::optional<hugeint_t> read_wide_decimal(std::string_view text, const Reading& reading) {
  return unscaled_decimal(text, reading.precision, reading.scale, reading.marks);
}

std::optional<int64_t> read_day(std::string_view text, const Reading&) {
  if (const auto day = plain::day(text)) return day;
  return day_number(text);
}

template <int64_t unit_us>
std::optional<int64_t> read_local_time(std::string_view text, const Reading&) {
  auto us = plain::time_us(text);
  if (!us) us = local_time_us(text);
  if (us && *us % unit_us != 0) return std::nullopt;
  return us;
}

std::optional<int64_t> read_time_of_day(std::string_view text, const Reading&) { return time_of_day_us(text); }

std::optional<int64_t> read_instant(std::string_view text, const Reading&) {
  if (const auto us = plain::time_us(text)) return us;
  return instant_us(text);
}

// ---- columns of texts to columns of values ----

struct ReadingData final : BoundCastData {
  explicit ReadingData(Reading reading) : reading(reading) {}
  const Reading reading;
  duckdb::unique_ptr<BoundCastData> Copy() const override { return make_uniq<ReadingData>(reading); }
};

// A template, so that the reader is compiled into the loop over the column.
template <class Carrier, std::optional<Carrier> (*read)(std::string_view, const Reading&)>
bool cast_texts(Vector& source, Vector& result, idx_t count, CastParameters& parameters) {
  const Reading reading = parameters.cast_data->Cast<ReadingData>().reading;
  bool all = true;
  UnaryExecutor::ExecuteWithNulls<string_t, Carrier>(
      source, result, count, [&](const string_t& text, ValidityMask& mask, idx_t row) {
        if (const auto value = read({text.GetData(), text.GetSize()}, reading)) return *value;
        HandleCastError::AssignError("\"" + text.GetString() + "\" does not fit the column", parameters);
        mask.SetInvalid(row);
        all = false;
        return Carrier(0);
      });
  return all;
}

struct OwnType {
  const char* name;
  LogicalTypeId carrier;
  cast_function_t cast;
};

template <std::optional<int64_t> (*read)(std::string_view, const Reading&)>
OwnType of_64(const char* name) {
  return {name, carrier_64, cast_texts<int64_t, read>};
}
template <std::optional<hugeint_t> (*read)(std::string_view, const Reading&)>
OwnType of_128(const char* name) {
  return {name, carrier_128, cast_texts<hugeint_t, read>};
}

const std::vector<OwnType>& own_types() {
  static const std::vector<OwnType> types = {of_64<read_whole<int8_t>>("TINYINT"),
                                             of_64<read_whole<uint8_t>>("UTINYINT"),
                                             of_64<read_whole<int16_t>>("SMALLINT"),
                                             of_64<read_whole<uint16_t>>("USMALLINT"),
                                             of_64<read_whole<int32_t>>("INTEGER"),
                                             of_64<read_whole<uint32_t>>("UINTEGER"),
                                             of_64<read_whole<int64_t>>("BIGINT"),
                                             of_64<read_whole<uint64_t>>("UBIGINT"),
                                             of_128<read_huge>("HUGEINT"),
                                             of_128<read_unsigned_huge>("UHUGEINT"),
                                             of_64<read_decimal>("DECIMAL"),
                                             of_128<read_wide_decimal>("WIDE_DECIMAL"),
                                             of_64<read_day>("DATE"),
                                             of_64<read_time_of_day>("TIME"),
                                             of_64<read_local_time<1>>("TIMESTAMP"),
                                             of_64<read_local_time<1000>>("TIMESTAMP_MS"),
                                             of_64<read_local_time<1'000'000>>("TIMESTAMP_S"),
                                             of_64<read_instant>("TIMESTAMPTZ")};
  return types;
}

std::string own_name(const std::string& type) { return "weir_" + type; }

LogicalType with_modifiers(BindLogicalTypeInput& input) {
  auto type = input.base_type.DeepCopy();  // copies share their info: every column would get the last one's
  auto info = make_uniq<ExtensionTypeInfo>();
  for (auto& argument : input.modifiers) info->modifiers.emplace_back(argument.GetValue());
  type.SetExtensionInfo(std::move(info));
  return type;
}

// Of (precision, scale, point, group), or none of them.
Reading reading_of(const LogicalType& type) {
  Reading reading;
  if (!type.HasExtensionInfo()) return reading;
  auto& modifiers = type.GetExtensionInfo()->modifiers;
  if (modifiers.size() != 4) return reading;
  auto character = [&](size_t i) {
    auto text = modifiers[i].value.ToString();
    return text.empty() ? '\0' : text[0];
  };
  reading.precision = modifiers[0].value.GetValue<int32_t>();
  reading.scale = modifiers[1].value.GetValue<int32_t>();
  reading.marks = {character(2), character(3)};
  return reading;
}

BoundCastInfo bind_cast(BindCastInput&, const LogicalType&, const LogicalType& target) {
  for (auto& type : own_types())
    if (target.GetAlias() == own_name(type.name))
      return BoundCastInfo(type.cast, make_uniq<ReadingData>(reading_of(target)));
  throw InternalException("no reading of " + target.ToString());
}

// ---- values to the declared type ----

template <class To>
void narrowed(Vector& source, Vector& result, idx_t count) {
  UnaryExecutor::Execute<int64_t, To>(source, result, count, [](int64_t value) {
    return static_cast<To>(value);  // in range: the text was judged when it was read
  });
}

// weir_value_as(value, NULL::<type>): the number that a type of ours carries, as that type holds it.
void value_as(DataChunk& arguments, ExpressionState&, Vector& result) {
  auto& source = arguments.data[0];
  const auto count = arguments.size();
  switch (result.GetType().InternalType()) {
    case PhysicalType::INT8:
      return narrowed<int8_t>(source, result, count);
    case PhysicalType::UINT8:
      return narrowed<uint8_t>(source, result, count);
    case PhysicalType::INT16:
      return narrowed<int16_t>(source, result, count);
    case PhysicalType::UINT16:
      return narrowed<uint16_t>(source, result, count);
    case PhysicalType::INT32:
      return narrowed<int32_t>(source, result, count);
    case PhysicalType::UINT32:
      return narrowed<uint32_t>(source, result, count);
    default:
      return result.Reinterpret(source);
  }
}

duckdb::unique_ptr<FunctionData> bind_value_as(ClientContext&, ScalarFunction& function,
                                               vector<duckdb::unique_ptr<Expression>>& arguments) {
  function.return_type = arguments[1]->return_type;
  function.arguments = {arguments[0]->return_type, arguments[1]->return_type};
  return nullptr;
}

// ---- declared types ----

struct Declared {
  LogicalTypeId id = LogicalTypeId::INVALID;
  int precision = 0, scale = 0;  // of a DECIMAL
};

// nullopt where DuckDB is to say what is wrong with it.
std::optional<Declared> declared_type(const std::string& text) {
  Declared declared;
  const auto open = text.find('(');
  declared.id = TransformStringToLogicalTypeId(std::string(trim(std::string_view(text).substr(0, open))));
  if (declared.id != LogicalTypeId::DECIMAL) {
    if (open != std::string::npos) declared.id = TransformStringToLogicalTypeId(text);
    return declared;
  }
  declared.precision = 18, declared.scale = 3;  // DuckDB's DECIMAL
  if (open == std::string::npos) return declared;
  std::vector<int64_t> values;
  for (auto& number : split(text.substr(open + 1, text.find(')') - open - 1), ','))
    values.push_back(parse_int(trim(number)).value_or(-1));
  if (values.size() == 1) values.push_back(0);
  if (values.size() != 2 || values[0] < 1 || values[0] > 38 || values[1] < 0 || values[1] > values[0])
    return std::nullopt;
  declared.precision = static_cast<int>(values[0]), declared.scale = static_cast<int>(values[1]);
  return declared;
}

std::string modifiers_text(const Declared& declared, const CsvDialect& dialect) {
  return "(" + std::to_string(declared.precision) + ", " + std::to_string(declared.scale) + ", " +
         quote_literal(dialect.decimal_separator) + ", " + quote_literal(dialect.thousands_separator) + ")";
}

}  // namespace

void register_read_types(ExtensionLoader& loader) {
  for (auto& type : own_types()) {
    LogicalType alias(type.carrier);
    alias.SetAlias(own_name(type.name));
    loader.RegisterType(own_name(type.name), alias, with_modifiers);
    loader.RegisterCastFunction(LogicalType::VARCHAR, alias, bind_cast);
  }
  ScalarFunction value_function("weir_value_as", {LogicalType::ANY, LogicalType::ANY}, LogicalType::ANY, value_as,
                                bind_value_as);
  value_function.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);  // the type's NULL is no value
  loader.RegisterFunction(std::move(value_function));
}

ReadType read_type(const std::string& text, const CsvDialect& dialect) {
  const ReadType native = {text, {}, {}};
  const auto declared = declared_type(text);
  if (!declared) return native;
  const auto as = [&](const std::string& name) {
    return ReadType{own_name(name), "weir_value_as(", ", NULL::" + text + ")"};
  };
  switch (declared->id) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
    case LogicalTypeId::DECIMAL: {
      auto read = as(declared->precision > most_digits_64 ? "WIDE_DECIMAL" : LogicalTypeIdToString(declared->id));
      read.type += modifiers_text(*declared, dialect);
      return read;
    }
    case LogicalTypeId::DATE:
      return dialect.date_format.empty() ? as("DATE") : native;
    case LogicalTypeId::TIME:
      return as("TIME");
    case LogicalTypeId::TIMESTAMP:
      return dialect.timestamp_format.empty() ? as("TIMESTAMP") : native;
    case LogicalTypeId::TIMESTAMP_TZ:
      // By a format DuckDB reads TIMESTAMP strictly and applies %z, so the time is UTC, which is the session's zone.
      if (!dialect.timestamp_format.empty()) return {"TIMESTAMP", "CAST(", " AS TIMESTAMPTZ)"};
      return as("TIMESTAMPTZ");
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_SEC: {
      if (!dialect.timestamp_format.empty()) return native;
      const bool seconds = declared->id == LogicalTypeId::TIMESTAMP_SEC;
      return {own_name(seconds ? "TIMESTAMP_S" : "TIMESTAMP_MS"), "CAST(weir_value_as(",
              ", NULL::TIMESTAMP) AS " + text + ")"};
    }
    default:
      return native;
  }
}

}  // namespace weir::engine::duck
