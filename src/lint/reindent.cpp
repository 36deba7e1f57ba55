// Indentation: how deep each line begins, from the balance of indents up to it; and line breaks where an indent that was
// not taken by a line break is left by one.
#include <algorithm>
#include <map>
#include <set>

#include "lint/reflow.h"

namespace weir::lint {

namespace {

struct Point {
  size_t index = 0;
  int impulse = 0, trough = 0;
  int balance = 0;  // before it
  std::optional<size_t> last_break;
  bool is_break = false;
  std::vector<int> untaken;  // indents that no line break has taken

  int closing() const { return balance + impulse; }
  bool has_untaken(int value) const { return std::find(untaken.begin(), untaken.end(), value) != untaken.end(); }
};

struct Line {
  int balance = 0;
  std::vector<Point> points;

  bool is_first() const { return !points.back().last_break.has_value(); }
  int opening() const { return is_first() ? 0 : points.front().closing(); }
  int closing() const { return points.back().closing(); }
};

TemplatePart part_of(const Element& block) { return block.block()->part; }
bool is_placeholder(const Element& element) { return !element.point && element.block()->kind == K::placeholder; }
bool is_block_part(TemplatePart part) { return part == TemplatePart::block_start || part == TemplatePart::block_mid || part == TemplatePart::block_end; }

// Indents of a point without those that tags bring.
std::vector<int> own_indents(const Element& point) {
  std::vector<int> values;
  for (const Segment* each : point.segments)
    if (each->is(K::indent) && each->block == 0) values.push_back(each->indent_value);
  return values;
}

}  // namespace

struct Reflow::Lines {
  Lines(Reflow& reflow, const Elements& elements) : reflow(reflow), elements(elements) {}

  Reflow& reflow;
  const Elements& elements;
  std::vector<Line> lines;
  std::vector<size_t> imbalanced;
  std::set<size_t> implicit_breaks;

  std::pair<size_t, size_t> range(const Line& line) const { return {line.is_first() ? 0 : line.points.front().index, line.points.back().index}; }
  template <class F>
  bool all_blocks(const Line& line, F&& judge) const {
    const auto [from, to] = range(line);
    for (size_t i = from; i < to; ++i)
      if (!elements[i].point && !judge(elements[i])) return false;
    return true;
  }
  bool all_templates(const Line& line) const { return all_blocks(line, is_unrendered); }
  bool all_comments(const Line& line) const {
    bool any = false;
    return all_blocks(line, [&](const Element& block) { return any = true, block.block()->is_comment(); }) && any;
  }
  const Element* first_block(const Line& line) const {
    const auto [from, to] = range(line);
    for (size_t i = from; i < to; ++i)
      if (!elements[i].point) return &elements[i];
    return nullptr;
  }

