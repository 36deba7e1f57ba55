// Line breaks around operators, commas, clauses and set operators: leading, trailing, or alone on a line.
#include <algorithm>

#include "base/text.h"
#include "lint/reflow.h"

namespace weir::lint {

namespace {

bool is_code(const Element& block) {
  return std::any_of(block.segments.begin(), block.segments.end(), [](const Segment* each) { return each->is_code(); });
}

std::string capitalised(std::string text) {
  text = lower(text);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// The index of the block's branch in an ancestor; -1 if it is not below it.
int index_in(const Element& block, const Segment* ancestor) {
  uint32_t index = block.index;
  for (const Segment* at = block.parent; at; index = at->index, at = at->parent)
    if (at == ancestor) return static_cast<int>(index);
  return -1;
}

bool ends_in(const Element& block, const Segment* ancestor) {
  const int index = index_in(block, ancestor);
  return ancestor->code_children == 1 || (ancestor->code_children > 1 && index == ancestor->last_code);
}

}  // namespace

std::vector<Reflow::Span> Reflow::spans(const Elements& elements) const {
  std::vector<Span> found;
  if (elements.size() < 5) return found;
  for (size_t i = 2; i + 2 < elements.size(); ++i) {
    const Element& element = elements[i];
    if (element.point) continue;
    const LinePosition& own = layout_.of(element.block()->kind).line;
    if (own.what != LinePosition::unset && own.what != LinePosition::none) {
      if (!element.block()->literal) continue;
      found.push_back({element.block(), i, i, own});
    }
    // Outermost first.
    std::vector<Segment*> line;
    for (Segment* at = element.parent; at; at = at->parent) line.push_back(at);
    for (auto each = line.rbegin(); each != line.rend(); ++each) {
      const LinePosition& position = layout_.of((*each)->kind).line;
      if (position.what == LinePosition::unset || position.what == LinePosition::none || index_in(element, *each) != 0)
        continue;
      for (size_t end = i; end < elements.size(); ++end) {
        if (elements[end].point) continue;
        size_t last = SIZE_MAX;
        if (index_in(elements[end], *each) < 0)
          last = end - 2;
        else if (ends_in(elements[end], *each))
          last = end;
        if (last == SIZE_MAX) continue;
        found.push_back({*each, i, last, position});
        break;
      }
    }
  }
  return found;
}

std::vector<Reflow::Span> Reflow::keyword_spans(const Elements& elements) const {
  std::vector<Span> found;
  if (elements.size() < 5) return found;
  for (size_t i = 2; i + 2 < elements.size(); ++i) {
    const Element& element = elements[i];
    if (element.point || !element.parent) continue;
    Segment* parent = element.parent;
    const KindLayout& of = layout_.of(parent->kind);
    if (of.keyword_line.what == LinePosition::unset || of.keyword_line.what == LinePosition::none) continue;
    if (element.index > 1 || !element.block()->is(K::keyword)) continue;
    for (size_t end = i; end < elements.size(); ++end) {
      size_t last = SIZE_MAX;
      if (elements[end].point) {
        if (!holds_kind(elements[end], K::indent)) continue;
        last = end - 1;
      } else if (ends_in(elements[end], parent)) {
        last = end;
      }
      if (last == SIZE_MAX) continue;
      bool excluded = false;
      for (const Segment* at = parent; at && !excluded; at = at->parent)
        excluded = std::any_of(of.keyword_exclusions.begin(), of.keyword_exclusions.end(),
                               [&](K kind) { return at->is(kind); });
      if (!excluded) found.push_back({element.block(), i, last, of.keyword_line});
      break;
    }
  }
  return found;
}

bool Reflow::locate(const Span& span, const Elements& elements, Location& location) const {
  const auto side = [&](size_t start, int direction, Side& found) {
    const auto size = static_cast<std::ptrdiff_t>(elements.size());
    const std::ptrdiff_t limit = direction < 0 ? 0 : size;
    const auto before_limit = [&](std::ptrdiff_t at) { return direction < 0 ? at > limit : at < limit; };
    std::ptrdiff_t at = static_cast<std::ptrdiff_t>(start) + direction;
    found.adjacent = static_cast<size_t>(at);
    const auto beside = [&](std::ptrdiff_t point) -> const Element* {
      const std::ptrdiff_t block = point + direction;
      return block >= 0 && block < size ? &elements[static_cast<size_t>(block)] : nullptr;
    };
    bool any = false;
    std::ptrdiff_t newline = at;
    for (; before_limit(at); at += 2 * direction) {
      newline = at;
      any = true;
      const Element* next = beside(at);
      if (holds_kind(elements[static_cast<size_t>(at)], K::newline) || (next && is_code(*next))) break;
    }
    if (!any) return false;
    found.newline = static_cast<size_t>(newline);
    any = false;
    std::ptrdiff_t code = newline;
    for (at = newline; before_limit(at); at += 2 * direction) {
      code = at;
      any = true;
      const Element* next = beside(at);
      if (next && is_code(*next)) break;
    }
    if (!any) return false;
    found.before_code = static_cast<size_t>(code);
    return true;
  };
  location.target = span.target;
  location.position = span.position;
  return side(span.start, -1, location.previous) && side(span.stop, 1, location.next);
}

namespace {

bool first_newline_templated(const Segments& segments, bool from_end) {
  const auto judge = [](const Segment* each) { return each->kind == K::newline; };
  if (from_end) {
    const auto found = std::find_if(segments.rbegin(), segments.rend(), judge);
    return found != segments.rend() && !(*found)->literal;
  }
  const auto found = std::find_if(segments.begin(), segments.end(), judge);
  return found != segments.end() && !(*found)->literal;
}

// The points that may give a place for what is moved, the nearest to the code first; nullptr if all are empty.
const Segments* place_in(const Elements& buffer, size_t from, size_t to) {
  const bool down = from > to;
  for (size_t i = from;; down ? --i : ++i) {
    if (!buffer[i].segments.empty()) return &buffer[i].segments;
    if (i == to) return nullptr;
  }
}

}  // namespace

// What takes a target to the side of the line break that it belongs on.
struct Reflow::Rebreaking {
  Rebreaking(Reflow& flow, const Location& location, Elements& elements)
      : of(flow),
        buffer(elements),
        at(location),
        target(*location.target),
        name(capitalised(pretty_name(*location.target))),
        before(newlines(location.previous.newline)),
        behind(newlines(location.next.newline)) {}

