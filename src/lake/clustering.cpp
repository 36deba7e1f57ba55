#include "lake/clustering.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "lake/stats_columns.h"

namespace weir::lake {

namespace {

constexpr const char* columns_key = "clusteringColumns";
constexpr const char* liquid = "liquid";
constexpr const char* cube_id_tag = "ZCUBE_ID";
constexpr const char* cube_columns_tag = "ZCUBE_ZORDER_BY";

// As in the domain: names that data files use. The protocol's text has plain names, its writers lists of them.
std::vector<ColumnPath> physical_columns(const std::string& configuration) {
  std::vector<ColumnPath> columns;
  const Json domain = Json::parse(configuration);
  for (const auto& column : domain.at(columns_key).as_array()) {
    ColumnPath path;
    if (column.is_string()) path.push_back(column.as_string());
    if (column.is_array())
      for (const auto& part : column.as_array()) path.push_back(part.as_string());
    if (path.empty()) throw Error(ErrorCode::bad_log, "a clustering column has no name");
    columns.push_back(std::move(path));
  }
  return columns;
}

std::optional<ColumnPath> logical_column(const std::vector<Field>& fields, const ColumnPath& physical) {
  ColumnPath path;
  const auto* level = &fields;
  for (const auto& part : physical) {
    auto field = std::find_if(level->begin(), level->end(),
                              [&](const Field& candidate) { return iequals(candidate.physical_name(), part); });
    if (field == level->end()) return std::nullopt;
    path.push_back(field->name);
    level = &field->type.fields;
  }
  return path;
}

// Types whose least and greatest values statistics hold.
bool is_ordered(TypeKind kind) {
  switch (kind) {
    case TypeKind::byte:
    case TypeKind::short_:
    case TypeKind::integer:
    case TypeKind::long_:
    case TypeKind::float_:
    case TypeKind::double_:
    case TypeKind::decimal:
    case TypeKind::string:
    case TypeKind::date:
    case TypeKind::timestamp:
    case TypeKind::timestamp_ntz:
      return true;
    default:
      return false;
  }
}

bool is_plain_name(const std::string& name) {
  auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), plain);
}

[[noreturn]] void refuse_clustering(const std::string& message, const std::string& hint = {}) {
  throw Error(ErrorCode::sql_unsupported, message, hint);
}

std::optional<std::string> tag_of(const Add& add, const char* name) {
  if (!add.tags) return std::nullopt;
  auto tag = add.tags->find(name);
  return tag == add.tags->end() ? std::nullopt : std::optional(tag->second);
}

}  // namespace

std::vector<ColumnPath> clustering_columns(const Metadata& metadata, const Domains& domains) {
  auto domain = domains.find(clustering_domain);
  if (domain == domains.end() || domain->second.removed) return {};
  std::vector<ColumnPath> columns;
  try {
    for (const auto& physical : physical_columns(domain->second.configuration)) {
      auto column = logical_column(metadata.schema.fields, physical);
      if (!column) throw Error(ErrorCode::bad_log, fmt::format("there is no column {}", text_of(physical)));
      columns.push_back(std::move(*column));
    }
  } catch (const Error& error) {
    throw Error(ErrorCode::bad_log, fmt::format("the domain {} does not tell the columns by which the table is "
                                                "clustered: {}",
                                                clustering_domain, error.message()));
  }
  return columns;
}

void check_has_bounds(const Metadata& metadata, const ColumnPath& path, const std::string& purpose) {
  const Field& field = field_at(metadata, path);
  if (!is_ordered(field.type.kind))
    refuse_clustering(
        fmt::format("{} \"{}\" of type {}: files have no bounds for it", purpose, text_of(path), type_name(field.type)),
        "Numbers, texts, dates and times have bounds.");
  const auto known = stats_columns(metadata.schema, metadata.partition_columns, metadata.configuration);
  auto same = [&](const StatsColumn& column) { return column.field == &field; };
  if (std::none_of(known.begin(), known.end(), same))
    refuse_clustering(fmt::format("{} \"{}\": the table keeps no statistics of it", purpose, text_of(path)),
                      "Put it among the first 32 columns, or name it in the property delta.dataSkippingStatsColumns.");
}

DomainMetadata clustering_of(const Metadata& metadata, const std::vector<ColumnPath>& columns) {
  if (!columns.empty() && !metadata.partition_columns.empty())
    refuse_clustering("a table is partitioned or clustered, not both",
                      "Cluster by the partition columns as well instead.");
  if (columns.size() > max_clustering_columns)
    refuse_clustering(
        fmt::format("a table can be clustered by {} columns at most, not {}", max_clustering_columns, columns.size()));
  Json list = Json::array();
  std::vector<const Field*> seen;
  for (const auto& path : columns) {
    check_has_bounds(metadata, path, "the table cannot be clustered by");
    const Field& field = field_at(metadata, path);
    if (std::find(seen.begin(), seen.end(), &field) != seen.end())
      refuse_clustering(fmt::format("the table cannot be clustered by \"{}\" twice", text_of(path)));
    seen.push_back(&field);
    Json names = Json::array();
    ColumnPath so_far;
    for (const auto& part : path) {
      so_far.push_back(part);
      names.push_back(field_at(metadata, so_far).physical_name());
    }
    list.push_back(std::move(names));
  }
  return {clustering_domain, Json::object().set(columns_key, std::move(list)).dump(), false};
}

bool same_clustering(const DomainMetadata& a, const DomainMetadata& b) {
  if (a == b) return true;
  try {
    return a.removed == b.removed && physical_columns(a.configuration) == physical_columns(b.configuration);
  } catch (const Error&) {
    return false;
  }
}

std::optional<DomainMetadata> restored_clustering(const Domains& current, const Domains& target) {
  auto now = current.find(clustering_domain), then = target.find(clustering_domain);
  if (now == current.end()) return std::nullopt;  // a table that was never clustered later was not so before either
  if (then != target.end())
    return same_clustering(then->second, now->second) ? std::nullopt : std::optional(then->second);
  DomainMetadata none{clustering_domain, Json::object().set(columns_key, Json::array()).dump(), false};
  return same_clustering(none, now->second) ? std::nullopt : std::optional(none);
}

std::string text_of_column(const ColumnPath& path) {
  std::vector<std::string> parts;
  parts.reserve(path.size());
  for (const auto& part : path) parts.push_back(is_plain_name(part) ? part : "`" + replace_all(part, "`", "``") + "`");
  return join(parts, ".");
}

std::optional<Cube> cube_of(const Add& add) {
  if (add.clustering_provider != liquid) return std::nullopt;
  auto id = tag_of(add, cube_id_tag), columns = tag_of(add, cube_columns_tag);
  if (!id || !columns) return std::nullopt;
  Cube cube{*id, {}};
  try {
    const Json names = Json::parse(*columns);
    for (const auto& name : names.as_array()) cube.columns.push_back(name.as_string());
  } catch (const Error&) {
    return std::nullopt;  // tags may be passed over
  }
  return cube;
}

bool clustered_by_others(const Add& add) { return add.clustering_provider && *add.clustering_provider != liquid; }

void put_into_cube(Add& add, const Cube& cube) {
  add.clustering_provider = liquid;
  if (!add.tags) add.tags.emplace();
  (*add.tags)[cube_id_tag] = cube.id;
  (*add.tags)[cube_columns_tag] = Json::strings(cube.columns).dump();
}

}  // namespace weir::lake
