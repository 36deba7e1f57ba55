// Indentation: how deep each line begins, from the balance of indents up to it; and line breaks where an indent that
// was not taken by a line break is left by one.
#include <algorithm>
#include <map>
#include <set>

#include "lint/indent_lines.h"

namespace weir::lint {

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

bool is_within_any(const Element& block, const std::vector<K>& kinds) {
  for (const Segment* at = block.parent; at; at = at->parent)
    if (std::any_of(kinds.begin(), kinds.end(), [&](K kind) { return at->is(kind); })) return true;
  return false;
}

}  // namespace

// One pass over the lines, each with what the lines before it came to.
struct Reflow::Reindenting {
  Reindenting(Reflow& of, const IndentLines& map)
      : of(of), map(map), unit(of.layout_.one_indent()), buffer(of.elements_) {
    for (K kind : {K::comma, K::binary_operator})
      if (of.layout_.of(kind).line.text == "leading:align-following")
        following[kind] = of.layout_.of(kind).after.what == Spacing::touch ? 0 : 1;
  }

  void line(const IndentLine& line) {
    begin(line);
    std::vector<int> newly;
    bool broke = break_untaken(line, newly);
    if (!broke) {
      newly.clear();
      broke = break_last(line, newly);
    }
    if (broke) {
      forced.insert(forced.end(), newly.begin(), newly.end());
      return;
    }
    if (line.closing() < line.opening()) break_dedents(line);
    forced.erase(std::remove_if(forced.begin(), forced.end(), [&](int each) { return each > line.closing(); }),
                 forced.end());
  }

  bool take(Changed changed, size_t point) {
    const bool any = !changed.found.empty();
    for (auto& each : changed.found) of.found.push_back(std::move(each));
    buffer[point] = std::move(changed.point);
    return any;
  }

  // How the line begins.
  void begin(const IndentLine& line) {
    int compensation = 0;
    if (!following.empty()) {
      const Element* first = map.first_block(line);
      if (first && following.count(first->block()->kind))
        compensation = static_cast<int>(first->block()->text.size()) + following[first->block()->kind];
    }
    const IndentPoint& start = line.points.front();
    const size_t at = start.index;
    int relevant = 0;
    for (int each : start.untaken)
      if (start.trough == 0 || each <= line.balance - (start.impulse - start.trough)) ++relevant;
    const int units = line.balance - relevant + static_cast<int>(forced.size());
    std::string wanted = repeated(unit, units);
    if (compensation > 0 && units != 0 && static_cast<int>(wanted.size()) >= compensation)
      wanted.resize(wanted.size() - static_cast<size_t>(compensation));
    const std::string now = current_indent(buffer, line.points.back().last_break);
    bool fine = now == wanted;
    if (!fine && at > 0 && at + 1 < buffer.size()) {
      if (buffer[at + 1].block()->is_comment() && now.size() == current_indent(buffer, start.last_break).size())
        fine = true;
      if (buffer[at - 1].block()->is(K::block_comment) && buffer[at + 1].block()->is(K::block_comment) &&
          now.size() > wanted.size())
        fine = true;
    }
    if (!fine) {
      if (at == 0 && !start.is_break) {
        Segment* first = buffer[0].segments[0];
        Finding finding{first, {}, "The first line has an indent."};
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
        of.found.push_back(std::move(finding));
        buffer[0].segments.clear();
      } else {
        take(of.indent_to(buffer[at], wanted, nullptr, buffer[at + 1].block()), at);
      }
    }
  }

  // Indents that should have been taken by a line break.
  bool break_untaken(const IndentLine& line, std::vector<int>& newly) {
    bool broke = false;
    for (const IndentPoint& point : line.points) {
      if (std::find(map.imbalanced.begin(), map.imbalanced.end(), point.index) == map.imbalanced.end() ||
          map.implicit_breaks.count(point.index))
        continue;
      std::set<int> open(point.untaken.begin(), point.untaken.end());
      for (int each : newly) open.erase(each);
      if (take(of.indent_to(buffer[point.index], repeated(unit, point.closing() - static_cast<int>(open.size())),
                            nullptr, buffer[point.index + 1].block()),
               point.index))
        broke = true;
      newly.push_back(point.closing());
    }
    return broke;
  }

