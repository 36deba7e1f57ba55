#include "lint/indent_lines.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace weir::lint {

TemplatePart tag_part(const Element& block) { return block.block()->part; }
bool is_placeholder(const Element& element) { return !element.point && element.block()->kind == K::placeholder; }
bool is_block_tag(TemplatePart part) {
  return part == TemplatePart::block_start || part == TemplatePart::block_mid || part == TemplatePart::block_end;
}

namespace {

// Indents of a point without those that tags bring.
std::vector<int> own_indents(const Element& point) {
  std::vector<int> values;
  for (const Segment* each : point.segments)
    if (each->is(K::indent) && each->block == 0) values.push_back(each->indent_value);
  return values;
}

// Walks through the points of a file from the first to the last.
class IndentCrawl {
 public:
  IndentCrawl(const Elements& elements, bool forbid_implicit) : elements_(elements), forbid_(forbid_implicit) {}
  std::vector<IndentPoint> run() {
    for (size_t i = 0; i < elements_.size(); ++i)
      if (elements_[i].point) visit(i);
    return std::move(points_);
  }

 private:
  // A point in front of a comment or a tag, which counts together with the next one.
  struct Held {
    IndentStats stats;
    IndentPoint point;
  };

  void visit(size_t i) {
    const Element& element = elements_[i];
    const Element* next = i + 1 < elements_.size() ? &elements_[i + 1] : nullptr;
    IndentStats stats = indent_stats(element);
    if (held_)
      stats = {held_->stats.impulse + stats.impulse, std::min(held_->stats.trough, held_->stats.impulse + stats.trough),
               stats.implicit};
    if (!stats.implicit.empty() && (forbid_ || leaves_bracket_open(i))) stats.implicit.clear();
    if (held_) let_go(stats);
    const bool newline = has_literal_newline(element) && last_break_ != i;
    IndentPoint point{i, stats.impulse, stats.trough, balance_, last_break_, newline, untaken_};
    if (newline) last_break_ = i;
    const bool before_comment = next && next->block()->is_comment();
    const bool before_tag = next && is_placeholder(*next) &&
                            (next->block()->source.empty() || (!newline && tag_part(*next) == TemplatePart::templated));
    if (before_comment || before_tag) {
      held_ = {stats, point};
      return;
    }
    if (newline || stats.impulse != 0 || stats.trough != 0 || i == 0 || (next && next->block()->kind == K::end_of_file))
      points_.push_back(point);
    count(stats, newline);
  }

  // Does a bracket open behind the point that is not closed in its line?
  bool leaves_bracket_open(size_t i) const {
    if (i + 1 >= elements_.size() || !elements_[i + 1].block()->is(K::start_bracket)) return false;
    for (size_t j = i + 1; j < elements_.size(); ++j) {
      if (elements_[j].point) {
        if (count_newlines(elements_[j]) > 0) break;
      } else if (elements_[j].block()->is(K::end_bracket) && elements_[j].parent == elements_[i + 1].parent) {
        return false;
      }
    }
    return true;
  }

  // The indents of both points are those of the held one, if it breaks the line; else they are left for the next.
  void let_go(IndentStats& stats) {
    IndentPoint point = held_->point;
    held_.reset();
    point.balance = balance_;
    point.untaken = untaken_;
    point.impulse = point.is_break ? stats.impulse : 0;
    point.trough = point.is_break ? stats.trough : 0;
    points_.push_back(point);
    if (!point.is_break) return;
    count(stats, true);
    stats.impulse = stats.trough = 0;
  }

  void count(const IndentStats& stats, bool newline) {
    const int limit = balance_ + stats.impulse + (stats.trough < stats.impulse ? stats.trough : 0);
    untaken_.erase(std::remove_if(untaken_.begin(), untaken_.end(), [&](int each) { return each > limit; }),
                   untaken_.end());
    if (stats.impulse > stats.trough && !newline)
      for (int i = stats.trough; i < stats.impulse; ++i) {
        const int value = balance_ + i + 1;
        if (std::find(stats.implicit.begin(), stats.implicit.end(), value - balance_) == stats.implicit.end())
          untaken_.push_back(value);
      }
    balance_ += stats.impulse;
  }

  const Elements& elements_;
  bool forbid_;
  std::vector<IndentPoint> points_;
  std::optional<size_t> last_break_;
  int balance_ = 0;
  std::vector<int> untaken_;
  std::optional<Held> held_;
};

}  // namespace

