#include "lake/table_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "base/time.h"
#include "lake/universal_format.h"

namespace weir::lake {

namespace {

enum class PropertyKind { boolean, count, bytes, duration, text, isolation, mapping, policy, formats };

struct Property {
  const char* name;
  PropertyKind kind;
};

constexpr std::array<Property, 24> properties = {{
    {"delta.appendOnly", PropertyKind::boolean},
    {"delta.autoOptimize.autoCompact", PropertyKind::boolean},
    {"delta.checkpoint.writeStatsAsJson", PropertyKind::boolean},
    {"delta.checkpoint.writeStatsAsStruct", PropertyKind::boolean},
    {"delta.checkpointInterval", PropertyKind::count},
    {"delta.checkpointPolicy", PropertyKind::policy},
    {"delta.columnMapping.mode", PropertyKind::mapping},
    {"delta.dataSkippingNumIndexedCols", PropertyKind::count},
    {"delta.dataSkippingStatsColumns", PropertyKind::text},
    {"delta.deletedFileRetentionDuration", PropertyKind::duration},
    {"delta.enableChangeDataFeed", PropertyKind::boolean},
    {"delta.enableDeletionVectors", PropertyKind::boolean},
    {"delta.enableExpiredLogCleanup", PropertyKind::boolean},
    {"delta.enableIcebergCompatV2", PropertyKind::boolean},
    {"delta.enableIcebergCompatV3", PropertyKind::boolean},
    {"delta.enableInCommitTimestamps", PropertyKind::boolean},
    {"delta.enableRowTracking", PropertyKind::boolean},
    {"delta.enableTypeWidening", PropertyKind::boolean},
    {"delta.enableVariantShredding", PropertyKind::boolean},
    {"delta.isolationLevel", PropertyKind::isolation},
    {"delta.logRetentionDuration", PropertyKind::duration},
    {"delta.setTransactionRetentionDuration", PropertyKind::duration},
    {"delta.targetFileSize", PropertyKind::bytes},
    {universal_formats_property, PropertyKind::formats},
}};

const Property* find_property(const std::string& name) {
  for (const auto& property : properties)
    if (iequals(property.name, name)) return &property;
  return nullptr;
}

std::optional<std::string> one_of(const std::string& value, std::initializer_list<const char*> allowed) {
  for (const char* one : allowed)
    if (iequals(one, value)) return one;
  return std::nullopt;
}

// nullopt if the kind has no such value.
std::optional<std::string> checked(PropertyKind kind, const std::string& value) {
  switch (kind) {
    case PropertyKind::boolean:
      return one_of(value, {"true", "false"});
    case PropertyKind::count: {
      auto number = parse_int(value);
      return number && *number >= -1 ? std::optional(value) : std::nullopt;
    }
    case PropertyKind::bytes: {
      auto size = parse_bytes(value);
      return size && *size > 0 ? std::optional(value) : std::nullopt;
    }
    case PropertyKind::duration:
      return parse_duration_ms(value) ? std::optional(value) : std::nullopt;
    case PropertyKind::isolation:
      return one_of(value, {"Serializable", "WriteSerializable"});
    case PropertyKind::mapping:
      return one_of(value, {"none", "name", "id"});
    case PropertyKind::policy:
      return one_of(value, {"classic", "v2"});
    case PropertyKind::formats: {
      const auto formats = universal_formats(value);
      return formats ? std::optional(join(*formats, ",")) : std::nullopt;
    }
    case PropertyKind::text:
      return value;
  }
  return std::nullopt;
}

const char* wanted(PropertyKind kind) {
  switch (kind) {
    case PropertyKind::boolean:
      return "true or false";
    case PropertyKind::count:
      return "a whole number";
    case PropertyKind::bytes:
      return "a size, e.g. 128mb";
    case PropertyKind::duration:
      return "a duration, e.g. interval 7 days";
    case PropertyKind::isolation:
      return "Serializable or WriteSerializable";
    case PropertyKind::mapping:
      return "none, name or id";
    case PropertyKind::policy:
      return "classic or v2";
    case PropertyKind::formats:
      return "iceberg, hudi, or nothing";
    case PropertyKind::text:
      break;
  }
  return "any text";
}

}  // namespace

const std::vector<std::string>& property_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    all.reserve(properties.size());
    for (const auto& property : properties) all.emplace_back(property.name);
    return all;
  }();
  return names;
}

uint64_t target_file_bytes(const std::map<std::string, std::string>& configuration) {
  constexpr uint64_t otherwise = 128ull << 20;
  auto set = configuration.find("delta.targetFileSize");
  auto bytes = set == configuration.end() ? std::nullopt : parse_bytes(set->second);
  return bytes && *bytes > 0 ? static_cast<uint64_t>(*bytes) : otherwise;
}

bool is_constraint(std::string_view name) {
  return name.size() > constraint_prefix.size() && lower(name).starts_with(constraint_prefix);
}

std::string property_name(const std::string& name) {
  if (is_constraint(name)) return lower(name);
  if (const Property* property = find_property(name)) return property->name;
  if (!lower(name).starts_with("delta.") && name.find('.') != std::string::npos) return name;
  throw Error(ErrorCode::sql_unsupported,
              fmt::format("the table property \"{}\" is none that weir honours{}", valid_utf8(name),
                          did_you_mean(name, property_names())),
              "docs/delta-support.md lists them; a property of your own has a dot in its name: 'team.owner' = 'sales'");
}

std::string property_value(const std::string& name, const std::string& value) {
  const Property* property = find_property(name);
  if (!property) return value;
  if (auto good = checked(property->kind, std::string(trim(value)))) return *good;
  throw Error(ErrorCode::sql_unsupported, fmt::format("the table property {} takes {}, not \"{}\"", property->name,
                                                      wanted(property->kind), valid_utf8(value)));
}

}  // namespace weir::lake
