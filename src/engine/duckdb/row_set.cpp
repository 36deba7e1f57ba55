#include "engine/duckdb/row_set.h"

namespace weir::engine::duck {

RowSet::Inserted RowSet::insert(const std::vector<int64_t>& rowids) {
  Inserted inserted;
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < rowids.size(); ++i) {
    auto& rows = files_[static_cast<size_t>(rowids[i] >> row_bits)];
    if (rows.add(static_cast<uint64_t>(rowids[i] & row_mask)))
      ++inserted.fresh;
    else if (!inserted.first_repeat)
      inserted.first_repeat = i;
  }
  return inserted;
}

void RowSet::clear() {
  std::lock_guard lock(mutex_);
  files_.clear();
}

std::vector<size_t> RowSet::files() const {
  std::lock_guard lock(mutex_);
  std::vector<size_t> files;
  for (auto& [file, rows] : files_) files.push_back(file);
  return files;
}

int64_t RowSet::count(size_t file) const {
  std::lock_guard lock(mutex_);
  auto found = files_.find(file);
  return found == files_.end() ? 0 : static_cast<int64_t>(found->second.size());
}

format::RowBitmap RowSet::rows(size_t file) const {
  std::lock_guard lock(mutex_);
  auto found = files_.find(file);
  return found == files_.end() ? format::RowBitmap() : found->second;
}

int64_t RowSet::size() const {
  std::lock_guard lock(mutex_);
  int64_t all = 0;
  for (auto& [file, rows] : files_) all += static_cast<int64_t>(rows.size());
  return all;
}

size_t RowSet::absent(size_t file, uint64_t start, size_t count, uint32_t* offsets) const {
  static const format::RowBitmap none;
  std::lock_guard lock(mutex_);
  auto found = files_.find(file);
  return (found == files_.end() ? none : found->second).absent(start, count, offsets);
}

size_t RowSet::present(size_t file, uint64_t start, size_t count, uint32_t* offsets) const {
  std::lock_guard lock(mutex_);
  auto found = files_.find(file);
  if (found == files_.end()) return 0;
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    if (found->second.contains(start + i)) offsets[kept++] = static_cast<uint32_t>(i);
  }
  return kept;
}

size_t RowSet::keep_others(size_t file, uint64_t start, uint32_t* offsets, size_t count) const {
  std::lock_guard lock(mutex_);
  auto found = files_.find(file);
  if (found == files_.end()) return count;
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!found->second.contains(start + offsets[i])) offsets[kept++] = offsets[i];
  }
  return kept;
}

}  // namespace weir::engine::duck