std::vector<IndentPoint> IndentLines::crawl() const {
  return IndentCrawl(elements, layout.implicit_indents == "forbid").run();
}

void IndentLines::map_lines() {
  const std::string& implicit = layout.implicit_indents;
  std::vector<IndentPoint> buffer;
  std::map<size_t, IndentPoint> previous;
  std::map<int, size_t> untaken_at;
  const auto line_of = [](std::vector<IndentPoint> points) {
    IndentLine line;
    const auto& last = points.back().last_break;
    line.balance = last && *last != 0 ? points.front().closing() : 0;
    line.points = std::move(points);
    return line;
  };
  for (const IndentPoint& point : crawl()) {
    buffer.push_back(point);
    previous[point.index] = point;
    const IndentStats stats = indent_stats(elements[point.index]);
    if (implicit == "require" && !stats.implicit.empty() && point.is_break) implicit_breaks.insert(point.index);
    if (!point.is_break) {
      if (point.impulse > point.trough && !(implicit != "forbid" && !stats.implicit.empty()))
        untaken_at[point.closing()] = point.index;
      continue;
    }
    lines.push_back(line_of(buffer));
    const Element* following = point.index + 1 < elements.size() ? &elements[point.index + 1] : nullptr;
    if (point.trough != 0 && !(following && following->block()->kind == K::end_of_file)) {
      for (int i = point.balance + point.trough + 1; i <= point.balance; ++i) {
        const auto found = untaken_at.find(i);
        if (found == untaken_at.end()) break;
        const size_t at = found->second;
        if (elements[at + 1].block()->is(K::start_bracket)) continue;
        if (std::any_of(buffer.begin(), buffer.end(), [&](const IndentPoint& each) { return each.index == at; }))
          continue;
        const IndentPoint* last = nullptr;
        for (auto each = previous.lower_bound(at); each != previous.end() && each->first < point.index; ++each) {
          last = &each->second;
          if (last->is_break) break;
        }
        bool comments = last != nullptr;
        for (size_t k = last ? last->index + 1 : point.index; k < point.index && comments; k += 2)
          comments = !elements[k].point && elements[k].block()->is_comment();
        if (comments) continue;
        imbalanced.push_back(at);
      }
    }
    for (auto each = untaken_at.begin(); each != untaken_at.end();)
      each = each->first > point.balance + point.trough ? untaken_at.erase(each) : std::next(each);
    buffer = {point};
  }
  if (buffer.size() > 1) lines.push_back(line_of(buffer));
}

// Lines that only tell of a branch not taken, where another turn of the loop takes it.
void IndentLines::revise_skipped() {
  std::map<size_t, std::vector<size_t>> starts;
  std::vector<std::pair<size_t, size_t>> skipped;
  for (const IndentLine& line : lines) {
    bool has_skipped = false;
    int count = 0;
    size_t source = 0, rendered = 0;
    const auto [from, to] = range(line);
    for (size_t i = from; i < to; ++i) {
      if (elements[i].point) continue;
      if (!is_placeholder(elements[i])) break;
      const Segment& tag = *elements[i].block();
      if (count++ == 0) {
        if (tag.part != TemplatePart::block_start) break;
        source = tag.source_start;
        rendered = tag.rendered_start;
        starts[source].push_back(rendered);
      } else if (tag.part == TemplatePart::skipped) {
        has_skipped = true;
      } else if (tag.part == TemplatePart::block_end && has_skipped) {
        skipped.emplace_back(source, rendered);
      }
    }
  }
  std::set<size_t> ignored;
  for (const auto& [source, rendered] : skipped)
    for (size_t other : starts[source])
      if (std::find(skipped.begin(), skipped.end(), std::pair(source, other)) == skipped.end())
        ignored.insert(rendered);
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [&](const IndentLine& line) {
                               const Element* first = first_block(line);
                               return first && is_placeholder(*first) &&
                                      tag_part(*first) == TemplatePart::block_start &&
                                      ignored.count(first->block()->rendered_start);
                             }),
              lines.end());
}

