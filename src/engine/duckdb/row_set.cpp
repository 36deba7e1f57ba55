#include "engine/duckdb/row_set.h"

namespace weir::engine::duck {

using namespace duckdb;

RowSet::Inserted RowSet::insert(const std::vector<int64_t>& rowids) {
  Inserted inserted;
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < rowids.size(); ++i) {
    auto& bits = files_[static_cast<size_t>(rowids[i] >> row_bits)];
    auto row = static_cast<uint64_t>(rowids[i] & row_mask);
    if (row / 64 >= bits.words.size()) bits.words.resize(std::max<size_t>(row / 64 + 1, bits.words.size() * 2));
    auto bit = uint64_t{1} << (row % 64);
    if (bits.words[row / 64] & bit) {
      if (!inserted.first_repeat) inserted.first_repeat = i;
      continue;
    }
    bits.words[row / 64] |= bit;
    ++bits.count;
    ++inserted.fresh;
  }
  return inserted;
}

std::vector<size_t> RowSet::files() const {
  std::lock_guard lock(mutex_);
  std::vector<size_t> files;
  for (auto& [file, bits] : files_) files.push_back(file);
  return files;
}

int64_t RowSet::count(size_t file) const {
  std::lock_guard lock(mutex_);
  auto found = files_.find(file);
  return found == files_.end() ? 0 : found->second.count;
}

int64_t RowSet::size() const {
  std::lock_guard lock(mutex_);
  int64_t rows = 0;
  for (auto& [file, bits] : files_) rows += bits.count;
  return rows;
}

idx_t RowSet::select_others(size_t file, int64_t start, idx_t count, SelectionVector& out) const {
  std::lock_guard lock(mutex_);
  auto found = files_.find(file);
  idx_t kept = 0;
  for (idx_t i = 0; i < count; ++i) {
    auto row = static_cast<size_t>(start) + i;
    bool in = found != files_.end() && row / 64 < found->second.words.size() &&
              (found->second.words[row / 64] >> (row % 64) & 1) != 0;
    if (!in) out.set_index(kept++, i);
  }
  return kept;
}

}  // namespace weir::engine::duck
