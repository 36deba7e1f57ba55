#include "engine/duckdb/row_filters.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

class RowsLeft final : public DeleteFilter {
 public:
  RowsLeft(FilePtr file, const format::RowBitmap* deleted, std::shared_ptr<const RowSet> without, size_t number)
      : file_(std::move(file)), deleted_(deleted), without_(std::move(without)), number_(number) {}
  idx_t Filter(row_t start, idx_t count, SelectionVector& out) override {
    out.Initialize(STANDARD_VECTOR_SIZE);
    auto first = static_cast<uint64_t>(start);
    if (!deleted_) return without_->absent(number_, first, count, out.data());
    idx_t left = deleted_->absent(first, count, out.data());
    return without_ ? without_->keep_others(number_, first, out.data(), left) : left;
  }

 private:
  FilePtr file_;  // keeps the vector
  const format::RowBitmap* deleted_;
  std::shared_ptr<const RowSet> without_;
  size_t number_;
};

class RowsOnly final : public DeleteFilter {
 public:
  RowsOnly(std::shared_ptr<const RowSet> rows, size_t number) : rows_(std::move(rows)), number_(number) {}
  idx_t Filter(row_t start, idx_t count, SelectionVector& out) override {
    out.Initialize(STANDARD_VECTOR_SIZE);
    return rows_->present(number_, static_cast<uint64_t>(start), count, out.data());
  }

 private:
  std::shared_ptr<const RowSet> rows_;
  size_t number_;
};

class RowsWithin final : public DeleteFilter {
 public:
  RowsWithin(FilePtr within, const format::RowBitmap& changed, FilePtr file, const format::RowBitmap* unchanged)
      : within_(std::move(within)), changed_(changed), file_(std::move(file)), unchanged_(unchanged) {}
  idx_t Filter(row_t start, idx_t count, SelectionVector& out) override {
    out.Initialize(STANDARD_VECTOR_SIZE);
    const auto first = static_cast<uint64_t>(start);
    idx_t kept = 0;
    for (idx_t i = 0; i < count; ++i)
      if (changed_.contains(first + i) && !(unchanged_ && unchanged_->contains(first + i))) out.set_index(kept++, i);
    return kept;
  }

 private:
  FilePtr within_;  // these two keep the sets
  const format::RowBitmap& changed_;
  FilePtr file_;
  const format::RowBitmap* unchanged_;
};

}  // namespace

RowFilter rows_left(FilePtr file, const format::RowBitmap* deleted, std::shared_ptr<const RowSet> without,
                    size_t number) {
  return make_uniq<RowsLeft>(std::move(file), deleted, std::move(without), number);
}

RowFilter rows_only(std::shared_ptr<const RowSet> rows, size_t number) {
  return make_uniq<RowsOnly>(std::move(rows), number);
}

RowFilter rows_within(FilePtr within, const format::RowBitmap& changed, FilePtr file,
                      const format::RowBitmap* unchanged) {
  return make_uniq<RowsWithin>(std::move(within), changed, std::move(file), unchanged);
}

}  // namespace weir::engine::duck