// Tags of one block begin at the same depth, as deep as the lines around allow.
void IndentLines::revise_templated() {
  std::map<int, std::vector<size_t>> grouped;
  std::map<int, int> depth;
  std::vector<int> order;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!all_templates(lines[i])) continue;
    const auto [from, to] = range(lines[i]);
    for (size_t j = from; j < to; ++j) {
      if (elements[j].point || elements[j].block()->block == 0) continue;
      const int block = elements[j].block()->block;
      if (!grouped.count(block)) {
        order.push_back(block);
        depth[block] = lines[i].balance;
      }
      grouped[block].push_back(i);
      depth[block] = std::max(depth[block], lines[i].balance);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return depth[a] > depth[b]; });
  for (size_t i = 0; i < order.size(); ++i) revise_group(order, i, grouped);
  lines.erase(
      std::remove_if(
          lines.begin(), lines.end(),
          [&](const IndentLine& line) {
            const size_t at = line.points.front().index + 1;
            if (at >= elements.size()) return false;
            const Segment& first = *elements[at].block();
            const std::string_view source =
                std::string_view(tree.file.source).substr(first.source_start, first.source_stop - first.source_start);
            return source != first.text && source.find('\n') != std::string_view::npos;
          }),
      lines.end());
}

// How deep a line of tags may stand; nullopt if it says nothing of that.
std::optional<std::set<int>> IndentLines::steps_of(size_t i) const {
  const IndentLine& line = lines[i];
  std::set<int> steps = {line.balance};
  int balance = line.balance;
  const size_t first = line.points.front().index;
  const Element& block = elements[first + 1];
  if (block.block()->kind == K::template_loop) return std::nullopt;
  for (size_t j = first; j > 0; --j) {
    if (elements[j].point) {
      const auto values = own_indents(elements[j]);
      for (auto each = values.rbegin(); each != values.rend(); ++each) steps.insert(balance -= *each);
    } else if (!is_placeholder(elements[j])) {
      break;
    } else if (!is_block_tag(tag_part(elements[j])) && tag_part(elements[j]) != TemplatePart::skipped) {
      break;
    }
  }
  balance = line.balance;
  for (int value : own_indents(elements[line.points.back().index])) steps.insert(balance += value);
  const bool tag = block.block()->kind == K::placeholder;
  const TemplatePart part = tag_part(block);
  if (tag && (part == TemplatePart::block_start || part == TemplatePart::block_mid)) {
    balance = line.balance;
    for (size_t j = line.points.front().index; j < elements.size(); ++j) {
      if (!elements[j].point) {
        if (!is_unrendered(elements[j])) break;
        continue;
      }
      for (int value : own_indents(elements[j])) steps.insert(balance += value);
    }
  }
  if (tag && (part == TemplatePart::block_end || part == TemplatePart::block_mid) && i > 0) {
    if (first > 0 && first - 1 == lines[i - 1].points.front().index + 1) {
      const Element& before = elements[first - 1];
      if (is_placeholder(before) && tag_part(before) == TemplatePart::block_end)
        for (int step = line.balance; step < lines[i - 1].balance; ++step) steps.insert(step);
    }
  }
  return steps;
}

// The lowest balance between the lines of a group, relative to them; `inner` gets the lines between them.
std::optional<int> IndentLines::trough_between(const std::vector<int>& order, size_t at,
                                               const std::map<int, std::vector<size_t>>& grouped,
                                               std::vector<size_t>& inner) const {
  const std::vector<size_t>& group = grouped.at(order[at]);
  const auto in_group = [&](size_t line, size_t from, size_t to) {
    for (size_t g = from; g < to; ++g) {
      const auto& other = grouped.at(order[g]);
      if (std::find(other.begin(), other.end(), line) != other.end()) return true;
    }
    return false;
  };
  std::optional<size_t> last_line = group[0];
  if (group[0] == 0) last_line.reset();  // as in Python, where 0 is false
  int net = 0;
  constexpr int none = std::numeric_limits<int>::max();
  std::optional<int> trough;
  int stashed = none;
  for (size_t i = group.front() + 1; i <= group.back(); ++i) {
    if (in_group(i, at + 1, order.size())) {
      last_line.reset();
      net = 0;
      stashed = none;
    }
    if (std::find(group.begin(), group.end(), i) != group.end()) {
      if (last_line)
        for (size_t j = *last_line + 1; j < i; ++j) inner.push_back(j);
      if (stashed != none) {
        trough = trough ? std::min(*trough, stashed) : stashed;
        stashed = none;
      }
      last_line = i;
      net = 0;
    } else if (last_line) {
      const bool subgroup = in_group(i, 0, at);
      for (size_t p = 0; p + 1 < lines[i].points.size(); ++p) {
        const IndentPoint& point = lines[i].points[p];
        if (is_placeholder(elements[point.index + 1])) {
          const TemplatePart part = tag_part(elements[point.index + 1]);
          if (part == TemplatePart::block_end || part == TemplatePart::block_mid) continue;
        }
        if (point.trough < 0 && !subgroup) {
          const size_t next_line = *std::find_if(group.begin(), group.end(), [&](size_t n) { return n > i; });
          const size_t next_start = lines[next_line].points.front().index;
          bool rendered = false;
          for (size_t j = point.index; j < next_start && !rendered; ++j)
            rendered = !elements[j].point && !is_unrendered(elements[j]);
          if (!rendered) continue;
          const int through = net + point.trough;
          bool untaken = false;
          if (point.impulse < 0)
            for (int b = point.balance; b > point.closing(); --b) untaken = untaken || point.has_untaken(b);
          if (through == 0 && untaken) {
            net += point.impulse;
            continue;
          }
          stashed = std::min(stashed, through);
        }
        net += point.impulse;
      }
    }
  }
  return trough;
}

