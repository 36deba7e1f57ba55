#include "cli/text_diff.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace weir::cli {

namespace {

constexpr size_t around = 3;  // lines shown before and behind a change

struct DiffLine {
  char sign;
  std::string_view text;
};

std::vector<std::string> lines_of(const std::string& text) {
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// Myers: the shortest way from one to the other.
std::vector<DiffLine> shortest(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto n = static_cast<int>(a.size()), m = static_cast<int>(b.size()), most = n + m;
  std::vector<std::vector<int>> trace;
  std::vector<int> reach(static_cast<size_t>(2 * most + 2), 0);
  const auto at = [&](std::vector<int>& of, int k) -> int& { return of[static_cast<size_t>(k + most)]; };
  int steps = 0;
  for (bool done = false; !done && steps <= most; steps += !done) {
    trace.push_back(reach);
    for (int k = -steps; k <= steps; k += 2) {
      int x =
          k == -steps || (k != steps && at(reach, k - 1) < at(reach, k + 1)) ? at(reach, k + 1) : at(reach, k - 1) + 1;
      int y = x - k;
      while (x < n && y < m && a[static_cast<size_t>(x)] == b[static_cast<size_t>(y)]) ++x, ++y;
      at(reach, k) = x;
      if (x >= n && y >= m) {
        done = true;
        break;
      }
    }
  }
  std::vector<DiffLine> out;
  int x = n, y = m;
  for (int step = steps; step >= 0 && (x > 0 || y > 0); --step) {
    std::vector<int>& before = trace[static_cast<size_t>(step)];
    const int k = x - y;
    const int from = k == -step || (k != step && at(before, k - 1) < at(before, k + 1)) ? k + 1 : k - 1;
    const int px = step == 0 ? 0 : at(before, from), py = step == 0 ? 0 : px - from;
    while (x > px && y > py && x > 0 && y > 0) out.push_back({' ', a[static_cast<size_t>(--x)]}), --y;
    if (step == 0) break;
    if (x > px)
      out.push_back({'-', a[static_cast<size_t>(--x)]});
    else if (y > py)
      out.push_back({'+', b[static_cast<size_t>(--y)]});
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

std::string unified_diff(const std::string& before, const std::string& after, const std::string& path) {
  const auto a = lines_of(before), b = lines_of(after);
  const auto diff = shortest(a, b);
  std::string out = "--- " + path + "\n+++ " + path + "\n";
  size_t line_a = 1, line_b = 1;
  for (size_t i = 0; i < diff.size();) {
    if (diff[i].sign == ' ') {
      ++i, ++line_a, ++line_b;
      continue;
    }
    const size_t lead = std::min(around, i);
    size_t stop = i, same = 0;
    for (size_t j = i; j < diff.size() && same <= 2 * around; ++j) {
      same = diff[j].sign == ' ' ? same + 1 : 0;
      if (same == 0) stop = j + 1;
    }
    const size_t end = std::min(diff.size(), stop + around);
    size_t count_a = 0, count_b = 0;
    std::string body;
    for (size_t j = i - lead; j < end; ++j) {
      count_a += diff[j].sign != '+';
      count_b += diff[j].sign != '-';
      body += diff[j].sign;
      body += diff[j].text;
      body += '\n';
    }
    out += "@@ -" + std::to_string(line_a - lead) + "," + std::to_string(count_a) + " +" +
           std::to_string(line_b - lead) + "," + std::to_string(count_b) + " @@\n" + body;
    line_a += count_a - lead;
    line_b += count_b - lead;
    i = end;
  }
  return out;
}

}  // namespace weir::cli
