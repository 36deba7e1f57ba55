// The portable form of a RowBitmap. All numbers are little-endian: the count of 32-bit bitmaps; for each its upper 32
// bits and itself: a cookie, the chunks' keys and sizes, their offsets, and the chunks as lists, bits or runs.
#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <span>
#include <utility>

#include "format/row_bitmap.h"

namespace weir::format {

namespace {

constexpr uint32_t cookie_without_runs = 12346, cookie_with_runs = 12347;
constexpr size_t offsets_from = 4;  // with runs, so few chunks have no table of offsets

}  // namespace

class BitmapReader {
 public:
  BitmapReader(std::string_view bytes, uint64_t most) : bytes_(bytes), most_(most) {}

  bool read(RowBitmap& bitmap, std::string& problem) {
    bool ok = all(bitmap) && (bytes_.empty() || fail(fmt::format("{} bytes too many", bytes_.size())));
    if (!ok) problem = problem_;
    return ok;
  }

 private:
  static constexpr size_t words_per_chunk = RowBitmap::words_per_chunk, longest_list = RowBitmap::longest_list;
  struct Entry {
    uint16_t key = 0;
    uint32_t size = 0;
    bool runs = false;
  };

  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool cut_off() { return fail("it is cut off"); }

  template <class Number>
  bool take(Number& number) {
    static_assert(std::endian::native == std::endian::little);
    if (bytes_.size() < sizeof(Number)) return cut_off();
    std::memcpy(&number, bytes_.data(), sizeof(Number));
    bytes_.remove_prefix(sizeof(Number));
    return true;
  }
  bool skip(size_t count) {
    if (bytes_.size() < count) return cut_off();
    bytes_.remove_prefix(count);
    return true;
  }

  bool all(RowBitmap& bitmap) {
    uint64_t count = 0;
    if (!take(count)) return false;
    int64_t before = -1;
    for (uint64_t i = 0; i < count; ++i) {
      uint32_t high = 0;
      if (!take(high)) return false;
      if (high <= before) return fail("its parts are not in order");
      before = high;
      if (!part(bitmap, high)) return false;
    }
    return true;
  }

  bool part(RowBitmap& bitmap, uint32_t high) {
    std::vector<Entry> entries;
    if (!header(entries)) return false;
    for (const Entry& entry : entries) {
      RowBitmap::Chunk chunk;
      chunk.key = uint64_t{high} << 16 | entry.key;
      chunk.size = entry.size;
      if (bitmap.size_ + entry.size > most_) return fail(fmt::format("it holds more than {} rows", most_));
      if (!(entry.runs ? runs(chunk) : entry.size <= longest_list ? list(chunk) : bits(chunk))) return false;
      bitmap.size_ += chunk.size;
      bitmap.chunks_.push_back(std::move(chunk));
    }
    return true;
  }

  bool header(std::vector<Entry>& entries) {
    uint32_t cookie = 0, count = 0;
    if (!take(cookie)) return false;
    bool with_runs = (cookie & 0xFFFF) == cookie_with_runs;
    if (with_runs)
      count = (cookie >> 16) + 1;
    else if (cookie != cookie_without_runs)
      return fail(fmt::format("it starts with {:#x}, no Roaring bitmap", cookie));
    else if (!take(count))
      return false;
    if (count > 1 << 16) return fail(fmt::format("it has {} chunks", count));
    std::string_view flags = bytes_;
    if (with_runs && !skip((count + 7) / 8)) return false;
    if (bytes_.size() / 4 < count) return cut_off();
    for (uint32_t i = 0; i < count; ++i) {
      Entry entry;
      uint16_t size_less_one = 0;
      if (!take(entry.key) || !take(size_less_one)) return false;
      entry.size = uint32_t{size_less_one} + 1;
      entry.runs = with_runs && (static_cast<uint8_t>(flags[i / 8]) >> (i % 8) & 1) != 0;
      if (!entries.empty() && entry.key <= entries.back().key) return fail("its chunks are not in order");
      entries.push_back(entry);
    }
    // Chunks follow each other, so where they start need not be looked up.
    return with_runs && count < offsets_from ? true : skip(size_t{4} * count);
  }

  bool list(RowBitmap::Chunk& chunk) {
    chunk.list.resize(chunk.size);
    for (uint32_t i = 0; i < chunk.size; ++i) {
      if (!take(chunk.list[i])) return false;
      if (i > 0 && chunk.list[i] <= chunk.list[i - 1]) return fail("a list of rows is not in order");
    }
    return true;
  }

  bool bits(RowBitmap::Chunk& chunk) {
    if (bytes_.size() < words_per_chunk * 8) return cut_off();
    chunk.bits.resize(words_per_chunk);
    std::memcpy(chunk.bits.data(), bytes_.data(), words_per_chunk * 8);
    bytes_.remove_prefix(words_per_chunk * 8);
    uint32_t set = 0;
    for (uint64_t word : chunk.bits) set += static_cast<uint32_t>(std::popcount(word));
    return set == chunk.size || fail(fmt::format("a chunk holds {} rows instead of {}", set, chunk.size));
  }

