#include "lake/bounds_column.h"

#include "base/text.h"

namespace weir::lake {

namespace {

bool is_whole(TypeKind kind) {
  switch (kind) {
    case TypeKind::long_:
    case TypeKind::integer:
    case TypeKind::short_:
    case TypeKind::byte:
    case TypeKind::date:
    case TypeKind::timestamp:
    case TypeKind::timestamp_ntz:
      return true;
    default:
      return false;
  }
}

// The fields on the way to the field that find_leaf() gives.
bool path_to(const std::vector<Field>& fields, const Field* leaf, std::vector<std::string>& path) {
  for (const auto& field : fields) {
    path.push_back(field.physical_name());
    if (&field == leaf) return true;
    if (field.type.kind == TypeKind::struct_ && path_to(field.type.fields, leaf, path)) return true;
    path.pop_back();
  }
  return false;
}

}  // namespace

std::string StatsLeaf::key() const {
  std::string key = type_name(field.type) + field.metadata.dump();
  for (const auto& name : path) key += '\0' + name;
  return key;
}

std::optional<StatsLeaf> stats_leaf(const Schema& schema, std::string_view column) {
  const Field* field = schema.find_leaf(column);
  if (!field || !field->type.is_primitive()) return std::nullopt;
  StatsLeaf leaf{{}, *field};
  path_to(schema.fields, field, leaf.path);
  return leaf;
}

BoundsColumn::BoundsColumn(const DataType& type, size_t rows)
    : whole_(is_whole(type.kind)), flags_(rows), null_counts_(rows) {
  mins_.resize(whole_ ? rows : 0);
  maxs_.resize(whole_ ? rows : 0);
  other_mins_.resize(whole_ ? 0 : rows);
  other_maxs_.resize(whole_ ? 0 : rows);
}

void BoundsColumn::set(size_t row, ColumnBounds bounds) {
  uint8_t flags = 0;
  if (bounds.null_count) {
    null_counts_[row] = *bounds.null_count;
    flags |= nulls_known;
  }
  const auto keep = [&](Scalar& bound, uint8_t flag, std::vector<int64_t>& wholes, std::vector<Scalar>& others) {
    if (std::holds_alternative<std::monostate>(bound)) return;
    const auto* whole = std::get_if<int64_t>(&bound);
    if (whole_ && !whole) return;
    if (whole_)
      wholes[row] = *whole;
    else
      others[row] = std::move(bound);
    flags |= flag;
  };
  keep(bounds.min, min_known, mins_, other_mins_);
  keep(bounds.max, max_known, maxs_, other_maxs_);
  flags_[row] = flags;
}

ColumnBounds BoundsColumn::at(size_t row) const {
  ColumnBounds bounds;
  if (has_min(row)) bounds.min = whole_ ? Scalar(mins_[row]) : other_mins_[row];
  if (has_max(row)) bounds.max = whole_ ? Scalar(maxs_[row]) : other_maxs_[row];
  if ((flags_[row] & nulls_known) != 0) bounds.null_count = null_counts_[row];
  return bounds;
}

}  // namespace weir::lake