void IndentLines::revise_group(const std::vector<int>& order, size_t at, std::map<int, std::vector<size_t>>& grouped) {
  const std::vector<size_t>& group = grouped[order[at]];
  if (std::all_of(group.begin(), group.end(), [&](size_t i) { return lines[i].balance == lines[group[0]].balance; }))
    return;
  std::optional<std::set<int>> overlap;
  for (size_t i : group) {
    const auto steps = steps_of(i);
    if (!steps) continue;
    if (!overlap) {
      overlap = *steps;
    } else {
      std::set<int> both;
      std::set_intersection(overlap->begin(), overlap->end(), steps->begin(), steps->end(),
                            std::inserter(both, both.begin()));
      overlap = both;
    }
  }
  if (!overlap) overlap.emplace();

  std::vector<size_t> inner;
  const std::optional<int> trough = trough_between(order, at, grouped, inner);
  int best = 0;
  if (overlap->empty() || (trough && *trough <= 0)) {
    best = lines[group[0]].balance;
    for (size_t i : group) best = std::min(best, lines[i].balance);
    for (size_t i : inner) --lines[i].balance;
  } else {
    int fallback = 0;
    if (overlap->size() > 1) {
      const size_t check[] = {group.front() + 1, group.back() - 1};
      fallback = std::max(lines[check[0]].balance, lines[check[1]].balance);
      for (size_t i : check) overlap->erase(lines[i].balance);
    }
    best = overlap->empty() ? fallback : *overlap->rbegin();
  }
  for (size_t i : group) lines[i].balance = best;
}

// A line of a loop that one turn renders and another does not: as deep as where it is rendered.
void IndentLines::revise_repeated() {
  std::map<std::pair<size_t, size_t>, std::vector<size_t>> groups;
  for (size_t i = 0; i < lines.size(); ++i)
    if (const Element* first = first_block(lines[i]))
      groups[{first->block()->source_start, first->block()->source_stop}].push_back(i);
  for (const auto& [place, group] : groups) {
    if (group.size() < 2) continue;
    std::map<int, int> counts;
    std::vector<size_t> unrendered;
    for (size_t i : group) {
      if (all_templates(lines[i]))
        unrendered.push_back(i);
      else
        ++counts[lines[i].balance];
    }
    if (counts.empty() || unrendered.empty()) continue;
    int target = 0, most = 0;
    for (const auto& [balance, count] : counts)
      if (count >= most) {
        most = count;
        target = balance;
      }
    for (size_t i : unrendered) lines[i].balance = target;
  }
}

// Comments on lines of their own are as deep as what follows them.
void IndentLines::revise_comments() {
  std::vector<size_t> waiting;
  std::vector<bool> gone(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    if (all_comments(lines[i])) {
      if (layout.ignore_comment_lines)
        gone[i] = true;
      else
        waiting.push_back(i);
      continue;
    }
    for (size_t each : waiting) lines[each].balance = lines[i].balance;
    waiting.clear();
  }
  for (size_t each : waiting) lines[each].balance = 0;
  std::vector<IndentLine> kept;
  for (size_t i = 0; i < lines.size(); ++i)
    if (!gone[i]) kept.push_back(std::move(lines[i]));
  lines = std::move(kept);
}

}  // namespace weir::lint
