#include "lake/predicate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "lake/bounds_column.h"
#include "lake/evidence.h"

namespace weir::lake {

namespace {

constexpr size_t cut_characters = 32;
constexpr int64_t below_millisecond_us = 999;

}  // namespace

Scalar scalar_from_json(const DataType& type, const Json& json) {
  if (type.kind == TypeKind::binary) return {};  // no writer agrees with another on its form
  if (json.is_string()) return scalar_from_text(type, json.as_string());
  if (json.is_bool()) return type.kind == TypeKind::boolean ? Scalar(json.as_bool()) : Scalar();
  if (!json.is_number()) return {};
  switch (type.kind) {
    case TypeKind::long_:
    case TypeKind::integer:
    case TypeKind::short_:
    case TypeKind::byte:
      return json.is_int() ? Scalar(json.as_int()) : Scalar();
    case TypeKind::float_:
    case TypeKind::double_:
      return json.as_double();
    case TypeKind::decimal:
      return scalar_from_text(type, json.dump());
    default:
      return {};
  }
}

namespace {

size_t character_count(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Files from before the column was widened to double have bounds of floats.
bool was_float(const Field& field) {
  const Json* changes = field.metadata.find("delta.typeChanges");
  if (!changes || !changes->is_array()) return false;
  const auto& list = changes->as_array();
  return std::any_of(list.begin(), list.end(), [](const Json& change) {
    const Json* from = change.find("fromType");
    return from && from->is_string() && from->as_string() == "float";
  });
}

}  // namespace

void widen_bounds(const Field& field, ColumnBounds& bounds) {
  const DataType& type = field.type;
  if (type.kind == TypeKind::timestamp || type.kind == TypeKind::timestamp_ntz) {
    // Cut to milliseconds: downwards, or before 1970 towards zero.
    if (auto* max = std::get_if<int64_t>(&bounds.max); max && *max <= std::numeric_limits<int64_t>::max() - 999)
      *max += below_millisecond_us;
    if (auto* min = std::get_if<int64_t>(&bounds.min);
        min && *min < 0 && *min > std::numeric_limits<int64_t>::min() + 999)
      *min -= below_millisecond_us;
  }
  if (auto* max = std::get_if<std::string>(&bounds.max);
      max && type.kind == TypeKind::string && character_count(*max) >= cut_characters)
    *max += "\xF4\x8F\xBF\xBF";
  // 0.1 in a float column is the float nearest to 0.1.
  if (type.kind == TypeKind::float_)
    for (Scalar* bound : {&bounds.min, &bounds.max})
      if (auto* value = std::get_if<double>(bound)) *value = static_cast<double>(static_cast<float>(*value));
  if (type.kind == TypeKind::double_ && was_float(field)) {
    auto nearest = [](double value) { return static_cast<double>(static_cast<float>(value)); };
    if (auto* min = std::get_if<double>(&bounds.min)) *min = std::min(*min, nearest(*min));
    if (auto* max = std::get_if<double>(&bounds.max)) *max = std::max(*max, nearest(*max));
  }
}

namespace {

const Json* nested(const Json* object, const std::string& name) { return object ? object->find(name) : nullptr; }

void read_columns(const Schema& schema, const std::vector<Field>& fields, const std::string& parent, const Json* min,
                  const Json* max, const Json* nulls, FileStats& stats) {
  for (const auto& field : fields) {
    std::string name = parent.empty() ? field.name : parent + "." + field.name;
    const std::string& stored = field.physical_name();
    const Json *low = nested(min, stored), *high = nested(max, stored), *null = nested(nulls, stored);
    if (field.type.kind == TypeKind::struct_) {
      read_columns(schema, field.type.fields, name, low, high, null, stats);
      continue;
    }
    if (!low && !high && !null) continue;
    if (!parent.empty() && schema.find_leaf(name) != &field) continue;  // another column is called so: "a.b" beside a.b
    ColumnBounds bounds;
    if (low && field.type.is_primitive()) bounds.min = scalar_from_json(field.type, *low);
    if (high && field.type.is_primitive()) bounds.max = scalar_from_json(field.type, *high);
    if (null && null->is_int() && null->as_int() >= 0) bounds.null_count = null->as_int();
    widen_bounds(field, bounds);
    stats.columns[name] = std::move(bounds);
  }
}

void read_stats_text(std::string_view text, const Metadata& metadata, FileStats& stats) {
  if (text.empty()) return;
  try {
    Json json = Json::parse(text);
    const Json* records = json.find("numRecords");
    if (records && records->is_int() && records->as_int() >= 0) stats.num_records = records->as_int();
    const Json* tight = json.find("tightBounds");
    stats.tight_bounds = !tight || !tight->is_bool() || tight->as_bool();
    read_columns(metadata.schema, metadata.schema.fields, {}, json.find("minValues"), json.find("maxValues"),
                 json.find("nullCount"), stats);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    stats = FileStats();
  }
}

void read_partition_values(const PartitionValues& values, const Metadata& metadata, FileStats& stats) {
  for (const auto& column : metadata.partition_columns) {
    const Field* field = metadata.schema.find(column);
    if (!field) continue;
    auto found = values.find(field->physical_name());
    if (found == values.end()) continue;
    ColumnBounds bounds;
    if (found->second && !found->second->empty()) {
      bounds.min = bounds.max = scalar_from_text(field->type, *found->second);
      bounds.null_count = 0;
    } else if (stats.num_records) {
      bounds.null_count = stats.num_records;
    }
    stats.columns[field->name] = std::move(bounds);
  }
}

bool excludes_comparison(const Condition& condition, const DataType& type, const Evidence& evidence) {
  if (evidence.all_null) return true;
  auto low = compare_scalars(condition.value, evidence.bounds.min, type);
  auto high = compare_scalars(condition.value, evidence.bounds.max, type);
  // A maximum that leaves NaN out still bounds what a number can equal.
  const auto* number = std::get_if<double>(&condition.value);
  bool equals_number = condition.compare == Compare::equal && !(number && std::isnan(*number));
  if (!evidence.max_believed && !equals_number) high.reset();
  switch (condition.compare) {
    case Compare::equal:
      return (low && *low < 0) || (high && *high > 0);
    case Compare::less:
      return low && *low <= 0;
    case Compare::less_equal:
      return low && *low < 0;
    case Compare::greater:
      return high && *high >= 0;
    case Compare::greater_equal:
      return high && *high > 0;
    case Compare::not_equal:
      return evidence.exact && low && high && *low == 0 && *high == 0;
    default:
      return false;
  }
}

}  // namespace

bool is_partition_column(const Metadata& metadata, std::string_view column) {
  return std::any_of(metadata.partition_columns.begin(), metadata.partition_columns.end(),
                     [&](const auto& partition) { return iequals(partition, column); });
}

std::optional<Evidence> evidence_of_partition(const Field& field, const std::optional<std::string>* value) {
  if (!value) return std::nullopt;
  Evidence evidence;
  evidence.exact = true;
  evidence.all_null = !*value || (*value)->empty();
  if (!evidence.all_null) {
    evidence.bounds.min = evidence.bounds.max = scalar_from_text(field.type, **value);
    evidence.bounds.null_count = 0;
  }
  return evidence;
}

Evidence evidence_of_statistics(const Field& field, ColumnBounds bounds, std::optional<int64_t> num_records,
                                bool nan_checked) {
  Evidence evidence;
  evidence.all_null = num_records && bounds.null_count && *bounds.null_count == *num_records;
  evidence.bounds = std::move(bounds);
  bool real = field.type.kind == TypeKind::float_ || field.type.kind == TypeKind::double_;
  evidence.max_believed = !real || nan_checked;
  evidence.exact = field.type.kind == TypeKind::long_ || field.type.kind == TypeKind::integer ||
                   field.type.kind == TypeKind::short_ || field.type.kind == TypeKind::byte ||
                   field.type.kind == TypeKind::date;
  return evidence;
}

bool excludes(const Condition& condition, const DataType& type, const Evidence& evidence) {
  if (condition.compare == Compare::is_null) return evidence.bounds.null_count == 0;
  if (condition.compare == Compare::is_not_null) return evidence.all_null;
  if (std::holds_alternative<std::monostate>(condition.value)) return false;
  return excludes_comparison(condition, type, evidence);
}

namespace {

// One file as conditions see it; its statistics are read only if a condition asks for more than partition values.
class FileView {
 public:
  FileView(const PartitionValues& values, std::string_view stats, bool nan_checked, const Metadata& metadata)
      : values_(values), stats_text_(stats), nan_checked_(nan_checked), metadata_(metadata) {}

