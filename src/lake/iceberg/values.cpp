#include "lake/iceberg/values.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "base/text.h"
#include "base/time.h"

namespace weir::lake::iceberg {

namespace {

std::string type_word(const DataType& type) {
  switch (type.kind) {
    case TypeKind::boolean:
      return "boolean";
    case TypeKind::byte:
    case TypeKind::short_:
    case TypeKind::integer:
      return "int";
    case TypeKind::long_:
      return "long";
    case TypeKind::float_:
      return "float";
    case TypeKind::double_:
      return "double";
    case TypeKind::binary:
      return "binary";
    case TypeKind::date:
      return "date";
    case TypeKind::timestamp:
      return "timestamptz";
    case TypeKind::timestamp_ntz:
      return "timestamp";
    case TypeKind::decimal:
      return fmt::format("decimal({}, {})", type.precision, type.scale);
    default:
      return "string";
  }
}

Json fields_of(const std::vector<Field>& fields);

Json type_of(const DataType& type) {
  switch (type.kind) {
    case TypeKind::struct_:
      return std::move(Json::object().set("type", "struct").set("fields", fields_of(type.fields)));
    case TypeKind::array: {
      const Field& element = type.fields.at(0);
      Json list = Json::object().set("type", "list").set("element-id", element.id().value_or(0));
      return std::move(list.set("element-required", !element.nullable).set("element", type_of(element.type)));
    }
    case TypeKind::map: {
      const Field &key = type.fields.at(0), &value = type.fields.at(1);
      Json map = Json::object().set("type", "map").set("key-id", key.id().value_or(0));
      map.set("key", type_of(key.type)).set("value-id", value.id().value_or(0));
      return std::move(map.set("value-required", !value.nullable).set("value", type_of(value.type)));
    }
    default:
      return type_word(type);
  }
}

Json fields_of(const std::vector<Field>& fields) {
  Json list = Json::array();
  for (const auto& field : fields) {
    Json json = Json::object().set("id", field.id().value_or(0)).set("name", field.name);
    json.set("required", !field.nullable).set("type", type_of(field.type));
    if (auto comment = field.metadata.get_string("comment")) json.set("doc", *comment);
    list.push_back(std::move(json));
  }
  return list;
}

template <typename T>
std::string little_endian(T value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

std::string real_bytes(const DataType& type, double value, bool upper) {
  if (value == 0) value = upper ? 0.0 : -0.0;
  if (type.kind == TypeKind::double_) return little_endian(value);
  return little_endian(static_cast<float>(value));
}

// The digits of "12.34" at a scale; nullopt if it is written otherwise or has more.
std::optional<__int128> unscaled(const std::string& text, const DataType& type) {
  constexpr size_t most_digits = 38;
  size_t i = text.starts_with('-') ? 1 : 0, digits = 0;
  int fraction = -1;
  __int128 value = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && fraction < 0) {
      fraction = 0;
      continue;
    }
    if (text[i] < '0' || text[i] > '9' || ++digits > most_digits) return std::nullopt;
    value = value * 10 + (text[i] - '0');
    if (fraction >= 0) ++fraction;
  }
  if (digits == 0 || fraction > type.scale) return std::nullopt;
  for (int missing = type.scale - std::max(fraction, 0); missing > 0; --missing) {
    if (++digits > most_digits) return std::nullopt;
    value *= 10;
  }
  return text.starts_with('-') ? -value : value;
}

std::string big_endian(__int128 value, size_t bytes) {
  std::string out(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) out[bytes - 1 - i] = static_cast<char>((value >> (8 * i)) & 0xFF);
  return out;
}

// The fewest bytes whose two's complement is the value.
std::string shortest(__int128 value) {
  size_t bytes = sizeof(value);
  std::string out = big_endian(value, bytes);
  const auto is_needed = [&](size_t at) {
    const bool negative = (out[at + 1] & 0x80) != 0;
    return out[at] != (negative ? '\xFF' : '\0');
  };
  size_t first = 0;
  while (first + 1 < bytes && !is_needed(first)) ++first;
  return out.substr(first);
}

// The fewest bytes whose two's complement holds so many decimal digits.
size_t bytes_for(int precision) {
  size_t bytes = 1;
  for (__int128 most = 127, digits = 1; bytes < sizeof(most); ++bytes, most = most * 256 + 255) {
    digits = 1;
    for (int i = 0; i < precision; ++i) digits *= 10;
    if (digits - 1 <= most) break;
  }
  return bytes;
}

template <typename T>
std::optional<T> from_little_endian(const std::string& bytes) {
  T value;
  if (bytes.size() != sizeof(value)) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

// Whole numbers of 4 or 8 bytes.
std::optional<int64_t> whole_from(const std::string& bytes) {
  if (auto narrow = from_little_endian<int32_t>(bytes)) return *narrow;
  return from_little_endian<int64_t>(bytes);
}

Json logical(const char* type, const char* meaning) {
  return std::move(Json::object().set("type", type).set("logicalType", meaning));
}

}  // namespace

Json schema_fields(const Schema& schema) { return fields_of(schema.fields); }

std::optional<std::string> bound_bytes(const DataType& type, const Scalar& value, bool upper) {
  const auto* whole = std::get_if<int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  const auto* text = std::get_if<std::string>(&value);
  switch (type.kind) {
    case TypeKind::boolean:
      if (const auto* flag = std::get_if<bool>(&value)) return std::string(1, *flag ? '\x01' : '\0');
      return std::nullopt;
    case TypeKind::byte:
    case TypeKind::short_:
    case TypeKind::integer:
    case TypeKind::date:
      if (whole && *whole >= INT32_MIN && *whole <= INT32_MAX) return little_endian(static_cast<int32_t>(*whole));
      return std::nullopt;
    case TypeKind::long_:
    case TypeKind::timestamp:
    case TypeKind::timestamp_ntz:
      return whole ? std::optional(little_endian(*whole)) : std::nullopt;
    case TypeKind::float_:
    case TypeKind::double_:
      return real && std::isfinite(*real) ? std::optional(real_bytes(type, *real, upper)) : std::nullopt;
    case TypeKind::decimal: {
      const auto digits = text ? unscaled(*text, type) : std::nullopt;
      return digits ? std::optional(shortest(*digits)) : std::nullopt;
    }
    case TypeKind::string:
      return text ? std::optional(*text) : std::nullopt;
    default:
      return std::nullopt;
  }
}

namespace {

// Two's complement, the high byte first; nullopt if it is longer than the number.
std::optional<__int128> unscaled_of(const std::string& big_endian) {
  if (big_endian.empty() || big_endian.size() > sizeof(__int128)) return std::nullopt;
  __int128 value = (big_endian[0] & 0x80) != 0 ? -1 : 0;
  for (const char byte : big_endian) value = value * 256 + static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::optional<std::string> partition_bound(const DataType& type, const format::avro::Value& value, bool upper) {
  const auto* text = value.text();
  if (type.kind == TypeKind::binary) return text ? std::optional(*text) : std::nullopt;
  if (type.kind == TypeKind::decimal) {
    const auto digits = text ? unscaled_of(*text) : std::nullopt;
    return digits ? std::optional(shortest(*digits)) : std::nullopt;
  }
  if (const auto* flag = value.boolean()) return bound_bytes(type, *flag, upper);
  if (const auto* whole = value.whole()) return bound_bytes(type, *whole, upper);
  if (const auto* real = value.real())
    return std::isnan(*real) ? std::nullopt : std::optional(real_bytes(type, *real, upper));
  return text ? bound_bytes(type, *text, upper) : std::nullopt;
}

bool is_lower(const DataType& type, const format::avro::Value& a, const format::avro::Value& b) {
  const auto *left = a.text(), *right = b.text();
  if (type.kind == TypeKind::decimal && left && right) return unscaled_of(*left) < unscaled_of(*right);
  if (left && right) return *left < *right;
  if (a.whole() && b.whole()) return *a.whole() < *b.whole();
  if (a.real() && b.real()) return *a.real() < *b.real();
  return a.boolean() && b.boolean() && *a.boolean() < *b.boolean();
}

std::optional<std::string> decimal_text(const std::string& big_endian, int scale) {
  const auto number = unscaled_of(big_endian);
  if (!number) return std::nullopt;
  __int128 value = *number;
  const bool negative = value < 0;
  std::string digits;  // from the last one
  for (; value != 0; value /= 10)
    digits += static_cast<char>('0' + static_cast<int>(negative ? -(value % 10) : value % 10));
  while (digits.size() <= static_cast<size_t>(scale)) digits += '0';
  if (scale > 0) digits.insert(static_cast<size_t>(scale), ".");
  if (negative) digits += '-';
  return std::string(digits.rbegin(), digits.rend());
}

std::optional<std::string> bound_text(const DataType& type, const std::string& bytes) {
  switch (type.kind) {
    case TypeKind::integer:
    case TypeKind::long_:
      if (auto whole = whole_from(bytes)) return std::to_string(*whole);
      return std::nullopt;
    case TypeKind::date:
      if (auto days = from_little_endian<int32_t>(bytes)) return iso_date(*days);
      return std::nullopt;
    case TypeKind::timestamp:
    case TypeKind::timestamp_ntz:
      if (auto us = from_little_endian<int64_t>(bytes)) return iso_us(*us, ' ');
      return std::nullopt;
    case TypeKind::float_:
    case TypeKind::double_: {
      auto real = from_little_endian<double>(bytes);
      if (auto narrow = from_little_endian<float>(bytes)) real = *narrow;
      return real && std::isfinite(*real) ? std::optional(fmt::format("{}", *real)) : std::nullopt;
    }
    case TypeKind::decimal:
      return decimal_text(bytes, type.scale);
    case TypeKind::string:
      return is_valid_utf8(bytes) ? std::optional(bytes) : std::nullopt;
    default:
      return std::nullopt;
  }
}

PartitionText partition_text(const DataType& type, const format::avro::Value& value) {
  if (value.is_null()) return {};
  const auto* whole = value.whole();
  const auto* text = value.text();
  switch (type.kind) {
    case TypeKind::boolean:
      if (const auto* flag = value.boolean()) return {*flag ? "true" : "false"};
      break;
    case TypeKind::integer:
    case TypeKind::long_:
      if (whole) return {std::to_string(*whole)};
      break;
    case TypeKind::date:
      if (whole && *whole >= INT32_MIN && *whole <= INT32_MAX) return {iso_date(*whole)};
      break;
    case TypeKind::string:
      if (text && !text->empty()) return {*text};
      break;
    case TypeKind::decimal:
      if (text)
        if (auto digits = decimal_text(*text, type.scale)) return {std::move(digits)};
      break;
    default:
      break;
  }
  return {std::nullopt, false};
}

Json partition_type(const DataType& type) {
  switch (type.kind) {
    case TypeKind::date:
      return logical("int", "date");
    case TypeKind::timestamp:
    case TypeKind::timestamp_ntz:
      return std::move(logical("long", "timestamp-micros").set("adjust-to-utc", type.kind == TypeKind::timestamp));
    case TypeKind::decimal: {
      Json fixed = logical("fixed", "decimal");
      fixed.set("name", fmt::format("decimal_{}_{}", type.precision, type.scale));
      fixed.set("size", static_cast<int64_t>(bytes_for(type.precision)));
      return std::move(fixed.set("precision", type.precision).set("scale", type.scale));
    }
    case TypeKind::binary:
      return "bytes";
    default:
      return type_word(type);
  }
}

std::optional<format::avro::Value> partition_value(const DataType& type, const std::optional<std::string>& text) {
  using Value = format::avro::Value;
  if (!text || text->empty()) return Value();
  const Scalar scalar = scalar_from_text(type, *text);
  if (const auto* flag = std::get_if<bool>(&scalar)) return Value{*flag};
  if (const auto* whole = std::get_if<int64_t>(&scalar)) return Value{*whole};
  if (const auto* real = std::get_if<double>(&scalar)) return Value{*real};
  const auto* string = std::get_if<std::string>(&scalar);
  if (!string) return std::nullopt;
  if (type.kind != TypeKind::decimal) return Value{*string};
  const auto digits = unscaled(*string, type);
  if (!digits) return std::nullopt;
  return Value{big_endian(*digits, bytes_for(type.precision))};
}

void widen_partition_value(const DataType& type, format::avro::Value& value) {
  auto* bytes = std::get_if<std::string>(&value.data);
  if (type.kind != TypeKind::decimal || !bytes || bytes->empty()) return;
  const size_t size = bytes_for(type.precision);
  const char sign = (bytes->front() & 0x80) != 0 ? '\xFF' : '\0';
  if (bytes->size() < size) bytes->insert(0, size - bytes->size(), sign);
}

}  // namespace weir::lake::iceberg
