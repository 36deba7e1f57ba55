// Deletion vectors: where they are, what they hold, and what is said of damaged ones.
#include "lake/deletion_vector.h"

#include "base/hash.h"
#include "lake/restore.h"
#include "lake/table_gc.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

std::string big_endian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

std::string z85(std::string bytes) {
  constexpr std::string_view digits =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  while (bytes.size() % 4 != 0) bytes += '\0';
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 4) {
    uint64_t number = 0;
    for (size_t j = 0; j < 4; ++j) number = number << 8 | static_cast<unsigned char>(bytes[i + j]);
    std::string five;
    for (int j = 0; j < 5; ++j, number /= 85) five.insert(five.begin(), digits[number % 85]);
    text += five;
  }
  return text;
}

// What an object or an inline text holds.
std::string data_of(const std::vector<uint64_t>& rows) {
  format::RowBitmap bitmap;
  for (uint64_t row : rows) bitmap.add(row);
  return "\xd1\xd3\x39\x64" + bitmap.serialize();
}

std::vector<uint64_t> rows_of(const format::RowBitmap& bitmap) {
  std::vector<uint64_t> rows;
  bitmap.each([&](uint64_t row) { rows.push_back(row); });
  return rows;
}

class DeletionVectorTest : public TableTest {
 protected:
  const std::string uuid_bytes = "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef";
  const std::string name = "deletion_vector_01234567-89ab-cdef-0123-456789abcdef.bin";
  const std::string data = data_of({0, 5, 70'000});

  DeletionVector stored(const std::string& prefix = {}) {
    return {"u", prefix + z85(uuid_bytes), 1, static_cast<int64_t>(data.size()), 3};
  }
  void put(const std::string& key, const std::string& bytes) { store->put(table.key(key), bytes); }
  std::string whole() {
    return "\x01" + big_endian(static_cast<uint32_t>(data.size())) + data + big_endian(crc32_of(data));
  }
  std::string problem(const DeletionVector& vector, ErrorCode code = ErrorCode::bad_deletion_vector) {
    std::string message;
    EXPECT_EQ(code_of([&] { read_deletion_vector(table, vector); }, &message), code);
    return message;
  }
};

TEST_F(DeletionVectorTest, is_read_from_its_object) {
  put(name, whole());
  EXPECT_EQ(deletion_vector_key(table, stored()), table.key(name));
  EXPECT_EQ(rows_of(read_deletion_vector(table, stored())), (std::vector<uint64_t>{0, 5, 70'000}));
  put("ab/" + name, whole());
  EXPECT_EQ(deletion_vector_key(table, stored("ab")), table.key("ab/" + name));
  EXPECT_EQ(read_deletion_vector(table, stored("ab")).size(), 3U);
}

TEST_F(DeletionVectorTest, what_is_written_is_read_again) {
  std::vector<format::RowBitmap> sets(3);
  for (uint64_t row : {0ull, 5ull, 70'000ull}) sets[0].add(row);
  for (uint64_t row = 0; row < 200'000; row += 2) sets[1].add(row);
  sets[2].add((1ull << 32) + 7);
  const std::string uuid = "01234567-89ab-cdef-0123-456789abcdef";
  for (std::string prefix : {"", "12"}) {
    auto file = write_deletion_vectors(sets, prefix, uuid);
    EXPECT_EQ(file.key, (prefix.empty() ? "" : prefix + "/") + name);
    EXPECT_EQ(uuid_of_deletion_vectors(table.key(file.key)), uuid);
    put(file.key, file.bytes);
    ASSERT_EQ(file.vectors.size(), 3u);
    EXPECT_EQ(file.vectors[0].path_or_inline_dv, prefix + z85(uuid_bytes));
    for (size_t i = 0; i < sets.size(); ++i) {
      EXPECT_EQ(deletion_vector_key(table, file.vectors[i]), table.key(file.key));
      EXPECT_EQ(read_deletion_vector(table, file.vectors[i]), sets[i]);
    }
  }
  EXPECT_EQ(uuid_of_deletion_vectors("x/deletion_vector_1.bin"), "");
  EXPECT_EQ(uuid_of_deletion_vectors("x/" + uuid + ".bin"), "");
}

TEST_F(DeletionVectorTest, may_share_its_object) {
  const std::string other = data_of({1});
  put(name, whole() + big_endian(static_cast<uint32_t>(other.size())) + other + big_endian(crc32_of(other)));
  DeletionVector second = stored();
  second.offset = static_cast<int64_t>(whole().size());
  second.size_bytes = static_cast<int64_t>(other.size());
  second.cardinality = 1;
  EXPECT_EQ(rows_of(read_deletion_vector(table, second)), (std::vector<uint64_t>{1}));
}

TEST_F(DeletionVectorTest, may_be_inline) {
  DeletionVector vector{"i", z85(data), std::nullopt, static_cast<int64_t>(data.size()), 3};
  EXPECT_EQ(deletion_vector_key(table, vector), std::nullopt);
  EXPECT_EQ(read_deletion_vector(table, vector).size(), 3U);
  vector.path_or_inline_dv.pop_back();
  problem(vector);
}

TEST_F(DeletionVectorTest, its_frame_is_the_same_wherever_it_is) {
  const DeletionVector vector{"i", z85(data), std::nullopt, static_cast<int64_t>(data.size()), 3};
  put(name, whole());
  EXPECT_EQ(deletion_vector_frame(table, stored()), whole().substr(1));
  EXPECT_EQ(deletion_vector_frame(table, vector), whole().substr(1));
  DeletionVector other = vector;
  other.cardinality = 4;
  EXPECT_EQ(code_of([&] { deletion_vector_frame(table, other); }), ErrorCode::bad_deletion_vector);
}

// As delta-kernel writes them.
TEST_F(DeletionVectorTest, bytes_that_the_last_group_lacks_may_be_marked) {
  const std::string text = "^Bg9^0rr910000000000iXQKl0rr91000005c8Xg##093";
  DeletionVector vector{"i", text, std::nullopt, 34, 1};
  EXPECT_EQ(rows_of(read_deletion_vector(table, vector)), (std::vector<uint64_t>{3}));
  for (const std::string last : {"####3", "#####", "##zzz"}) {
    vector.path_or_inline_dv = text.substr(0, text.size() - 5) + last;
    problem(vector);
  }
}

TEST_F(DeletionVectorTest, every_flipped_bit_is_noticed) {
  const std::string bytes = whole();
  for (size_t at = 1; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    put(name, flipped);
    EXPECT_NE(problem(stored()).find(name), std::string::npos);
  }
  put(name, bytes.substr(0, bytes.size() - 1));
  EXPECT_NE(problem(stored()).find("cut off"), std::string::npos);
}

TEST_F(DeletionVectorTest, another_count_than_the_log_says_is_damage) {
  put(name, whole());
  DeletionVector vector = stored();
  vector.cardinality = 4;
  EXPECT_NE(problem(vector).find("3 rows where the log says 4"), std::string::npos);
  vector.cardinality = 2;
  EXPECT_NE(problem(vector).find("more than 2 rows"), std::string::npos);
}

TEST_F(DeletionVectorTest, one_that_is_not_there_is_said) {
  problem(stored(), ErrorCode::store_not_found);
  problem({"u", "short", 1, 10, 1}, ErrorCode::bad_log);
  problem({"x", z85(uuid_bytes), 1, 10, 1}, ErrorCode::bad_log);
  problem({"p", "/elsewhere/x.bin", 1, 10, 1}, ErrorCode::path_outside);
  problem(stored("../.."), ErrorCode::bad_log);
  problem(stored("/etc"), ErrorCode::bad_log);
}

// ---- in a table ----

class VectorTableTest : public DeletionVectorTest {
 protected:
  Add with(const std::string& path, std::optional<DeletionVector> vector) {
    Add add = plain_add(path, 10);
    add.deletion_vector = std::move(vector);
    return add;
  }
  DeletionVector inline_vector(const std::vector<uint64_t>& rows) {
    std::string bytes = data_of(rows);
    return {"i", z85(bytes), std::nullopt, static_cast<int64_t>(bytes.size()), static_cast<int64_t>(rows.size())};
  }
};

TEST_F(VectorTableTest, an_update_replaces_the_file_s_entry) {
  create();
  commit(1, {plain_add("a", 10), plain_add("b", 10)});
  Add first = with("a", inline_vector({1})), second = with("a", inline_vector({1, 2}));
  commit(2, {remove_of(plain_add("a", 10), 1), first});
  commit(3, {remove_of(first, 1), second});
  auto snapshot = open();
  ASSERT_EQ(paths(*snapshot), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(snapshot->files()[1].deletion_vector, second.deletion_vector);
  EXPECT_EQ(paths(*open(1)), (std::vector<std::string>{"a", "b"}));
}

TEST_F(VectorTableTest, a_checkpoint_keeps_the_vectors) {
  create();
  Add add = with("a", stored());
  commit(1, {add, plain_add("gone")});
  Remove gone = remove_of(with("gone", inline_vector({3})), clock.now_ms());
  commit(2, {gone});
  write_checkpoint(*open(), parquet, clock.now_ms());
  for (int64_t v = 0; v < 3; ++v) store->remove(commit_key(table, v));
  auto snapshot = open();
  ASSERT_EQ(snapshot->files().size(), 2U) << "a remove concerns the file with its vector only";
  EXPECT_EQ(snapshot->files()[0].deletion_vector, add.deletion_vector);
  ASSERT_EQ(snapshot->tombstones().size(), 1U);
  EXPECT_EQ(snapshot->tombstones()[0].deletion_vector, gone.deletion_vector);
}

TEST_F(VectorTableTest, restore_puts_the_former_vector_back) {
  create();
  put("a", "x");
  put(name, whole());
  commit(1, {with("a", stored())});
  commit(2, {remove_of(with("a", stored()), 1), with("a", inline_vector({1, 2, 3, 4}))});
  auto restore = plan_restore(*open(), *open(1), clock.now_ms());
  ASSERT_EQ(restore.draft.actions.size(), 2U);
  EXPECT_EQ(std::get<Remove>(restore.draft.actions[0]).deletion_vector, inline_vector({1, 2, 3, 4}));
  EXPECT_EQ(std::get<Add>(restore.draft.actions[1]).deletion_vector, stored());
  EXPECT_TRUE(restore.missing.empty());
  store->remove(table.key(name));
  EXPECT_EQ(plan_restore(*open(), *open(1), clock.now_ms()).missing, (std::vector<std::string>{table.key(name)}));
}

TEST_F(VectorTableTest, vectors_in_use_are_no_garbage) {
  create();
  commit(1, {with("a", stored("p"))});
  auto needed = needed_files(*open(), 0);
  EXPECT_TRUE(needed.contains("a"));
  EXPECT_TRUE(needed.contains("p/" + name));
}

}  // namespace
}  // namespace weir::lake