  bool runs(RowBitmap::Chunk& chunk) {
    uint16_t count = 0;
    if (!take(count)) return false;
    uint32_t wanted = std::exchange(chunk.size, 0);
    int64_t last = -1;
    for (uint16_t i = 0; i < count; ++i) {
      uint16_t start = 0, length_less_one = 0;
      if (!take(start) || !take(length_less_one)) return false;
      if (start <= last) return fail("its runs are not in order");
      last = int64_t{start} + length_less_one;
      if (last > 0xFFFF) return fail("a run is longer than its chunk");
      for (int64_t low = start; low <= last; ++low) chunk.add(static_cast<uint16_t>(low));
    }
    return chunk.size == wanted || fail(fmt::format("a chunk holds {} rows instead of {}", chunk.size, wanted));
  }

  std::string_view bytes_;
  uint64_t most_;
  std::string problem_;
};

class BitmapWriter {
 public:
  static std::string write(const RowBitmap& bitmap) {
    std::string out;
    std::vector<std::string> parts;
    const auto& chunks = bitmap.chunks_;
    for (size_t begin = 0; begin < chunks.size();) {
      size_t end = begin;
      while (end < chunks.size() && chunks[end].key >> 16 == chunks[begin].key >> 16) ++end;
      std::string part;
      put(part, static_cast<uint32_t>(chunks[begin].key >> 16));
      write_part(part, {chunks.data() + begin, end - begin});
      parts.push_back(std::move(part));
      begin = end;
    }
    put(out, uint64_t{parts.size()});
    for (const auto& part : parts) out += part;
    return out;
  }

 private:
  using Chunk = RowBitmap::Chunk;
  static constexpr size_t words_per_chunk = RowBitmap::words_per_chunk, longest_list = RowBitmap::longest_list;
  struct Run {
    uint16_t start = 0, length_less_one = 0;
  };

  template <class Number>
  static void put(std::string& out, Number number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }

  static std::vector<Run> runs_of(const Chunk& chunk) {
    std::vector<Run> runs;
    chunk.each([&](uint16_t low) {
      if (!runs.empty() && int{runs.back().start} + runs.back().length_less_one + 1 == low)
        ++runs.back().length_less_one;
      else
        runs.push_back({low, 0});
    });
    return runs;
  }

  struct Body {
    bool runs = false;
    std::string bytes;
  };
  static Body body_of(const Chunk& chunk) {
    Body body;
    auto runs = runs_of(chunk);
    size_t plain = chunk.size <= longest_list ? chunk.size * sizeof(uint16_t) : words_per_chunk * sizeof(uint64_t);
    body.runs = sizeof(uint16_t) + runs.size() * sizeof(Run) < plain;
    if (body.runs) {
      put(body.bytes, static_cast<uint16_t>(runs.size()));
      for (const Run& run : runs) {
        put(body.bytes, run.start);
        put(body.bytes, run.length_less_one);
      }
    } else if (chunk.size <= longest_list) {
      chunk.each([&](uint16_t low) { put(body.bytes, low); });
    } else {
      for (uint64_t word : chunk.bits) put(body.bytes, word);
    }
    return body;
  }

  static void write_part(std::string& out, std::span<const Chunk> chunks) {
    std::vector<Body> bodies;
    bool with_runs = false;
    for (const Chunk& chunk : chunks) {
      bodies.push_back(body_of(chunk));
      with_runs = with_runs || bodies.back().runs;
    }
    size_t start = out.size();
    if (with_runs) {
      put(out, static_cast<uint32_t>(cookie_with_runs | (chunks.size() - 1) << 16));
      std::string flags((chunks.size() + 7) / 8, '\0');
      for (size_t i = 0; i < bodies.size(); ++i)
        if (bodies[i].runs) flags[i / 8] = static_cast<char>(static_cast<uint8_t>(flags[i / 8]) | 1U << (i % 8));
      out += flags;
    } else {
      put(out, cookie_without_runs);
      put(out, static_cast<uint32_t>(chunks.size()));
    }
    for (const Chunk& chunk : chunks) {
      put(out, static_cast<uint16_t>(chunk.key & 0xFFFF));
      put(out, static_cast<uint16_t>(chunk.size - 1));
    }
    if (!with_runs || chunks.size() >= offsets_from) {
      size_t at = out.size() - start + sizeof(uint32_t) * chunks.size();
      for (const Body& body : bodies) {
        put(out, static_cast<uint32_t>(at));
        at += body.bytes.size();
      }
    }
    for (const Body& body : bodies) out += body.bytes;
  }
};

std::optional<RowBitmap> RowBitmap::parse(std::string_view portable, uint64_t most, std::string& problem) {
  RowBitmap bitmap;
  if (!BitmapReader(portable, most).read(bitmap, problem)) return std::nullopt;
  return bitmap;
}

std::string RowBitmap::serialize() const { return BitmapWriter::write(*this); }

}  // namespace weir::format
