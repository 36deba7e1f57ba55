#include "cli/text_width.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(text_width, counts_columns_not_bytes) {
  EXPECT_EQ(text_width("abc"), 3u);
  EXPECT_EQ(text_width("żółć"), 4u);
  EXPECT_EQ(text_width("日本"), 4u);
  EXPECT_EQ(text_width("e\xCC\x81"), 1u);  // e and a combining accent
  EXPECT_EQ(text_width("🙂"), 2u);
  EXPECT_EQ(text_width("\xff\xfe"), 2u);
}

TEST(text_width, color_takes_no_column) { EXPECT_EQ(text_width("\x1b[31mred\x1b[0m"), 3u); }

TEST(cut, leaves_what_fits) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdef", 4), "abc…");
  EXPECT_EQ(cut("日本語", 4), "日…");
  EXPECT_EQ(cut("abcdef", 2, "..."), "..");
}

TEST(cut, closes_color) { EXPECT_EQ(cut("\x1b[31mabcdef\x1b[0m", 3), "\x1b[31mab…\x1b[0m"); }

TEST(pad, fills_to_columns) {
  EXPECT_EQ(pad_left("7", 3), "  7");
  EXPECT_EQ(pad_right("日", 3), "日 ");
  EXPECT_EQ(pad_left("long", 2), "long");
}

TEST(visible, steers_no_terminal) {
  EXPECT_EQ(visible("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(visible("a\nb\tc\r"), "a\\nb\\tc\\r");
  EXPECT_EQ(visible("\xff"), "\\xff");
  EXPECT_EQ(visible("\xC2\x9B"), "\\x9b");        // the one-character CSI
  EXPECT_EQ(visible("\xE2\x80\xAE"), "\\u202e");  // right-to-left override
  EXPECT_EQ(visible("żółć 日本"), "żółć 日本");
}

}  // namespace
}  // namespace weir::cli