  std::vector<Point> crawl() const;
  void map_lines();
  void revise_skipped();
  void revise_templated();
  void revise_group(const std::vector<int>& order, size_t at, std::map<int, std::vector<size_t>>& grouped);
  void revise_repeated();
  void revise_comments();
};

std::vector<Point> Reflow::Lines::crawl() const {
  std::vector<Point> points;
  const bool forbid = reflow.layout_.implicit_indents == "forbid";
  std::optional<size_t> last_break;
  int balance = 0;
  std::vector<int> untaken;
  std::optional<IndentStats> cached_stats;
  std::optional<Point> cached;
  const auto update = [&](const IndentStats& stats, bool newline) {
    const int limit = balance + stats.impulse + (stats.trough < stats.impulse ? stats.trough : 0);
    untaken.erase(std::remove_if(untaken.begin(), untaken.end(), [&](int each) { return each > limit; }), untaken.end());
    if (stats.impulse > stats.trough && !newline)
      for (int i = stats.trough; i < stats.impulse; ++i) {
        const int value = balance + i + 1;
        if (std::find(stats.implicit.begin(), stats.implicit.end(), value - balance) == stats.implicit.end()) untaken.push_back(value);
      }
    balance += stats.impulse;
  };
  for (size_t i = 0; i < elements.size(); ++i) {
    const Element& element = elements[i];
    if (!element.point) continue;
    IndentStats stats = indent_stats(element);
    if (cached_stats) stats = {cached_stats->impulse + stats.impulse, std::min(cached_stats->trough, cached_stats->impulse + stats.trough), stats.implicit};
    const Element* next = i + 1 < elements.size() ? &elements[i + 1] : nullptr;
    if (!stats.implicit.empty()) {
      bool unclosed = false;
      if (!forbid && next && next->block()->is(K::start_bracket)) {
        unclosed = true;
        for (size_t j = i + 1; j < elements.size(); ++j) {
          if (elements[j].point) {
            if (count_newlines(elements[j]) > 0) break;
          } else if (elements[j].block()->is(K::end_bracket) && elements[j].parent == next->parent) {
            unclosed = false;
            break;
          }
        }
      }
      if (unclosed || forbid) stats.implicit.clear();
    }
    if (cached) {
      Point point = *cached;
      point.balance = balance;
      point.untaken = untaken;
      if (cached->is_break) {
        point.impulse = stats.impulse;
        point.trough = stats.trough;
        points.push_back(point);
        update(stats, true);
        stats.impulse = stats.trough = 0;
      } else {
        point.impulse = point.trough = 0;
        points.push_back(point);
      }
    }
    cached_stats.reset();
    cached.reset();
    const bool newline = has_literal_newline(element) && last_break != i;
    Point point{i, stats.impulse, stats.trough, balance, last_break, newline, untaken};
    if (newline) last_break = i;
    const bool before_comment = next && next->block()->is_comment();
    const bool before_tag = next && is_placeholder(*next) && (next->block()->source.empty() || (!newline && part_of(*next) == TemplatePart::templated));
    if (before_comment || before_tag) {
      cached_stats = stats;
      cached = point;
      continue;
    }
    if (newline || stats.impulse != 0 || stats.trough != 0 || i == 0 || (next && next->block()->kind == K::end_of_file)) points.push_back(point);
    update(stats, newline);
  }
  return points;
}

void Reflow::Lines::map_lines() {
  const std::string& implicit = reflow.layout_.implicit_indents;
  std::vector<Point> buffer;
  std::map<size_t, Point> previous;
  std::map<int, size_t> untaken_at;
  const auto line_of = [](std::vector<Point> points) {
    Line line;
    const auto& last = points.back().last_break;
    line.balance = last && *last != 0 ? points.front().closing() : 0;
    line.points = std::move(points);
    return line;
  };
  for (const Point& point : crawl()) {
    buffer.push_back(point);
    previous[point.index] = point;
    const IndentStats stats = indent_stats(elements[point.index]);
    if (implicit == "require" && !stats.implicit.empty() && point.is_break) implicit_breaks.insert(point.index);
    if (!point.is_break) {
      if (point.impulse > point.trough && !(implicit != "forbid" && !stats.implicit.empty())) untaken_at[point.closing()] = point.index;
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
        if (std::any_of(buffer.begin(), buffer.end(), [&](const Point& each) { return each.index == at; })) continue;
        const Point* last = nullptr;
        for (auto each = previous.lower_bound(at); each != previous.end() && each->first < point.index; ++each) {
          last = &each->second;
          if (last->is_break) break;
        }
        bool comments = last != nullptr;
        for (size_t k = last ? last->index + 1 : point.index; k < point.index && comments; k += 2) comments = !elements[k].point && elements[k].block()->is_comment();
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
void Reflow::Lines::revise_skipped() {
  std::map<size_t, std::vector<size_t>> starts;
  std::vector<std::pair<size_t, size_t>> skipped;
  for (const Line& line : lines) {
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
      if (std::find(skipped.begin(), skipped.end(), std::pair(source, other)) == skipped.end()) ignored.insert(rendered);
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [&](const Line& line) {
                               const Element* first = first_block(line);
                               return first && is_placeholder(*first) && part_of(*first) == TemplatePart::block_start && ignored.count(first->block()->rendered_start);
                             }),
              lines.end());
}

// Tags of one block begin at the same depth, as deep as the lines around allow.
void Reflow::Lines::revise_templated() {
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
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [&](const Line& line) {
                               const size_t at = line.points.front().index + 1;
                               if (at >= elements.size()) return false;
                               const Segment& first = *elements[at].block();
                               const std::string_view source = std::string_view(reflow.tree_.file.source).substr(first.source_start, first.source_stop - first.source_start);
                               return source != first.text && source.find('\n') != std::string_view::npos;
                             }),
              lines.end());
}

void Reflow::Lines::revise_group(const std::vector<int>& order, size_t at, std::map<int, std::vector<size_t>>& grouped) {
  const std::vector<size_t>& group = grouped[order[at]];
  if (std::all_of(group.begin(), group.end(), [&](size_t i) { return lines[i].balance == lines[group[0]].balance; })) return;
  std::optional<std::set<int>> overlap;
  for (size_t i : group) {
    const Line& line = lines[i];
    std::set<int> steps = {line.balance};
    int balance = line.balance;
    const size_t first = line.points.front().index;
    const Element& block = elements[first + 1];
    if (block.block()->kind == K::template_loop) continue;
    for (size_t j = first; j > 0; --j) {
      if (elements[j].point) {
        const auto values = own_indents(elements[j]);
        for (auto each = values.rbegin(); each != values.rend(); ++each) steps.insert(balance -= *each);
      } else if (!is_placeholder(elements[j])) {
        break;
      } else if (!is_block_part(part_of(elements[j])) && part_of(elements[j]) != TemplatePart::skipped) {
        break;
      }
    }
    balance = line.balance;
    for (int value : own_indents(elements[line.points.back().index])) steps.insert(balance += value);
    const bool tag = block.block()->kind == K::placeholder;
    const TemplatePart part = part_of(block);
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
        if (is_placeholder(before) && part_of(before) == TemplatePart::block_end)
          for (int step = line.balance; step < lines[i - 1].balance; ++step) steps.insert(step);
      }
    }
    if (!overlap) {
      overlap = steps;
    } else {
      std::set<int> both;
      std::set_intersection(overlap->begin(), overlap->end(), steps.begin(), steps.end(), std::inserter(both, both.begin()));
      overlap = both;
    }
  }
  if (!overlap) overlap.emplace();

  const auto in_group = [&](size_t line, size_t from, size_t to) {
    for (size_t g = from; g < to; ++g) {
      const auto& other = grouped[order[g]];
      if (std::find(other.begin(), other.end(), line) != other.end()) return true;
    }
    return false;
  };
  std::optional<size_t> last_line = group[0];
  if (group[0] == 0) last_line.reset();  // as in Python, where 0 is false
  int net = 0;
  std::optional<int> trough, stashed;
  std::vector<size_t> inner;
  for (size_t i = group.front() + 1; i <= group.back(); ++i) {
    if (in_group(i, at + 1, order.size())) {
      last_line.reset();
      net = 0;
      stashed.reset();
    }
    if (std::find(group.begin(), group.end(), i) != group.end()) {
      if (last_line)
        for (size_t j = *last_line + 1; j < i; ++j) inner.push_back(j);
      if (stashed) {
        trough = trough ? std::min(*trough, *stashed) : *stashed;
        stashed.reset();
      }
      last_line = i;
      net = 0;
    } else if (last_line) {
      const bool subgroup = in_group(i, 0, at);
      for (size_t p = 0; p + 1 < lines[i].points.size(); ++p) {
        const Point& point = lines[i].points[p];
        if (is_placeholder(elements[point.index + 1])) {
          const TemplatePart part = part_of(elements[point.index + 1]);
          if (part == TemplatePart::block_end || part == TemplatePart::block_mid) continue;
        }
        if (point.trough < 0 && !subgroup) {
          const size_t next_line = *std::find_if(group.begin(), group.end(), [&](size_t n) { return n > i; });
          const size_t next_start = lines[next_line].points.front().index;
          bool rendered = false;
          for (size_t j = point.index; j < next_start && !rendered; ++j) rendered = !elements[j].point && !is_unrendered(elements[j]);
          if (!rendered) continue;
          const int through = net + point.trough;
          bool untaken = false;
          if (point.impulse < 0)
            for (int b = point.balance; b > point.closing(); --b) untaken = untaken || point.has_untaken(b);
          if (through == 0 && untaken) {
            net += point.impulse;
            continue;
          }
          stashed = stashed ? std::min(*stashed, through) : through;
        }
        net += point.impulse;
      }
    }
  }
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
void Reflow::Lines::revise_repeated() {
  std::map<std::pair<size_t, size_t>, std::vector<size_t>> groups;
  for (size_t i = 0; i < lines.size(); ++i)
    if (const Element* first = first_block(lines[i])) groups[{first->block()->source_start, first->block()->source_stop}].push_back(i);
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
void Reflow::Lines::revise_comments() {
  std::vector<size_t> waiting;
  std::vector<bool> gone(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    if (all_comments(lines[i])) {
      if (reflow.layout_.ignore_comment_lines)
        gone[i] = true;
      else
        waiting.push_back(i);
      continue;
    }
    for (size_t each : waiting) lines[each].balance = lines[i].balance;
    waiting.clear();
  }
  for (size_t each : waiting) lines[each].balance = 0;
  std::vector<Line> kept;
  for (size_t i = 0; i < lines.size(); ++i)
    if (!gone[i]) kept.push_back(std::move(lines[i]));
  lines = std::move(kept);
}

namespace {

std::string current_indent(const Elements& elements, std::optional<size_t> last_break) {
  const Segment* indent = nullptr;
  if (elements.empty() || elements[0].segments.empty()) return "";
  if (last_break && *last_break != 0) {
    indent = indent_segment(elements[*last_break]);
  } else if (elements[0].point && elements[0].segments[0]->rendered_start == 0 && !elements[0].segments[0]->fresh) {
    const Segment* first = elements[0].segments[0];
    if (first->kind == K::placeholder) {
      if (!first->source.empty() && (first->source[0] == ' ' || first->source[0] == '\t')) indent = first;
    } else {
      for (auto each = elements[0].segments.rbegin(); each != elements[0].segments.rend(); ++each) {
        indent = *each;
        if (indent->kind == K::whitespace && !indent->is_templated()) break;
      }
      if (indent && indent->kind != K::whitespace) indent = nullptr;
    }
  }
  if (!indent) return "";
  if (indent->kind == K::placeholder) return std::string(indent->source.substr(indent->source.rfind('\n') + 1));
  return std::string(indent->text);
}

std::string repeated(const std::string& unit, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += unit;
  return text;
}

}  // namespace

void Reflow::reindent() {
  Lines map(*this, elements_);
  map.map_lines();
  map.revise_skipped();
  map.revise_templated();
  map.revise_repeated();
  map.revise_comments();
  const auto is_inside_any = [](const Element& block, const std::vector<K>& kinds) {
    for (const Segment* at = block.parent; at; at = at->parent)
      if (std::any_of(kinds.begin(), kinds.end(), [&](K kind) { return at->is(kind); })) return true;
    return false;
  };
  std::map<K, int> following;
  for (K kind : {K::comma, K::binary_operator})
    if (layout_.of(kind).line.text == "leading:align-following") following[kind] = layout_.of(kind).after.what == Spacing::touch ? 0 : 1;

  const std::string unit = layout_.one_indent();
  std::vector<int> forced;
  Elements buffer = elements_;
  const auto take = [&](Changed changed, size_t point) {
    const bool any = !changed.found.empty();
    for (auto& each : changed.found) found.push_back(std::move(each));
    buffer[point] = std::move(changed.point);
    return any;
  };
  for (const Line& line : map.lines) {
    if (!layout_.skip_indentation_in.empty() && !map.all_blocks(line, [&](const Element& block) { return !is_inside_any(block, layout_.skip_indentation_in); })) continue;
    int compensation = 0;
    if (!following.empty()) {
      const Element* first = map.first_block(line);
      if (first && following.count(first->block()->kind)) compensation = static_cast<int>(first->block()->text.size()) + following[first->block()->kind];
    }
    // How the line begins.
    const Point& start = line.points.front();
    const size_t at = start.index;
    {
      int relevant = 0;
      for (int each : start.untaken)
        if (start.trough == 0 || each <= line.balance - (start.impulse - start.trough)) ++relevant;
      const int units = line.balance - relevant + static_cast<int>(forced.size());
      std::string wanted = repeated(unit, units);
      if (compensation > 0 && units != 0 && static_cast<int>(wanted.size()) >= compensation) wanted.resize(wanted.size() - static_cast<size_t>(compensation));
      const std::string now = current_indent(buffer, line.points.back().last_break);
      bool fine = now == wanted;
      if (!fine && at > 0 && at + 1 < buffer.size()) {
        if (buffer[at + 1].block()->is_comment() && now.size() == current_indent(buffer, start.last_break).size()) fine = true;
        if (buffer[at - 1].block()->is(K::block_comment) && buffer[at + 1].block()->is(K::block_comment) && now.size() > wanted.size()) fine = true;
      }
      if (!fine) {
        if (at == 0 && !start.is_break) {
          Segment* first = buffer[0].segments[0];
          Finding finding{first, {}, "First line should not be indented."};
          if (first->kind == K::placeholder) {
            Fix fix;
            fix.edit = Fix::source;
            fix.anchor = first;
            fix.start = 0;
            fix.stop = now.size();
            finding.fixes.push_back(fix);
          } else {
            for (Segment* each : buffer[0].segments) finding.fixes.push_back(fix_remove(each));
          }
          found.push_back(std::move(finding));
          buffer[0].segments.clear();
        } else {
          take(indent_to(buffer[at], wanted, nullptr, buffer[at + 1].block()), at);
        }
      }
    }
    // Indents that should have been taken by a line break.
    std::vector<int> newly;
    bool broke = false;
    for (const Point& point : line.points) {
      if (std::find(map.imbalanced.begin(), map.imbalanced.end(), point.index) == map.imbalanced.end() || map.implicit_breaks.count(point.index)) continue;
      std::set<int> open(point.untaken.begin(), point.untaken.end());
      for (int each : newly) open.erase(each);
      if (take(indent_to(buffer[point.index], repeated(unit, point.closing() - static_cast<int>(open.size())), nullptr, buffer[point.index + 1].block()), point.index)) broke = true;
      newly.push_back(point.closing());
    }
    if (!broke) {
      newly.clear();
      const Point& last = line.points.back();
      if (last.balance + last.trough > line.opening()) {
        int closing = last.balance + (last.trough != 0 ? last.trough : last.impulse);
        int sum = 0;
        for (size_t i = last.index + 1; i < buffer.size(); ++i) {
          if (!buffer[i].point) {
            if (!buffer[i].block()->is_comment()) break;
            continue;
          }
          const IndentStats stats = indent_stats(buffer[i]);
          if (stats.impulse > 0) break;
          closing = sum + stats.trough;
          sum += stats.impulse;
        }
        if (last.has_untaken(closing)) {
          const auto point = std::find_if(line.points.begin(), line.points.end(), [&](const Point& each) { return each.closing() == closing; });
          if (point != line.points.end()) {
            broke = take(indent_to(buffer[point->index], repeated(unit, point->closing() - static_cast<int>(point->untaken.size())), nullptr, buffer[point->index + 1].block()), point->index);
            newly.push_back(closing);
          }
        }
      }
    }
    if (broke) {
      forced.insert(forced.end(), newly.begin(), newly.end());
      continue;
    }
    // Dedents behind which a line should begin.
    if (line.closing() < line.opening()) {
      for (size_t i = 0; i + 1 < line.points.size(); ++i) {
        const Point& point = line.points[i];
        if (point.is_break || point.impulse >= 0 || point.balance + point.trough >= line.opening()) continue;
        const auto is_open = [&](int each) { return point.has_untaken(each) && std::find(forced.begin(), forced.end(), each) == forced.end(); };
        bool covered = true;
        for (int each = point.balance; each > point.balance + point.trough; --each) covered = covered && is_open(each);
        if (covered) continue;
        const Element& next = buffer[point.index + 1];
        if (next.block()->is_any({K::statement_terminator, K::comma})) continue;
        if (is_placeholder(next) && is_block_part(part_of(next))) continue;
        take(indent_to(buffer[point.index], repeated(unit, point.closing() - static_cast<int>(point.untaken.size()) + static_cast<int>(forced.size())), nullptr, next.block()), point.index);
      }
    }
    forced.erase(std::remove_if(forced.begin(), forced.end(), [&](int each) { return each > line.closing(); }), forced.end());
  }
  if (layout_.implicit_indents == "require") {
    std::vector<Finding> collapsed;
    std::set<Segment*> anchors;
    for (size_t i : map.implicit_breaks) {
      if (i + 1 < buffer.size() && !buffer[i + 1].point && is_inside_any(buffer[i + 1], layout_.skip_implicit_indents_in)) continue;
      const Element& point = elements_[i];
      if (count_newlines(point) == 0 || point.segments.empty()) continue;
      Finding finding{point.segments[0], {}, "Removed line break in favor of implicit indentation."};
      finding.fixes.push_back(fix_replace(point.segments[0], {tree_.make_blank(" ")}));
      for (size_t j = 1; j < point.segments.size(); ++j) finding.fixes.push_back(fix_remove(point.segments[j]));
      for (const Fix& fix : finding.fixes) anchors.insert(fix.anchor);
      collapsed.push_back(std::move(finding));
    }
    found.erase(std::remove_if(found.begin(), found.end(),
                               [&](const Finding& each) { return std::any_of(each.fixes.begin(), each.fixes.end(), [&](const Fix& fix) { return anchors.count(fix.anchor); }); }),
                found.end());
    found.insert(found.begin(), collapsed.begin(), collapsed.end());
  }
  elements_ = std::move(buffer);
}

}  // namespace weir::lint
