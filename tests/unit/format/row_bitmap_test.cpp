#include "format/row_bitmap.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace weir::format {
namespace {

RowBitmap bitmap_of(const std::set<uint64_t>& rows) {
  RowBitmap bitmap;
  for (uint64_t row : rows) EXPECT_TRUE(bitmap.add(row));
  return bitmap;
}

std::set<uint64_t> rows_of(const RowBitmap& bitmap) {
  std::set<uint64_t> rows;
  bitmap.each([&](uint64_t row) { rows.insert(row); });
  return rows;
}

// Sparse, dense, in runs, across chunks and above 32 bits.
std::set<uint64_t> some_rows(std::mt19937& random) {
  std::set<uint64_t> rows;
  std::uniform_int_distribution<int> kind(0, 3);
  for (int part = 0; part < 4; ++part) {
    uint64_t base =
        std::uniform_int_distribution<uint64_t>(0, 5)(random) * 50'000 + (part == 3 ? uint64_t{3} << 33 : 0);
    switch (kind(random)) {
      case 0:
        for (int i = 0; i < 100; ++i) rows.insert(base + random() % 200'000);
        break;
      case 1:
        for (int i = 0; i < 60'000; ++i) rows.insert(base + random() % 70'000);
        break;
      case 2:
        for (uint64_t i = 0; i < 70'000; ++i) rows.insert(base + i);
        break;
      default:
        for (uint64_t i = 0; i < 100; ++i) rows.insert(base + (i / 10) * 1'000 + i % 10);
    }
  }
  return rows;
}

TEST(RowBitmap, holds_what_was_added) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    auto rows = some_rows(random);
    auto bitmap = bitmap_of(rows);
    EXPECT_EQ(bitmap.size(), rows.size());
    EXPECT_EQ(rows_of(bitmap), rows);
    EXPECT_EQ(bitmap.last(), *rows.rbegin());
    EXPECT_FALSE(bitmap.add(*rows.begin()));
    for (int i = 0; i < 1000; ++i) {
      uint64_t row = random() % 400'000;
      EXPECT_EQ(bitmap.contains(row), rows.count(row) == 1);
    }
  }
}

TEST(RowBitmap, comes_back_from_its_portable_form) {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    auto bitmap = bitmap_of(some_rows(random));
    std::string problem;
    auto read = RowBitmap::parse(bitmap.serialize(), bitmap.size(), problem);
    ASSERT_TRUE(read) << problem;
    EXPECT_EQ(*read, bitmap);
    EXPECT_EQ(read->serialize(), bitmap.serialize());
  }
}

// The bytes of the format's own definition, written out by hand.
TEST(RowBitmap, has_the_form_of_the_specification) {
  using namespace std::string_literals;
  EXPECT_EQ(RowBitmap().serialize(), "\0\0\0\0\0\0\0\0"s);
  EXPECT_EQ(bitmap_of({3, 7}).serialize(),
            "\1\0\0\0\0\0\0\0"
            "\0\0\0\0"
            "\x3a\x30\0\0"
            "\1\0\0\0"
            "\0\0"
            "\1\0"
            "\x10\0\0\0"
            "\3\0\7\0"s);
  std::set<uint64_t> run;
  for (uint64_t i = 10; i < 20; ++i) run.insert(i);
  EXPECT_EQ(bitmap_of(run).serialize(),
            "\1\0\0\0\0\0\0\0"
            "\0\0\0\0"
            "\x3b\x30\0\0"
            "\1"
            "\0\0"
            "\x9\0"
            "\1\0"
            "\xa\0\x9\0"s);
}

TEST(RowBitmap, absent_rows_are_those_that_are_not_in_it) {
  std::mt19937 random(3);
  auto rows = some_rows(random);
  auto bitmap = bitmap_of(rows);
  for (uint64_t start : {uint64_t{0}, uint64_t{65'000}, uint64_t{131'000}, uint64_t{3} << 33}) {
    std::vector<uint32_t> offsets(2048), wanted;
    for (uint32_t i = 0; i < 2048; ++i)
      if (!rows.count(start + i)) wanted.push_back(i);
    offsets.resize(bitmap.absent(start, 2048, offsets.data()));
    EXPECT_EQ(offsets, wanted);
  }
}

TEST(RowBitmap, add_all_is_the_union) {
  std::mt19937 random(4);
  auto a = some_rows(random), b = some_rows(random);
  auto bitmap = bitmap_of(a);
  bitmap.add_all(bitmap_of(b));
  a.insert(b.begin(), b.end());
  EXPECT_EQ(rows_of(bitmap), a);
  EXPECT_EQ(bitmap.size(), a.size());
}

TEST(RowBitmap, every_cut_is_an_error_and_no_flipped_bit_breaks_it) {
  std::set<uint64_t> rows{1, 2, 3, 4, 5, 70'000, 70'001, 200'000, uint64_t{1} << 32};
  std::string bytes = bitmap_of(rows).serialize(), problem;
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(RowBitmap::parse(bytes.substr(0, cut), 1'000, problem)) << cut;
    EXPECT_FALSE(problem.empty());
  }
  EXPECT_FALSE(RowBitmap::parse(bytes, rows.size() - 1, problem)) << "more rows than anybody said";
  EXPECT_FALSE(RowBitmap::parse(bytes + "x", 1'000, problem));
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      auto read = RowBitmap::parse(flipped, 1'000'000, problem);
      EXPECT_TRUE(!read || rows_of(*read).size() == read->size());
    }
  }
}

}  // namespace
}  // namespace weir::format