  // The indent that the line leaves open, where nothing behind it takes it back.
  bool break_last(const IndentLine& line, std::vector<int>& newly) {
    bool broke = false;
    const IndentPoint& last = line.points.back();
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
        const auto point = std::find_if(line.points.begin(), line.points.end(),
                                        [&](const IndentPoint& each) { return each.closing() == closing; });
        if (point != line.points.end()) {
          broke = take(of.indent_to(buffer[point->index],
                                    repeated(unit, point->closing() - static_cast<int>(point->untaken.size())), nullptr,
                                    buffer[point->index + 1].block()),
                       point->index);
          newly.push_back(closing);
        }
      }
    }
    return broke;
  }

  // Dedents behind which a line should begin.
  void break_dedents(const IndentLine& line) {
    for (size_t i = 0; i + 1 < line.points.size(); ++i) {
      const IndentPoint& point = line.points[i];
      if (point.is_break || point.impulse >= 0 || point.balance + point.trough >= line.opening()) continue;
      const auto is_open = [&](int each) {
        return point.has_untaken(each) && std::find(forced.begin(), forced.end(), each) == forced.end();
      };
      bool covered = true;
      for (int each = point.balance; each > point.balance + point.trough; --each) covered = covered && is_open(each);
      if (covered) continue;
      const Element& next = buffer[point.index + 1];
      if (next.block()->is_any({K::statement_terminator, K::comma})) continue;
      if (is_placeholder(next) && is_block_tag(tag_part(next))) continue;
      take(of.indent_to(buffer[point.index],
                        repeated(unit, point.closing() - static_cast<int>(point.untaken.size()) +
                                           static_cast<int>(forced.size())),
                        nullptr, next.block()),
           point.index);
    }
  }

  // With implicit indents required, line breaks that one of them makes needless go.
  void collapse_implicit() {
    std::vector<Finding> collapsed;
    std::set<Segment*> anchors;
    for (size_t i : map.implicit_breaks) {
      if (i + 1 < buffer.size() && !buffer[i + 1].point &&
          is_within_any(buffer[i + 1], of.layout_.skip_implicit_indents_in))
        continue;
      const Element& point = of.elements_[i];
      if (count_newlines(point) == 0 || point.segments.empty()) continue;
      Finding finding{point.segments[0], {}, "The indent goes without this line break."};
      finding.fixes.push_back(fix_replace(point.segments[0], {of.tree_.make_blank(" ")}));
      for (size_t j = 1; j < point.segments.size(); ++j) finding.fixes.push_back(fix_remove(point.segments[j]));
      for (const Fix& fix : finding.fixes) anchors.insert(fix.anchor);
      collapsed.push_back(std::move(finding));
    }
    of.found.erase(std::remove_if(of.found.begin(), of.found.end(),
                                  [&](const Finding& each) {
                                    return std::any_of(each.fixes.begin(), each.fixes.end(),
                                                       [&](const Fix& fix) { return anchors.count(fix.anchor); });
                                  }),
                   of.found.end());
    of.found.insert(of.found.begin(), collapsed.begin(), collapsed.end());
  }

  Reflow& of;
  const IndentLines& map;
  const std::string unit;
  std::map<K, int> following;  // blanks behind what lines begin with and are aligned by what follows it
  std::vector<int> forced;     // indents that line breaks made here have taken
  Elements buffer;
};

void Reflow::reindent() {
  IndentLines map(tree_, layout_, elements_);
  map.map_lines();
  map.revise_skipped();
  map.revise_templated();
  map.revise_repeated();
  map.revise_comments();
  Reindenting pass(*this, map);
  const auto is_judged = [&](const Element& block) { return !is_within_any(block, layout_.skip_indentation_in); };
  for (const IndentLine& line : map.lines)
    if (layout_.skip_indentation_in.empty() || map.all_blocks(line, is_judged)) pass.line(line);
  if (layout_.implicit_indents == "require") pass.collapse_implicit();
  elements_ = std::move(pass.buffer);
}

}  // namespace weir::lint
