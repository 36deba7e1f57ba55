#include "lsp/text_places.h"

#include <gtest/gtest.h>

namespace weir::lsp {
namespace {

// A clef (4 bytes, 2 code units), an e with accent (2 bytes, 1 unit), line breaks of all three kinds.
const std::string clef = "\xF0\x9D\x84\x9E", accent = "\xC3\xA9";

TEST(TextPlaces, CharactersAreUtf16CodeUnits) {
  const std::string text = "a" + clef + accent + "b\nc";
  const TextPlaces places(text);
  EXPECT_EQ(places.offset(0, 0), 0u);
  EXPECT_EQ(places.offset(0, 1), 1u);
  EXPECT_EQ(places.offset(0, 3), 5u);
  EXPECT_EQ(places.offset(0, 4), 7u);
  EXPECT_EQ(places.offset(0, 5), 8u);
  EXPECT_EQ(places.offset(1, 1), text.size());
  for (const size_t offset : {0u, 1u, 5u, 7u, 8u, 9u, 10u}) {
    const Json position = places.position(offset);
    EXPECT_EQ(places.offset_of(position), offset) << position.dump();
  }
  EXPECT_EQ(places.position(7).dump(), R"({"line":0,"character":4})");
}

TEST(TextPlaces, WithinAPairIsBeforeIt) { EXPECT_EQ(TextPlaces("a" + clef + "b").offset(0, 2), 1u); }

TEST(TextPlaces, BehindTheEndIsTheEnd) {
  const TextPlaces places("ab\ncd");
  EXPECT_EQ(places.offset(0, 99), 2u);
  EXPECT_EQ(places.offset(7, 0), 5u);
  EXPECT_EQ(places.offset(-1, 0), 0u);
  EXPECT_EQ(TextPlaces("").offset(0, 0), 0u);
  EXPECT_EQ(TextPlaces("").position(9).dump(), R"({"line":0,"character":0})");
}

TEST(TextPlaces, LineBreaksOfAllKinds) {
  const TextPlaces places("a\r\nb\rc\nd");
  EXPECT_EQ(places.offset(1, 0), 3u);
  EXPECT_EQ(places.offset(0, 9), 1u);
  EXPECT_EQ(places.offset(2, 0), 5u);
  EXPECT_EQ(places.offset(3, 1), 8u);
}

TEST(TextPlaces, SpansCountBytesFromOne) {
  const TextPlaces places("x\n" + clef + "ab");
  EXPECT_EQ(places.offset_of_span(2, 5), 6u);
  EXPECT_EQ(places.offset_of_span(2, 3), 2u);  // within the clef
  EXPECT_EQ(places.offset_of_span(2, 99), 8u);
  EXPECT_EQ(places.offset_of_span(0, 0), 0u);
  EXPECT_EQ(places.offset_of_span(9, 1), 8u);
}

TEST(Uris, AreFilesOnly) {
  EXPECT_EQ(path_of_uri("file:///a%20b/%C3%A9.sql"), "/a b/" + accent + ".sql");
  EXPECT_EQ(path_of_uri("file://localhost/a.sql"), "/a.sql");
  EXPECT_EQ(path_of_uri("untitled:Untitled-1"), "");
  EXPECT_EQ(uri_of_path("/a b/" + accent + ".sql"), "file:///a%20b/%C3%A9.sql");
}

}  // namespace
}  // namespace weir::lsp