  bool excluded_by(const Condition& condition) {
    const Field* field = metadata_.schema.find_leaf(condition.column);
    if (!field || !field->type.is_primitive()) return false;
    auto evidence = is_partition_column(metadata_, condition.column) ? partition_evidence(*field)
                                                                     : stats_evidence(condition.column, *field);
    return evidence && excludes(condition, field->type, *evidence);
  }

 private:
  std::optional<Evidence> partition_evidence(const Field& field) const {
    for (const auto& [name, value] : values_)
      if (iequals(name, field.physical_name())) return evidence_of_partition(field, &value);
    return std::nullopt;
  }

  std::optional<Evidence> stats_evidence(const std::string& column, const Field& field) {
    if (!stats_) {
      stats_.emplace();
      read_stats_text(stats_text_, metadata_, *stats_);
    }
    for (const auto& [name, bounds] : stats_->columns)
      if (iequals(name, column)) return evidence_of_statistics(field, bounds, stats_->num_records, nan_checked_);
    return std::nullopt;
  }

  const PartitionValues& values_;
  std::string_view stats_text_;
  bool nan_checked_;
  const Metadata& metadata_;
  std::optional<FileStats> stats_;
};

bool may_match(FileView file, const Predicate& predicate) {
  for (const auto& any : predicate.all_of_any)
    if (std::all_of(any.begin(), any.end(), [&](const Condition& condition) { return file.excluded_by(condition); }))
      return false;
  return true;
}

}  // namespace

FileStats parse_stats(const Add& add, const Metadata& metadata) {
  FileStats stats;
  if (add.stats) read_stats_text(*add.stats, metadata, stats);
  read_partition_values(add.partition_values, metadata, stats);
  return stats;
}

bool may_match(const Add& add, const Metadata& metadata, const Predicate& predicate) {
  bool nan_checked = add.tags && add.tags->contains(nan_checked_tag);
  std::string_view stats = add.stats ? std::string_view(*add.stats) : std::string_view();
  return may_match(FileView(add.partition_values, stats, nan_checked, metadata), predicate);
}

}  // namespace weir::lake
