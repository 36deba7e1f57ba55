#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "format/arrow_builder.h"
#include "format/arrow_format.h"
#include "format/arrow_view.h"

namespace weir::format {
namespace {

TEST(ArrowFormat, knows_layouts_and_leaves_the_rest) {
  EXPECT_EQ(arrow_layout("u").kind, ArrowKind::text);
  EXPECT_TRUE(arrow_layout("U").large);
  EXPECT_EQ(arrow_layout("tsu:Europe/Paris").kind, ArrowKind::timestamp);
  EXPECT_EQ(arrow_layout("tsn:").unit_us, -1000);
  EXPECT_EQ(arrow_layout("d:38,10").width, 16);
  EXPECT_EQ(arrow_layout("d:9,2,32").width, 4);
  EXPECT_EQ(arrow_layout("d:38,10,256").kind, ArrowKind::other);
  EXPECT_EQ(arrow_layout("d:9").kind, ArrowKind::other);
  EXPECT_EQ(arrow_layout("w:16").width, 16);
  EXPECT_EQ(arrow_layout("+ud:0,1").kind, ArrowKind::other);
  EXPECT_EQ(arrow_layout("").kind, ArrowKind::other);
}

ArrowType all_types() {
  return arrow_struct(
      "",
      {arrow_text("name"), arrow_int64("size"), arrow_boolean("flag"), arrow_float32("small"), arrow_float64("wide"),
       arrow_int8("tiny"), arrow_date("day"), arrow_timestamp("at", "UTC"), arrow_decimal("price", 10, 2),
       arrow_binary("bytes"), arrow_struct("place", {arrow_text("city"), arrow_int32("zip")}),
       arrow_list("tags", arrow_text("element")), arrow_map("attributes", arrow_text("key"), arrow_text("value"))});
}

void append_full_row(ArrowBuilder& rows, int64_t i) {
  rows.field(0).append_text("name " + std::to_string(i));
  rows.field(1).append_int(i);
  rows.field(2).append_bool(i % 2 == 0);
  rows.field(3).append_real(0.5);
  rows.field(4).append_real(1e300);
  rows.field(5).append_int(-128);
  rows.field(6).append_int(-1);
  rows.field(7).append_int(1'700'000'000'123'456);
  EXPECT_TRUE(rows.field(8).append_decimal("-12.3"));
  rows.field(9).append_text(std::string_view("\0\xff", 2));
  rows.field(10).field(0).append_text("Oslo");
  rows.field(10).field(1).append_int(150);
  rows.field(10).end_row();
  for (int64_t k = 0; k < i; ++k) rows.field(11).items().append_text(std::to_string(k));
  rows.field(11).end_row();
  for (int64_t k = 0; k < i; ++k) {
    rows.field(12).keys().append_text("k" + std::to_string(k));
    if (k == 1)
      rows.field(12).values().append_null();
    else
      rows.field(12).values().append_text("v");
  }
  rows.field(12).end_row();
  rows.end_row();
}

TEST(ArrowBuilder, values_come_back_as_they_went_in) {
  ArrowBuilder rows(all_types());
  for (int64_t i = 0; i < 20; ++i) append_full_row(rows, i);
  Batch batch = rows.finish_batch();
  BatchSchema schema = arrow_schema(rows.type());
  ArrowView view(schema.c_schema(), batch.c_array());
  ASSERT_EQ(view.size(), 20);
  EXPECT_EQ(view.find_field("name")->text(19), "name 19");
  EXPECT_EQ(view.find_field("size")->integer(7), 7);
  EXPECT_TRUE(view.find_field("flag")->boolean(8));
  EXPECT_FALSE(view.find_field("flag")->boolean(9));
  EXPECT_EQ(view.find_field("small")->real(3), 0.5);
  EXPECT_EQ(view.find_field("wide")->real(3), 1e300);
  EXPECT_EQ(view.find_field("tiny")->integer(0), -128);
  EXPECT_EQ(view.find_field("day")->date_days(0), -1);
  EXPECT_EQ(view.find_field("at")->timestamp_us(0), 1'700'000'000'123'456);
  EXPECT_TRUE(view.find_field("at")->has_zone());
  EXPECT_EQ(view.find_field("price")->decimal(0), "-12.30");
  EXPECT_EQ(view.find_field("bytes")->text(0), std::string_view("\0\xff", 2));
  EXPECT_EQ(view.find_field("place")->find_field("city")->text(11), "Oslo");
  EXPECT_EQ(view.find_field("place")->field(1).integer(11), 150);
  auto [begin, end] = view.find_field("tags")->range(5);
  ASSERT_EQ(end - begin, 5);
  EXPECT_EQ(view.find_field("tags")->items().text(begin + 4), "4");
  const ArrowView& map = *view.find_field("attributes");
  auto [first, last] = map.range(3);
  ASSERT_EQ(last - first, 3);
  EXPECT_EQ(map.keys().text(first + 2), "k2");
  EXPECT_TRUE(map.values().is_null(first + 1));
  EXPECT_EQ(map.values().text(first + 2), "v");
  EXPECT_EQ(view.find_field("nothing"), nullptr);
}

TEST(ArrowBuilder, nulls_of_every_type) {
  ArrowBuilder rows(all_types());
  append_full_row(rows, 2);
  for (size_t f = 0; f < 13; ++f) rows.field(f).append_null();
  rows.end_row();
  append_full_row(rows, 3);
  Batch batch = rows.finish_batch();
  BatchSchema schema = arrow_schema(rows.type());
  ArrowView view(schema.c_schema(), batch.c_array());
  for (size_t f = 0; f < 13; ++f) {
    EXPECT_FALSE(view.field(f).is_null(0)) << f;
    EXPECT_TRUE(view.field(f).is_null(1)) << f;
    EXPECT_FALSE(view.field(f).is_null(2)) << f;
  }
  EXPECT_EQ(view.field(0).text(2), "name 3");
  EXPECT_EQ(view.field(5).integer(2), -128);
  EXPECT_EQ(view.field(8).decimal(2), "-12.30");
  auto [begin, end] = view.field(11).range(2);
  EXPECT_EQ(end - begin, 3);
  EXPECT_EQ(view.field(12).range(1).first, view.field(12).range(1).second);
}

TEST(ArrowBuilder, is_empty_again_after_finishing) {
  ArrowBuilder rows(arrow_struct("", {arrow_list("l", arrow_int32("element"))}));
  for (int round = 0; round < 2; ++round) {
    rows.field(0).items().append_int(round);
    rows.field(0).end_row();
    rows.end_row();
    Batch batch = rows.finish_batch();
    BatchSchema schema = arrow_schema(rows.type());
    ArrowView view(schema.c_schema(), batch.c_array());
    ASSERT_EQ(view.size(), 1);
    EXPECT_EQ(view.field(0).range(0), (std::pair<int64_t, int64_t>(0, 1)));
    EXPECT_EQ(view.field(0).items().integer(0), round);
  }
}

TEST(ArrowBuilder, decimals_keep_their_scale_or_are_refused) {
  ArrowBuilder column(arrow_decimal("d", 38, 3));
  EXPECT_TRUE(column.append_decimal("12345678901234567890123456789012345.678"));
  EXPECT_TRUE(column.append_decimal("1.5000"));
  EXPECT_FALSE(column.append_decimal("1.5001"));
  EXPECT_FALSE(column.append_decimal("1e3"));
  EXPECT_FALSE(column.append_decimal(""));
  EXPECT_FALSE(column.append_decimal("123456789012345678901234567890123456.0"));
  EXPECT_EQ(column.size(), 2);
}

TEST(ArrowBuilder, broken_rules_are_found) {
  ArrowBuilder rows(arrow_struct("", {arrow_text("a"), arrow_int8("b")}));
  rows.field(0).append_text("x");
  EXPECT_THROW(rows.end_row(), Error);
  EXPECT_THROW(rows.field(1).append_int(128), Error);
  EXPECT_THROW(rows.field(1).append_text("x"), Error);
  EXPECT_THROW(rows.field(2), Error);
}

// An int64 column seen through a slice, as engines hand them out.
TEST(ArrowView, respects_offsets_of_slices) {
  ArrowBuilder rows(arrow_struct("", {arrow_int64("n"), arrow_struct("s", {arrow_text("t")})}));
  for (int64_t i = 0; i < 10; ++i) {
    if (i == 7)
      rows.field(0).append_null();
    else
      rows.field(0).append_int(i);
    rows.field(1).field(0).append_text(std::to_string(i));
    rows.field(1).end_row();
    rows.end_row();
  }
  Batch batch = rows.finish_batch();
  BatchSchema schema = arrow_schema(rows.type());
  ArrowArray slice = batch.c_array();
  slice.offset = 5;
  slice.length = 4;
  ArrowView view(schema.c_schema(), slice);
  ASSERT_EQ(view.size(), 4);
  EXPECT_EQ(view.field(0).integer(0), 5);
  EXPECT_TRUE(view.field(0).is_null(2));
  EXPECT_EQ(view.field(1).field(0).text(3), "8");
  EXPECT_THROW(view.field(0).integer(4), Error);
  slice.length = 6;
  EXPECT_THROW(ArrowView(schema.c_schema(), slice), Error) << "longer than its fields";
}

TEST(ArrowView, reads_the_view_layout_of_text) {
  std::string far = "a text of more than twelve bytes";
  struct Entry {
    int32_t length;
    char rest[12];
  } entries[2] = {{5, "short"}, {static_cast<int32_t>(far.size()), {}}};
  int32_t where[2] = {0, 3};
  std::memcpy(entries[1].rest + 4, where, sizeof(where));
  std::string storage = "xxx" + far;
  const void* buffers[4] = {nullptr, entries, storage.data(), nullptr};
  ArrowArray array{};
  array.length = 2;
  array.n_buffers = 4;
  array.buffers = buffers;
  ArrowSchema schema{};
  schema.format = "vu";
  schema.name = "v";
  ArrowView view(schema, array);
  EXPECT_EQ(view.text(0), "short");
  EXPECT_EQ(view.text(1), far);
  where[0] = 9;
  std::memcpy(entries[1].rest + 4, where, sizeof(where));
  EXPECT_THROW(view.text(1), Error);
}

TEST(ArrowView, unsigned_and_other_units) {
  uint64_t large[2] = {1, ~uint64_t{0}};
  int64_t nanos[2] = {-1, 1999};
  const void* buffers[2] = {nullptr, large};
  ArrowArray array{};
  array.length = 2;
  array.n_buffers = 2;
  array.buffers = buffers;
  ArrowSchema schema{};
  schema.format = "L";
  EXPECT_EQ(ArrowView(schema, array).integer(0), 1);
  EXPECT_THROW(ArrowView(schema, array).integer(1), Error);
  buffers[1] = nanos;
  schema.format = "tsn:";
  EXPECT_EQ(ArrowView(schema, array).timestamp_us(0), -1) << "rounds down";
  EXPECT_EQ(ArrowView(schema, array).timestamp_us(1), 1);
}

}  // namespace
}  // namespace weir::format
