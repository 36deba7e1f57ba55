#include "cli/text_diff.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unordered_map>
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

// The shortest way from one text to the other by Myers' algorithm, searched from both ends at once, so that memory
// grows with the lines and not with their square: where both searches meet, the texts are divided, and each half is
// searched in turn. A search that has gone too far is given up: the texts are divided where it came furthest.
class LineDiff {
 public:
  LineDiff(const std::vector<std::string>& a, const std::vector<std::string>& b) : texts_a_(a), texts_b_(b) {
    std::unordered_map<std::string_view, int> known;
    for (const auto* texts : {&a, &b})
      for (const std::string& line : *texts)
        (texts == &a ? a_ : b_).push_back(known.emplace(line, static_cast<int>(known.size())).first->second);
    removed_.resize(a.size());
    added_.resize(b.size());
    for (Reach* reach : {&from_start_, &from_end_}) reach->resize(a.size() + b.size() + 1);
  }

  std::vector<DiffLine> lines() {
    std::vector<Box> waiting{{0, static_cast<int>(a_.size()), 0, static_cast<int>(b_.size())}};
    while (!waiting.empty()) {
      const Box box = without_same_ends(waiting.back());
      waiting.pop_back();
      if (box.width() == 0 || box.height() == 0) {
        std::fill(removed_.begin() + box.left, removed_.begin() + box.right, true);
        std::fill(added_.begin() + box.top, added_.begin() + box.bottom, true);
        continue;
      }
      const Point at = divide(box);
      waiting.push_back({box.left + at.x, box.right, box.top + at.y, box.bottom});
      waiting.push_back({box.left, box.left + at.x, box.top, box.top + at.y});
    }
    return in_order();
  }

 private:
  // Lines [left, right) of a and [top, bottom) of b.
  struct Box {
    int left, right, top, bottom;
    int width() const { return right - left; }
    int height() const { return bottom - top; }
  };
  struct Point {
    int x, y;
  };
  // By diagonal (x - y): the largest x that was come to.
  using Reach = std::vector<int>;
  static constexpr int nowhere = -1;
  static constexpr int most_steps = 1024;

  Box without_same_ends(Box box) const {
    while (box.width() > 0 && box.height() > 0 && same(box.left, box.top)) box.left++, box.top++;
    while (box.width() > 0 && box.height() > 0 && same(box.right - 1, box.bottom - 1)) box.right--, box.bottom--;
    return box;
  }

  bool same(int i, int j) const { return a_[static_cast<size_t>(i)] == b_[static_cast<size_t>(j)]; }

  int& at(Reach& reach, int diagonal) const { return reach[static_cast<size_t>(diagonal) + b_.size()]; }

  // All diagonals that `steps` edits lead to, one after the other, until `met` says so. From the end, x and y count
  // backwards.
  template <typename Met>
  bool advance(const Box& box, bool from_end, int steps, const Met& met) {
    Reach& reach = from_end ? from_end_ : from_start_;
    const int width = box.width(), height = box.height();
    for (int k = std::max(-steps, -height + (steps + height) % 2); k <= std::min(steps, width); k += 2) {
      int x = steps == 0 ? 0 : nowhere;
      if (k > -height && k - 1 >= 1 - steps && at(reach, k - 1) != nowhere && at(reach, k - 1) < width)
        x = at(reach, k - 1) + 1;
      if (k < width && k + 1 <= steps - 1 && at(reach, k + 1) != nowhere && at(reach, k + 1) - k <= height)
        x = std::max(x, at(reach, k + 1));
      if (x == nowhere) {
        at(reach, k) = nowhere;
        continue;
      }
      const auto same_at = [&](int i, int j) {
        return from_end ? same(box.right - 1 - i, box.bottom - 1 - j) : same(box.left + i, box.top + j);
      };
      while (x < width && x - k < height && same_at(x, x - k)) x++;
      at(reach, k) = x;
      if (met(k, x)) return true;
    }
    return false;
  }

  // Whether the other search, whose steps were so many, has come to the same diagonal and as far.
  bool meets(const Box& box, Reach& other, int other_steps, int k, int x) const {
    const int across = box.width() - box.height() - k;
    if (std::abs(across) > other_steps || across < -box.height() || across > box.width()) return false;
    return at(other, across) != nowhere && x + at(other, across) >= box.width();
  }

  // A point inside of the box, neither end of it, on a shortest way or on one that is near enough.
  Point divide(const Box& box) {
    const int width = box.width(), height = box.height();
    const bool odd = (width - height) % 2 != 0;
    Point found{0, 0}, furthest{0, 0};
    for (int steps = 0;; steps++) {
      furthest = {0, 0};
      const auto forward = [&](int k, int x) {
        if (2 * x - k > furthest.x + furthest.y) furthest = {x, x - k};
        if (!odd || !meets(box, from_end_, steps - 1, k, x)) return false;
        found = {x, x - k};
        return true;
      };
      const auto backward = [&](int k, int x) {
        if (odd || !meets(box, from_start_, steps, k, x)) return false;
        found = {width - x, height - (x - k)};
        return true;
      };
      if (advance(box, false, steps, forward) || advance(box, true, steps, backward)) return found;
      if (steps == most_steps) return furthest;
    }
  }

  std::vector<DiffLine> in_order() const {
    std::vector<DiffLine> out;
    for (size_t i = 0, j = 0; i < a_.size() || j < b_.size();) {
      if (i < a_.size() && removed_[i])
        out.push_back({'-', texts_a_[i++]});
      else if (j < b_.size() && added_[j])
        out.push_back({'+', texts_b_[j++]});
      else
        out.push_back({' ', texts_a_[i++]}), j++;
    }
    return out;
  }

  const std::vector<std::string>&texts_a_, &texts_b_;
  std::vector<int> a_, b_;  // lines as numbers: the same text is the same number
  std::vector<bool> removed_, added_;
  Reach from_start_, from_end_;
};

}  // namespace

std::string unified_diff(const std::string& before, const std::string& after, const std::string& path) {
  const auto a = lines_of(before), b = lines_of(after);
  const auto diff = LineDiff(a, b).lines();
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
    // A range without lines is named by the line before it.
    const auto range = [&](size_t line, size_t count) {
      return std::to_string(line - lead - (count == 0)) + "," + std::to_string(count);
    };
    out += "@@ -" + range(line_a, count_a) + " +" + range(line_b, count_b) + " @@\n" + body;
    line_a += count_a - lead;
    line_b += count_b - lead;
    i = end;
  }
  return out;
}

}  // namespace weir::cli
