#include "checks/table_statistics.h"

#include <set>

#include "base/text.h"

namespace weir::checks {

namespace {

// A < B for bounds of one column; nullopt if they are not of one kind.
std::optional<bool> less(const lake::Scalar& a, const lake::Scalar& b, const lake::DataType& type) {
  if (a.index() != b.index()) return std::nullopt;
  if (type.kind == lake::TypeKind::decimal) {
    const auto *left = std::get_if<std::string>(&a), *right = std::get_if<std::string>(&b);
    if (left == nullptr || right == nullptr) return std::nullopt;
    std::optional<double> x = parse_double(*left), y = parse_double(*right);
    if (!x || !y) return std::nullopt;
    return *x < *y;
  }
  return a < b;
}

void widen(lake::Scalar& bound, const lake::Scalar& other, const lake::DataType& type, bool lower_bound) {
  std::optional<bool> other_is_less = less(other, bound, type);
  if (!other_is_less) {
    bound = std::monostate{};
  } else if (*other_is_less == lower_bound) {
    bound = other;
  }
}

// Adds the files one by one. A column whose values in some file have no known bounds has none.
class Sum {
 public:
  explicit Sum(const lake::Schema& schema) {
    for (const lake::Field& field : schema.fields) {
      if (field.type.is_primitive()) columns_[field.name].statistics = {field.type, 0, {}, {}};
    }
  }

  void add(const lake::Add& file, const lake::Metadata& metadata) {
    lake::FileStats stats = lake::parse_stats(file, metadata);
    bool exact = !file.deletion_vector && stats.num_records;
    if (!exact) rows_.reset();
    if (rows_) *rows_ += *stats.num_records;
    for (auto& [name, column] : columns_) {
      auto found = stats.columns.find(name);
      add_column(column, found == stats.columns.end() ? nullptr : &found->second, exact, stats);
    }
  }

  TableStatistics result() const {
    TableStatistics table;
    table.row_count = rows_;
    for (const auto& [name, column] : columns_) {
      ColumnStatistics statistics = column.statistics;
      if (column.unbounded) statistics.min = statistics.max = std::monostate{};
      table.columns[lower(name)] = statistics;
    }
    return table;
  }

 private:
  struct Column {
    ColumnStatistics statistics;
    bool seen = false;       // some file gave bounds
    bool unbounded = false;  // some file's values have no known bounds
  };

  static void add_column(Column& column, const lake::ColumnBounds* bounds, bool exact, const lake::FileStats& stats) {
    ColumnStatistics& sum = column.statistics;
    bool counted = bounds != nullptr && bounds->null_count && exact && stats.tight_bounds;
    if (!counted) sum.null_count.reset();
    if (sum.null_count) *sum.null_count += *bounds->null_count;
    bool no_values = exact && (*stats.num_records == 0 || (counted && *bounds->null_count == *stats.num_records));
    if (no_values) return;
    if (bounds == nullptr) {
      column.unbounded = true;
    } else if (!column.seen) {
      column.seen = true;
      sum.min = bounds->min;
      sum.max = bounds->max;
    } else {
      widen(sum.min, bounds->min, sum.type, true);
      widen(sum.max, bounds->max, sum.type, false);
    }
  }

  std::optional<int64_t> rows_ = 0;
  std::map<std::string, Column> columns_;
};

}  // namespace

TableStatistics table_statistics(const lake::Snapshot* base, const lake::CommitDraft* draft) {
  const lake::Metadata* metadata = base != nullptr ? &base->metadata() : nullptr;
  std::set<std::string> removed;
  std::vector<const lake::Add*> added;
  bool gone_vectors = false;
  if (draft != nullptr) {
    for (const lake::Action& action : draft->actions) {
      if (const auto* newer = std::get_if<lake::Metadata>(&action)) metadata = newer;
      if (const auto* add = std::get_if<lake::Add>(&action)) added.push_back(add);
      if (const auto* remove = std::get_if<lake::Remove>(&action)) {
        removed.insert(remove->path);
        gone_vectors |= remove->deletion_vector.has_value();
      }
    }
  }
  if (metadata == nullptr) return {};
  // Of mapped columns the rows are asked; a removed vector leaves its file in the table.
  if (metadata->column_mapping() != lake::ColumnMapping::none || gone_vectors) return {};
  Sum sum(metadata->schema);
  if (base != nullptr) {
    for (const lake::Add& file : base->files()) {
      if (!removed.contains(file.path)) sum.add(file, *metadata);
    }
  }
  for (const lake::Add* file : added) sum.add(*file, *metadata);
  return sum.result();
}

}  // namespace weir::checks
