// Lines of a file with the depth that each begins at.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "lint/reflow.h"

namespace weir::lint {

// A point where the balance of indents changes or a line begins.
struct IndentPoint {
  size_t index = 0;
  int impulse = 0, trough = 0;
  int balance = 0;  // before it
  std::optional<size_t> last_break;
  bool is_break = false;
  std::vector<int> untaken;  // indents that no line break has taken

  int closing() const { return balance + impulse; }
  bool has_untaken(int value) const { return std::find(untaken.begin(), untaken.end(), value) != untaken.end(); }
};

struct IndentLine {
  int balance = 0;
  std::vector<IndentPoint> points;

  bool is_first() const { return !points.back().last_break.has_value(); }
  int opening() const { return is_first() ? 0 : points.front().closing(); }
  int closing() const { return points.back().closing(); }
};

// Of tags: what a block of a placeholder stands for.
TemplatePart tag_part(const Element& block);
bool is_placeholder(const Element& element);
bool is_block_tag(TemplatePart part);

struct IndentLines {
  IndentLines(const Tree& tree, const Layout& layout, const Elements& elements)
      : tree(tree), layout(layout), elements(elements) {}

  const Tree& tree;
  const Layout& layout;
  const Elements& elements;
  std::vector<IndentLine> lines;
  std::vector<size_t> imbalanced;
  std::set<size_t> implicit_breaks;

  std::pair<size_t, size_t> range(const IndentLine& line) const {
    return {line.is_first() ? 0 : line.points.front().index, line.points.back().index};
  }
  template <class F>
  bool all_blocks(const IndentLine& line, F&& judge) const {
    const auto [from, to] = range(line);
    for (size_t i = from; i < to; ++i)
      if (!elements[i].point && !judge(elements[i])) return false;
    return true;
  }
  bool all_templates(const IndentLine& line) const { return all_blocks(line, is_unrendered); }
  bool all_comments(const IndentLine& line) const {
    bool any = false;
    return all_blocks(line, [&](const Element& block) { return any = true, block.block()->is_comment(); }) && any;
  }
  const Element* first_block(const IndentLine& line) const {
    const auto [from, to] = range(line);
    for (size_t i = from; i < to; ++i)
      if (!elements[i].point) return &elements[i];
    return nullptr;
  }

  std::vector<IndentPoint> crawl() const;
  void map_lines();
  void revise_skipped();
  void revise_templated();
  std::optional<std::set<int>> steps_of(size_t i) const;
  std::optional<int> trough_between(const std::vector<int>& order, size_t at,
                                    const std::map<int, std::vector<size_t>>& grouped,
                                    std::vector<size_t>& inner) const;
  void revise_group(const std::vector<int>& order, size_t at, std::map<int, std::vector<size_t>>& grouped);
  void revise_repeated();
  void revise_comments();
};

}  // namespace weir::lint