  bool leading();
  bool trailing();
  bool alone();

  int newlines(size_t point) const { return count_newlines(buffer[point]); }
  void take(Changed changed, size_t point) {
    for (auto& each : changed.found) results.push_back(std::move(each));
    buffer[point] = std::move(changed.point);
  }
  void respace(size_t point) {
    Changed changed = of.respace_point(buffer[point], &buffer[point - 1], &buffer[point + 1], std::move(results), true);
    results = std::move(changed.found);
    buffer[point] = std::move(changed.point);
  }
  void break_before(const std::string& indent) {
    take(of.indent_to(buffer[at.previous.adjacent], indent, nullptr, &target), at.previous.adjacent);
  }
  void break_behind(const std::string& indent) {
    take(of.indent_to(buffer[at.next.adjacent], indent, &target, nullptr), at.next.adjacent);
  }
  std::string indent_of_first() const { return of.line_indent(target.raw ? target : *of.tree_.raws[target.raw_index]); }
  std::string indent_of_last() const {
    return of.line_indent(target.raw ? target : *of.tree_.raws[target.raw_stop - 1]);
  }
  bool move_down();
  bool move_up();
  void append(Elements& to, size_t from, size_t until) const {
    to.insert(to.end(), buffer.begin() + static_cast<std::ptrdiff_t>(from),
              buffer.begin() + static_cast<std::ptrdiff_t>(until));
  }

