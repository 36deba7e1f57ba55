#include "base/archive.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

struct Thing {
  std::string name;
  std::vector<std::pair<std::string, std::optional<int64_t>>> parts;
  std::map<std::string, Json> said;
  Span span;
  bool operator==(const Thing& other) const {
    return name == other.name && parts == other.parts && said == other.said && span.file == other.span.file &&
           span.line == other.span.line;
  }
};

template <class Archive>
void archive_members(Archive& archive, Thing& value) {
  auto& [name, parts, said, span] = value;
  archive(name, parts, said, span);
}

Thing example() {
  Thing out;
  out.name = std::string(300, 'x') + std::string("\0\xff", 2);
  out.parts = {{"a", 1}, {"", std::nullopt}, {"c", INT64_MIN}};
  out.said["all"] = Json::parse(R"({"a":[1,-2.50,1e300,true,false,null,"t"],"o":{"k":{}},"e":[]})");
  out.span.file = "models/a.sql";
  out.span.line = 7;
  return out;
}

std::string bytes_of(const Thing& thing) {
  std::string out;
  ArchiveWriter write(out);
  write(thing);
  return out;
}

TEST(Archive, SharedValuesOfSeveralReadersAreOne) {
  std::string first, second;
  SharedValue<std::string> value(std::string(40, 'v')), other(std::string(40, 'w'));
  ArchiveWriter{first}(value);
  ArchiveWriter{second}(value, other);
  ArchivePool pool;
  SharedValue<std::string> a, b, c, alone;
  ArchiveReader(first, &pool)(a);
  ArchiveReader(second, &pool)(b, c);
  (ArchiveReader(first))(alone);
  EXPECT_EQ(*a, std::string(40, 'v'));
  EXPECT_EQ(&*a, &*b);
  EXPECT_EQ(*c, std::string(40, 'w'));
  EXPECT_EQ(*alone, *a);
  EXPECT_NE(&*alone, &*a);
  b.edit() += "!";
  EXPECT_EQ(*a, std::string(40, 'v'));
  EXPECT_EQ(b->size(), 41u);
}

TEST(Archive, GivesBackWhatWasWritten) {
  const std::string bytes = bytes_of(example());
  ArchiveReader read(bytes);
  Thing back;
  read(back);
  EXPECT_TRUE(read.at_end());
  EXPECT_TRUE(back == example());
  EXPECT_EQ(back.said["all"].dump(), example().said["all"].dump());  // numbers keep their text
}

TEST(Archive, WhatEndsEarlyIsAnError) {
  const std::string bytes = bytes_of(example());
  for (size_t size = 0; size < bytes.size(); size++) {
    ArchiveReader read(std::string_view(bytes).substr(0, size));
    Thing back;
    EXPECT_THROW(read(back), Error) << size;
  }
}

TEST(Archive, AHugeSizeIsAnErrorAndNoAllocation) {
  ArchiveReader read("\xff\xff\xff\xff\xff\xff\xff\x7f");
  std::vector<std::string> back;
  EXPECT_THROW(read(back), Error);
}

}  // namespace
}  // namespace weir
