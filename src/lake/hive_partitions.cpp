#include "lake/hive_partitions.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "base/text.h"
#include "base/time.h"
#include "lake/predicate.h"

namespace weir::lake {

namespace {

constexpr const char* null_folder = "__HIVE_DEFAULT_PARTITION__";

std::pair<int64_t, int64_t> range_of(TypeKind kind) {
  const auto of = [](auto type) {
    (void)type;
    using Limits = std::numeric_limits<decltype(type)>;
    return std::pair<int64_t, int64_t>(Limits::min(), Limits::max());
  };
  switch (kind) {
    case TypeKind::byte:
      return of(int8_t());
    case TypeKind::short_:
      return of(int16_t());
    case TypeKind::integer:
      return of(int32_t());
    default:
      return of(int64_t());
  }
}

bool is_whole_number(TypeKind kind) {
  return kind == TypeKind::byte || kind == TypeKind::short_ || kind == TypeKind::integer || kind == TypeKind::long_;
}

}  // namespace

std::optional<HiveValues> hive_values(const std::string& relative) {
  HiveValues values;
  auto folders = split(relative, '/');
  folders.pop_back();
  for (const auto& folder : folders) {
    const size_t equals = folder.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    const std::string value = percent_decode(folder.substr(equals + 1));
    const bool null = value.empty() || value == null_folder;
    values.emplace_back(percent_decode(folder.substr(0, equals)), null ? std::nullopt : std::optional(value));
  }
  if (!values.empty() && values.size() != folders.size()) return std::nullopt;
  return values;
}

DataType inferred_type(const std::vector<std::optional<std::string>>& values) {
  const auto all = [&](TypeKind kind) {
    bool any = false;
    for (const auto& value : values) {
      if (!value) continue;
      any = true;
      if (partition_value_text(*value, DataType::primitive(kind)) != value) return false;
    }
    return any;
  };
  for (TypeKind kind : {TypeKind::integer, TypeKind::long_, TypeKind::date})
    if (all(kind)) return DataType::primitive(kind);
  return DataType::primitive(TypeKind::string);
}

std::optional<std::string> partition_value_text(const std::string& text, const DataType& type) {
  const Scalar value = scalar_from_text(type, text);
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  if (is_whole_number(type.kind)) {
    const auto number = std::get<int64_t>(value);
    const auto [least, most] = range_of(type.kind);
    return number < least || number > most ? std::nullopt : std::optional(std::to_string(number));
  }
  if (type.kind == TypeKind::date) return iso_date(std::get<int64_t>(value));
  if (type.kind == TypeKind::boolean) return std::get<bool>(value) ? "true" : "false";
  return text;
}

}  // namespace weir::lake
