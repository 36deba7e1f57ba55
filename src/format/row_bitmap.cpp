#include "format/row_bitmap.h"

#include <algorithm>
#include <bit>

namespace weir::format {

namespace {

constexpr size_t bits_per_chunk = 1 << 16;

uint64_t key_of(uint64_t row) { return row >> 16; }
uint16_t low_of(uint64_t row) { return static_cast<uint16_t>(row & 0xFFFF); }

}  // namespace

bool RowBitmap::Chunk::contains(uint16_t low) const {
  if (!bits.empty()) return (bits[low / 64] >> (low % 64) & 1) != 0;
  return std::binary_search(list.begin(), list.end(), low);
}

void RowBitmap::Chunk::to_bits() {
  bits.assign(words_per_chunk, 0);
  for (uint16_t low : list) bits[low / 64] |= uint64_t{1} << (low % 64);
  list = {};
}

bool RowBitmap::Chunk::add(uint16_t low) {
  if (bits.empty()) {
    auto place = list.empty() || list.back() < low ? list.end() : std::lower_bound(list.begin(), list.end(), low);
    if (place != list.end() && *place == low) return false;
    if (list.size() < longest_list) {
      list.insert(place, low);
      ++size;
      return true;
    }
    to_bits();
  }
  uint64_t bit = uint64_t{1} << (low % 64);
  if ((bits[low / 64] & bit) != 0) return false;
  bits[low / 64] |= bit;
  ++size;
  return true;
}

void RowBitmap::Chunk::each(const std::function<void(uint16_t)>& visit) const {
  for (uint16_t low : list) visit(low);
  for (size_t word = 0; word < bits.size(); ++word)
    for (uint64_t left = bits[word]; left != 0; left &= left - 1)
      visit(static_cast<uint16_t>(word * 64 + static_cast<size_t>(std::countr_zero(left))));
}

const RowBitmap::Chunk* RowBitmap::find(uint64_t key) const {
  auto found = std::lower_bound(chunks_.begin(), chunks_.end(), key,
                                [](const Chunk& chunk, uint64_t wanted) { return chunk.key < wanted; });
  return found != chunks_.end() && found->key == key ? &*found : nullptr;
}

RowBitmap::Chunk& RowBitmap::at(uint64_t key) {
  if (!chunks_.empty() && chunks_.back().key == key) return chunks_.back();
  auto found = std::lower_bound(chunks_.begin(), chunks_.end(), key,
                                [](const Chunk& chunk, uint64_t wanted) { return chunk.key < wanted; });
  if (found == chunks_.end() || found->key != key) {
    found = chunks_.insert(found, Chunk());
    found->key = key;
  }
  return *found;
}

bool RowBitmap::add(uint64_t row) {
  bool fresh = at(key_of(row)).add(low_of(row));
  if (fresh) ++size_;
  return fresh;
}

void RowBitmap::add_all(const RowBitmap& other) {
  for (const Chunk& chunk : other.chunks_) {
    Chunk& own = at(chunk.key);
    size_ -= own.size;
    chunk.each([&](uint16_t low) { own.add(low); });
    size_ += own.size;
  }
}

bool RowBitmap::contains(uint64_t row) const {
  const Chunk* chunk = find(key_of(row));
  return chunk && chunk->contains(low_of(row));
}

uint64_t RowBitmap::last() const {
  uint16_t low = 0;
  chunks_.back().each([&](uint16_t next) { low = next; });
  return chunks_.back().key << 16 | low;
}

bool RowBitmap::operator==(const RowBitmap& other) const {
  if (size_ != other.size_ || chunks_.size() != other.chunks_.size()) return false;
  for (size_t i = 0; i < chunks_.size(); ++i) {
    const Chunk &a = chunks_[i], &b = other.chunks_[i];
    if (a.key != b.key || a.size != b.size) return false;
    bool same = true;
    a.each([&](uint16_t low) { same = same && b.contains(low); });
    if (!same) return false;
  }
  return true;
}

void RowBitmap::each(const std::function<void(uint64_t)>& visit) const {
  for (const Chunk& chunk : chunks_) chunk.each([&](uint16_t low) { visit(chunk.key << 16 | low); });
}

size_t RowBitmap::absent(uint64_t start, size_t count, uint32_t* offsets) const {
  size_t kept = 0;
  for (size_t i = 0; i < count;) {
    uint64_t row = start + i;
    size_t here = std::min<size_t>(count - i, bits_per_chunk - low_of(row));  // rows of the same chunk
    const Chunk* chunk = find(key_of(row));
    size_t end = i + here;
    if (!chunk) {
      for (; i < end; ++i) offsets[kept++] = static_cast<uint32_t>(i);
    } else if (!chunk->bits.empty()) {
      for (; i < end; ++i) {
        uint16_t low = low_of(start + i);
        offsets[kept] = static_cast<uint32_t>(i);
        kept += static_cast<size_t>(~(chunk->bits[low / 64] >> (low % 64)) & 1);
      }
    } else {
      auto next = std::lower_bound(chunk->list.begin(), chunk->list.end(), low_of(row));
      for (; i < end; ++i) {
        if (next != chunk->list.end() && *next == low_of(start + i))
          ++next;
        else
          offsets[kept++] = static_cast<uint32_t>(i);
      }
    }
  }
  return kept;
}

}  // namespace weir::format
