#include "cli/text_diff.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <random>

#include "base/text.h"

namespace weir::cli {
namespace {

using Lines = std::vector<std::string>;

std::string joined(const Lines& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

// What a diff says of a text: the text after it, and how many lines it touches.
struct Applied {
  Lines lines;
  size_t changes = 0;
};

Applied applied(const Lines& before, const std::string& diff) {
  Applied out;
  size_t next = 0;
  Lines body = split(diff, '\n');
  for (size_t i = 2; i < body.size(); i++) {
    const std::string& line = body[i];
    if (line.empty()) continue;
    if (line.starts_with("@@ -")) {
      size_t from = std::stoul(line.substr(4));
      const bool none = line.substr(line.find(',') + 1).starts_with("0 ");
      for (; next + 1 < from + (none ? 1 : 0); next++) out.lines.push_back(before[next]);
      continue;
    }
    if (line[0] != '+') {
      EXPECT_EQ(before.at(next), line.substr(1));
      next++;
    }
    if (line[0] != '-') out.lines.push_back(line.substr(1));
    out.changes += line[0] != ' ';
  }
  for (; next < before.size(); next++) out.lines.push_back(before[next]);
  return out;
}

// How many lines are not in the longest common sequence, by the table of all prefixes.
size_t fewest_changes(const Lines& a, const Lines& b) {
  std::vector<std::vector<size_t>> common(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i < a.size(); i++)
    for (size_t j = 0; j < b.size(); j++)
      common[i + 1][j + 1] = a[i] == b[j] ? common[i][j] + 1 : std::max(common[i][j + 1], common[i + 1][j]);
  return a.size() + b.size() - 2 * common[a.size()][b.size()];
}

TEST(UnifiedDiff, ChangesWithThreeLinesAround) {
  EXPECT_EQ(unified_diff("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf\ng\n", "x.sql"),
            "--- x.sql\n+++ x.sql\n@@ -2,5 +2,6 @@\n b\n c\n d\n-e\n+E\n f\n+g\n");
  EXPECT_EQ(unified_diff("a\n", "a\n", "x"), "--- x\n+++ x\n");
}

TEST(UnifiedDiff, IsTheShortestOne) {
  std::mt19937 random(7);
  const auto lines = [&](size_t most, uint32_t words) {
    Lines out(random() % (most + 1));
    for (auto& line : out) line = std::string(1, static_cast<char>('a' + random() % words));
    return out;
  };
  for (int i = 0; i < 3000; i++) {
    const auto words = static_cast<uint32_t>(1 + random() % 6);
    const Lines a = lines(14, words), b = lines(14, words);
    const Applied after = applied(a, unified_diff(joined(a), joined(b), "x"));
    ASSERT_EQ(after.lines, b) << joined(a) << "to\n" << joined(b);
    ASSERT_EQ(after.changes, fewest_changes(a, b)) << joined(a) << "to\n" << joined(b);
  }
}

TEST(UnifiedDiff, ManyLinesWithNothingInCommonTakeLittleMemory) {
  Lines a, b;
  for (int i = 0; i < 10000; i++) {
    a.push_back("select " + std::to_string(i));
    b.push_back(i % 100 == 99 ? a.back() : "SELECT " + std::to_string(i));
  }
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  const std::string diff = unified_diff(joined(a), joined(b), "x");
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 100 * 1024);  // KiB
  EXPECT_EQ(applied(a, diff).lines, b);
}

}  // namespace
}  // namespace weir::cli