  Reflow& of;
  Elements& buffer;
  const Location& at;
  Segment& target;
  std::string name;
  int before, behind;  // line breaks
  std::vector<Finding> results;
  std::vector<Fix> fixes;
  std::string text;
};

// These are false if all is well, or nothing can be done.
bool Reflow::Rebreaking::leading() {
  if (before > 0 && (!at.position.attached || behind == 0)) return false;
  if (at.position.strict && behind == 0)
    text = name + " begins no line.";
  else if (at.position.attached && before > 0)
    text = name + " stands alone on its line: it belongs to what follows.";
  else
    text = name + " stands at the end of a line: it belongs to the next one.";
  if (behind == 0) {
    break_before(indent_of_first());
  } else if (at.next.adjacent == at.next.before_code && behind == 1) {
    break_before(indent_of(buffer[at.next.adjacent]).value_or(""));
    respace(at.next.adjacent);
  } else {
    return move_down();
  }
  return true;
}

bool Reflow::Rebreaking::trailing() {
  if (behind > 0 && (!at.position.attached || before == 0)) return false;
  if (at.position.strict && before == 0)
    text = name + " ends no line.";
  else if (at.position.attached && behind > 0)
    text = name + " stands alone on its line: it belongs to what is before.";
  else
    text = name + " stands at the begin of a line: it belongs to the one before.";
  if (before == 0) {
    break_behind(indent_of_last());
  } else if (at.previous.adjacent == at.previous.before_code && before == 1) {
    break_behind(indent_of(buffer[at.previous.adjacent]).value_or(""));
    respace(at.previous.adjacent);
  } else {
    return move_up();
  }
  return true;
}

bool Reflow::Rebreaking::alone() {
  text = name + " has no line of its own.";
  if (behind == 0) break_behind(indent_of_last());
  // As sqlfluff does it: what the second break is told for takes the place of the first.
  if (newlines(at.previous.adjacent) == 0) {
    results.clear();
    break_before(indent_of_first());
  }
  return true;
}

// Over comments and empty lines, to the code that follows.
bool Reflow::Rebreaking::move_down() {
  const Side &previous = at.previous, &next = at.next;
  const Segments* place = place_in(buffer, next.before_code, next.adjacent);
  if (!place) return false;
  fixes.push_back(fix_remove(&target));
  for (Segment* each : buffer[previous.adjacent].segments)
    if (each->kind != K::dedent) fixes.push_back(fix_remove(each));
  Element empty;
  empty.point = true;
  Changed changed = of.respace_point(empty, &buffer[next.adjacent - 1], &buffer[next.before_code + 1], {}, false, true);
  results = std::move(changed.found);
  fixes.push_back(fix_after(place->back(), {&target}));
  Elements moved;
  append(moved, 0, previous.adjacent);
  append(moved, next.adjacent, next.before_code + 1);
  append(moved, previous.adjacent + 1, next.adjacent);
  moved.push_back(changed.point);
  append(moved, next.before_code + 1, buffer.size());
  buffer = std::move(moved);
  return true;
}

// The same, to the code before.
bool Reflow::Rebreaking::move_up() {
  const Side &previous = at.previous, &next = at.next;
  const Segments* place = place_in(buffer, previous.before_code, previous.adjacent);
  if (!place) return false;
  fixes.push_back(fix_remove(&target));
  for (Segment* each : buffer[next.adjacent].segments) fixes.push_back(fix_remove(each));
  Element empty;
  empty.point = true;
  Changed changed =
      of.respace_point(empty, &buffer[previous.before_code - 1], &buffer[previous.adjacent + 1], {}, false);
  results = std::move(changed.found);
  const auto anchor =
      std::find_if(place->begin(), place->end(), [](const Segment* each) { return each->kind != K::dedent; });
  fixes.push_back(anchor != place->end() ? fix_before(*anchor, {&target}) : fix_after(place->back(), {&target}));
  Elements moved;
  append(moved, 0, previous.before_code);
  moved.push_back(changed.point);
  append(moved, previous.adjacent + 1, next.adjacent);
  append(moved, previous.before_code, previous.adjacent + 1);
  append(moved, next.adjacent + 1, buffer.size());
  buffer = std::move(moved);
  return true;
}

void Reflow::rebreak_location(const Location& at, Elements& buffer) {
  const int before = count_newlines(buffer[at.previous.newline]), behind = count_newlines(buffer[at.next.newline]);
  if (before > 0 && behind > 0 ? !at.position.attached : (before + behind == 0 && !at.position.strict)) return;
  if (first_newline_templated(buffer[at.previous.newline].segments, true) ||
      first_newline_templated(buffer[at.next.newline].segments, false))
    return;
  Rebreaking pass(*this, at, buffer);
  const bool changed = at.position.what == LinePosition::leading    ? pass.leading()
                       : at.position.what == LinePosition::trailing ? pass.trailing()
                                                                    : pass.alone();
  if (!changed) return;
  Finding finding{at.target, {}, pass.text};
  for (const Finding& each : pass.results)
    finding.fixes.insert(finding.fixes.end(), each.fixes.begin(), each.fixes.end());
  finding.fixes.insert(finding.fixes.end(), pass.fixes.begin(), pass.fixes.end());
  found.push_back(std::move(finding));
}

void Reflow::rebreak() {
  Elements buffer = elements_;
  std::vector<Location> locations;
  for (const Span& span : spans(buffer)) {
    Location location;
    if (locate(span, buffer, location)) locations.push_back(location);
  }
  for (const Location& location : locations) rebreak_location(location, buffer);
  elements_ = std::move(buffer);
}

void Reflow::rebreak_keywords() {
  Elements buffer = elements_;
  std::vector<Location> locations;
  for (const Span& span : keyword_spans(buffer)) {
    Location location;
    if (locate(span, buffer, location)) locations.push_back(location);
  }
  for (Location& at : locations) {
    const Side &previous = at.previous, &next = at.next;
    const int before = count_newlines(buffer[previous.newline]), behind = count_newlines(buffer[next.newline]);
    if (before > 0 && behind > 0 && !at.position.attached) continue;
    if (first_newline_templated(buffer[previous.newline].segments, true) ||
        first_newline_templated(buffer[next.newline].segments, false))
      continue;
    const std::string name = pretty_name(*at.target);
    std::vector<Finding> results;
    std::string text;
    const auto take = [&](Changed changed, size_t point) {
      results = std::move(changed.found);
      buffer[point] = std::move(changed.point);
    };
    Segment* first = buffer[previous.adjacent + 1].block();
    Segment* last = buffer[next.adjacent - 1].last();
    const auto respaced = [&](size_t point) {
      take(respace_point(buffer[point], &buffer[point - 1], &buffer[point + 1], std::move(results), true), point);
    };
    if (at.position.what == LinePosition::leading) {
      if (before > 0 && (!at.position.attached || behind == 0)) continue;
      text = capitalised(name) + " begins no line.";
      take(indent_to(buffer[previous.adjacent], indent_of(buffer[next.adjacent]).value_or(""), nullptr, first),
           previous.adjacent);
      respaced(next.adjacent);
    } else if (at.position.what == LinePosition::trailing) {
      if (behind > 0 && (!at.position.attached || before == 0)) continue;
      text = capitalised(name) + " ends no line.";
      take(indent_to(buffer[next.adjacent], indent_of(buffer[previous.adjacent]).value_or(""), last, nullptr),
           next.adjacent);
      respaced(previous.adjacent);
    } else {
      text = capitalised(name) + " has no line of its own.";
      if (behind == 0)
        take(indent_to(buffer[next.adjacent], indent_of(buffer[previous.adjacent]).value_or(""), last, nullptr),
             next.adjacent);
      if (before == 0)
        take(indent_to(buffer[previous.adjacent], indent_of(buffer[next.adjacent]).value_or(""), nullptr, first),
             previous.adjacent);
    }
    Finding finding{at.target, {}, text};
    for (const Finding& each : results) finding.fixes.insert(finding.fixes.end(), each.fixes.begin(), each.fixes.end());
    found.push_back(std::move(finding));
  }
  elements_ = std::move(buffer);
}

}  // namespace weir::lint
