// A set of row positions in little memory, and its portable form (Roaring bitmap format specification, "Extension for
// 64-bit implementations"): what Delta's deletion vectors hold, and Iceberg's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::format {

class RowBitmap {
 public:
  // nullopt if the bytes are no such bitmap, with what is wrong in `problem`; bytes after it are wrong too, and more
  // than `most` rows (a few bytes can stand for very many).
  static std::optional<RowBitmap> parse(std::string_view portable, uint64_t most, std::string& problem);
  std::string serialize() const;  // runs where they are shorter

  bool add(uint64_t row);  // false if it was in the set
  void add_all(const RowBitmap& other);
  bool contains(uint64_t row) const;
  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  uint64_t last() const;  // the greatest row; the set must not be empty
  bool operator==(const RowBitmap& other) const;

  // Ascending.
  void each(const std::function<void(uint64_t row)>& visit) const;
  // Writes the offsets i of [0, count) for which start + i is not in the set, ascending; returns how many there are.
  size_t absent(uint64_t start, size_t count, uint32_t* offsets) const;

 private:
  static constexpr size_t words_per_chunk = 1024;
  static constexpr size_t longest_list = 4096;  // entries; as many bytes as the bits
  // The rows that share all but their lowest 16 bits: as a sorted list, or as 65,536 bits where the list would be
  // longer than those.
  struct Chunk {
    uint64_t key = 0;  // row >> 16
    uint32_t size = 0;
    std::vector<uint16_t> list;
    std::vector<uint64_t> bits;
    bool contains(uint16_t low) const;
    bool add(uint16_t low);
    void to_bits();
    void each(const std::function<void(uint16_t)>& visit) const;
  };
  const Chunk* find(uint64_t key) const;
  Chunk& at(uint64_t key);
  friend class BitmapReader;
  friend class BitmapWriter;

  std::vector<Chunk> chunks_;  // ascending by key
  uint64_t size_ = 0;
};

}  // namespace weir::format
