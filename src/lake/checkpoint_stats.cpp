#include "lake/checkpoint_stats.h"

#include <fmt/format.h>

#include <atomic>

#include "base/error.h"
#include "format/arrow_view.h"
#include "lake/stats_struct.h"

namespace weir::lake {

namespace {

using format::ArrowKind;
using format::ArrowView;

using TakeText = std::function<void(int64_t, std::string_view)>;
using TakeBounds = std::function<void(int64_t, const StatsTextReader::Found&)>;

const ParquetSelection::Path text_field = {"add", "stats"}, struct_field = {"add", "stats_parsed"},
                             size_field = {"add", "size"};

const ArrowView* column(const ArrowView& rows, size_t number) { return rows.find_field(std::to_string(number)); }

ParquetSelection::Path typed_path(std::string_view kind, const std::vector<std::string>& leaf) {
  ParquetSelection::Path path = struct_field;
  path.emplace_back(kind);
  path.insert(path.end(), leaf.begin(), leaf.end());
  return path;
}

std::optional<int64_t> count_at(const ArrowView* view, int64_t row) {
  if (!view || view->kind() != ArrowKind::integer || view->is_null(row)) return std::nullopt;
  const int64_t count = view->integer(row);
  return count < 0 ? std::nullopt : std::optional(count);
}

class PartStatistics final : public StatsSource {
 public:
  PartStatistics(CheckpointPart part, ParquetIo& parquet) : part_(std::move(part)), parquet_(parquet) {}

  void texts(const Rows& rows, const TakeText& take) const override {
    const auto stream_texts = [&](const ArrowView& batch, const ArrowView& positions) {
      const ArrowView *text = column(batch, 0), *parsed = column(batch, 1);
      if (text && text->kind() != ArrowKind::text && text->kind() != ArrowKind::binary)
        throw Error(ErrorCode::bad_parquet, fmt::format("checkpoint {}: add.stats must be text", part_.shown));
      for (int64_t row = 0; row < batch.size(); ++row) {
        if (text && !text->is_null(row))
          take(positions.integer(row), text->text(row));
        else if (parsed && !parsed->is_null(row))
          take(positions.integer(row), stats_text(*parsed, row).value_or(std::string()));
      }
    };
    each_batch(rows, {text_field, struct_field}, stream_texts);
  }

  void bounds(const Rows& rows, const std::vector<StatsLeaf>& leaves, const TakeBounds& take) const override {
    if (typed_bounds(rows, leaves, take)) return;
    scan(rows, {text_field}, [&](const ArrowView& batch, const ArrowView& positions) {
      StatsTextReader reader(leaves);
      const ArrowView* text = column(batch, 0);
      if (text->kind() != ArrowKind::text) return;
      for (int64_t row = 0; row < batch.size(); ++row)
        if (!text->is_null(row)) take(positions.integer(row), reader.read(text->text(row)));
    });
  }

 private:
  using Visit = std::function<void(const ArrowView& batch, const ArrowView& positions)>;

  // In order.
  void each_batch(const Rows& rows, std::vector<ParquetSelection::Path> fields, const Visit& visit) const {
    blame_part(part_.shown, [&] {
      auto stream = parquet_.select(*part_.store, part_.key, {std::move(fields), {}, rows});
      while (auto batch = stream ? stream->next() : std::nullopt) {
        const ArrowView all(stream->schema().c_schema(), batch->c_array());
        visit(all, *all.find_field("row"));
      }
    });
  }
  // In any order, by several threads; false if the part has none of the fields.
  bool scan(const Rows& rows, std::vector<ParquetSelection::Path> fields, const Visit& visit) const {
    bool any = false;
    blame_part(part_.shown, [&] {
      any = parquet_.scan(*part_.store, part_.key, {std::move(fields), {}, rows},
                          [&](const ArrowView& batch) { visit(batch, *batch.find_field("row")); });
    });
    return any;
  }

  // False if the part lacks one of the columns in its typed form, or if files of it have statistics as text only.
  bool typed_bounds(const Rows& rows, const std::vector<StatsLeaf>& leaves, const TakeBounds& take) const {
    std::vector<ParquetSelection::Path> fields = {size_field, {"add", "stats_parsed", "numRecords"}};
    for (const auto& leaf : leaves)
      for (std::string_view kind : {"minValues", "maxValues", "nullCount"})
        fields.push_back(typed_path(kind, leaf.path));
    std::atomic<bool> complete = true;
    const bool any = scan(rows, fields, [&](const ArrowView& batch, const ArrowView& positions) {
      if (complete && !(has_all(batch, leaves.size()) && take_typed(batch, positions, leaves, take))) complete = false;
    });
    return any && complete;
  }

  static bool has_all(const ArrowView& batch, size_t leaves) {
    bool all = column(batch, 1) != nullptr;
    for (size_t i = 0; i < leaves; ++i)
      all = all && (column(batch, 2 + 3 * i) || column(batch, 3 + 3 * i) || column(batch, 4 + 3 * i));
    return all;
  }

  static bool take_typed(const ArrowView& batch, const ArrowView& positions, const std::vector<StatsLeaf>& leaves,
                         const TakeBounds& take) {
    std::vector<const ArrowView*> columns;
    for (size_t i = 0; i < 2 + 3 * leaves.size(); ++i) columns.push_back(column(batch, i));
    bool complete = true;
    StatsTextReader::Found found;
    for (int64_t row = 0; row < batch.size(); ++row) {
      if (!columns[0] || columns[0]->is_null(row)) continue;  // no file
      found.num_records = count_at(columns[1], row).value_or(-1);
      complete = complete && found.num_records >= 0;
      found.bounds.assign(leaves.size(), ColumnBounds());
      for (size_t i = 0; i < leaves.size(); ++i) {
        auto& [min, max, null_count] = found.bounds[i];
        const ArrowView *low = columns[2 + 3 * i], *high = columns[3 + 3 * i];
        if (low) min = typed_scalar(leaves[i].field.type, *low, row);
        if (high) max = typed_scalar(leaves[i].field.type, *high, row);
        null_count = count_at(columns[4 + 3 * i], row);
        widen_bounds(leaves[i].field, found.bounds[i]);
      }
      take(positions.integer(row), found);
    }
    return complete;
  }

  CheckpointPart part_;
  ParquetIo& parquet_;
};

}  // namespace

std::shared_ptr<const StatsSource> statistics_of(const CheckpointPart& part, ParquetIo& parquet) {
  return std::make_shared<PartStatistics>(part, parquet);
}

}  // namespace weir::lake
