#include "lint/reflow.h"

#include <algorithm>

#include "base/text.h"

namespace weir::lint {

namespace {

bool is_blank_placeholder(const Segment& raw) {
  return raw.kind == K::placeholder && raw.part == TemplatePart::literal && !raw.source.empty() &&
         trim(raw.source).empty();
}

bool belongs_to_point(const Segment& raw) { return raw.is_blank() || raw.is(K::indent) || is_blank_placeholder(raw); }

// Blanks in the source that a tag took away: they count for lines and indents.
std::string_view consumed(const Segment& raw) {
  return raw.kind == K::placeholder && raw.part == TemplatePart::literal ? raw.source : std::string_view();
}

enum class At : uint8_t { middle, solo, start, end };

At position_in(const Segment& parent, uint32_t index) {
  if (parent.code_children == 0) return At::middle;
  if (parent.code_children == 1) return At::solo;
  if (static_cast<int>(index) == parent.first_code) return At::start;
  if (static_cast<int>(index) == parent.last_code) return At::end;
  return At::middle;
}

std::string indent_words(const std::string& indent) {
  if (indent.empty()) return "no indent";
  if (indent.find(' ') != std::string::npos && indent.find('\t') != std::string::npos)
    return "an indent of both kinds of blanks";
  return "an indent of " + std::to_string(indent.size()) + (indent[0] == ' ' ? " spaces" : " tabs");
}

// The indent that the last line of a placeholder's source begins with becomes another one.
Fix fix_source_indent(Segment& placeholder, const std::string& indent) {
  Fix fix;
  fix.edit = Fix::source;
  fix.anchor = &placeholder;
  fix.start = placeholder.source_stop - (placeholder.source.size() - (placeholder.source.rfind('\n') + 1));
  fix.stop = placeholder.source_stop;
  fix.text = indent;
  return fix;
}

std::string_view shown(const Segment& segment) {
  return segment.kind == K::placeholder ? segment.source : segment.text;
}

}  // namespace

std::string repr(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\\' || c == quote)
      out += '\\', out += c;
    else
      out += c;
  }
  return out + quote;
}

std::string pretty_name(const Segment& segment) {
  std::string kind = replace_all(std::string(kind_name(segment.kind)), "_", " ");
  if (segment.is(K::symbol)) return kind + " " + repr(segment.text);
  if (segment.is(K::keyword)) return repr(segment.text) + " keyword";
  return kind;
}

IndentStats indent_stats(const Element& point) {
  IndentStats stats;
  for (const Segment* each : point.segments) {
    if (each->is(K::indent)) {
      stats.impulse += each->indent_value;
      if (each->implicit) stats.implicit.push_back(stats.impulse);
    }
    stats.trough = std::min(stats.trough, stats.impulse);
  }
  return stats;
}

int count_newlines(const Element& element) {
  int count = 0;
  for (const Segment* each : element.segments) {
    count += each->kind == K::newline;
    const auto blanks = consumed(*each);
    count += static_cast<int>(std::count(blanks.begin(), blanks.end(), '\n'));
  }
  return count;
}

bool has_literal_newline(const Element& point) {
  for (const Segment* each : point.segments) {
    if (each->kind == K::newline && each->literal) return true;
    if (each->kind == K::placeholder && each->source.find('\n') != std::string_view::npos) return true;
  }
  return false;
}

Segment* indent_segment(const Element& point) {
  Segment* indent = nullptr;
  for (auto each = point.segments.rbegin(); each != point.segments.rend(); ++each) {
    if (!(*each)->literal) continue;
    if ((*each)->kind == K::newline) return indent;
    if ((*each)->kind == K::whitespace)
      indent = *each;
    else if (consumed(**each).find('\n') != std::string_view::npos)
      return *each;
  }
  return nullptr;
}

std::optional<std::string> indent_of(const Element& point) {
  if (count_newlines(point) == 0) return std::nullopt;
  const Segment* segment = indent_segment(point);
  if (!segment) return "";
  if (const auto blanks = consumed(*segment); !blanks.empty())
    return std::string(blanks.substr(blanks.rfind('\n') + 1));
  return std::string(segment->text);
}

bool holds_kind(const Element& element, K kind) {
  return std::any_of(element.segments.begin(), element.segments.end(),
                     [&](const Segment* each) { return each->is(kind); });
}

bool is_unrendered(const Element& block) {
  return std::all_of(block.segments.begin(), block.segments.end(), [](const Segment* each) {
    return each->is_any({K::whitespace, K::placeholder, K::newline, K::indent, K::template_loop});
  });
}

Element Reflow::block_of(Segment* raw, Segment* parent, uint32_t index) const {
  Element block;
  block.segments = {raw};
  block.parent = parent;
  block.index = index;
  block.before.what = block.after.what = Spacing::single;
  bool starts = true, ends = true;
  for (Segment* at = parent; at && (starts || ends); index = at->index, at = at->parent) {
    const At where = position_in(*at, index);
    if (where != At::solo && where != At::start) starts = false;
    if (where != At::solo && where != At::end) ends = false;
    const KindLayout& of = layout_.of(at->kind);
    if (starts && of.before.what != Spacing::unset) block.before = of.before;
    if (ends && of.after.what != Spacing::unset) block.after = of.after;
  }
  const KindLayout& own = layout_.of(raw->kind);
  if (own.before.what != Spacing::unset) block.before = own.before;
  if (own.after.what != Spacing::unset) block.after = own.after;
  return block;
}

void Reflow::append(Segment* raw, Segment* parent, uint32_t index) {
  if (belongs_to_point(*raw)) {
    if (elements_.empty() || !elements_.back().point) {
      elements_.emplace_back();
      elements_.back().point = true;
    }
    elements_.back().segments.push_back(raw);
    return;
  }
  if (!elements_.empty() && !elements_.back().point) {
    elements_.emplace_back();
    elements_.back().point = true;
  }
  elements_.push_back(block_of(raw, parent, index));
}

Reflow::Reflow(Tree& tree, const Layout& layout, const Segments& raws) : tree_(tree), layout_(layout) {
  elements_.reserve(raws.size());
  for (Segment* raw : raws) append(raw, raw->parent, raw->index);
}

Reflow::Reflow(Tree& tree, const Layout& layout) : Reflow(tree, layout, tree.raws) {}

Reflow Reflow::around(Tree& tree, const Layout& layout, Segment& target, Sides sides) {
  size_t from = target.raw_index, to = target.raw_stop;
  if (sides != Sides::after)
    while (from > 0 && !tree.raws[--from]->is_code()) {
    }
  if (sides != Sides::before) {
    while (to < tree.raws.size() && !tree.raws[to]->is_code()) ++to;
    if (to < tree.raws.size()) ++to;
  }
  return Reflow(tree, layout,
                Segments(tree.raws.begin() + static_cast<std::ptrdiff_t>(from),
                         tree.raws.begin() + static_cast<std::ptrdiff_t>(to)));
}

std::vector<Fix> Reflow::fixes() const {
  std::vector<Fix> all;
  for (const Finding& each : found) all.insert(all.end(), each.fixes.begin(), each.fixes.end());
  return all;
}

void Reflow::replace(Segment& target, const Segments& with) {
  Segments raws;
  for (const Element& element : elements_) raws.insert(raws.end(), element.segments.begin(), element.segments.end());
  elements_.clear();
  bool done = false;
  for (Segment* raw : raws) {
    const bool inside = raw->raw_index >= target.raw_index && raw->raw_index < target.raw_stop && !raw->fresh;
    if (!inside) {
      append(raw, raw->parent, raw->index);
    } else if (!std::exchange(done, true)) {
      for (Segment* each : with) {
        if (each->children.empty()) {
          append(each, target.parent, target.index);
          continue;
        }
        for (size_t i = each->raw_index; i < each->raw_stop; ++i) append(tree_.raws[i], target.parent, target.index);
      }
    }
  }
  found.push_back({&target, {fix_replace(&target, with)}, {}});
}

// A line break before or behind a point, with an indent; or another indent where there is a break already.
Changed Reflow::indent_to(const Element& point, const std::string& indent, Segment* after, Segment* before,
                          std::string text) {
  Segment* there = indent_segment(point);
  const std::string expected = text.empty() ? "The line wants " + indent_words(indent) + "." : text;
  if (there && there->kind == K::placeholder) return {{{there, {fix_source_indent(*there, indent)}, expected}}, point};
  if (count_newlines(point) == 0) return break_line_at(point, indent, after, before, std::move(text));
  if (!there) return add_indent(point, indent, before, expected);
  Changed changed{{}, point};
  if (there->text == indent) return changed;
  Segments& segments = changed.point.segments;
  const auto place = std::find(segments.begin(), segments.end(), there);
  if (indent.empty()) {
    changed.found.push_back(
        {there, {fix_remove(there)}, text.empty() ? "The line has an indent, and needs none." : text});
    segments.erase(place);
  } else {
    *place = tree_.make_blank(indent);
    changed.found.push_back({there, {fix_replace(there, {*place})}, expected});
  }
  return changed;
}

// To a line that begins without blanks.
Changed Reflow::add_indent(const Element& point, const std::string& indent, Segment* before, const std::string& text) {
  Changed changed{{}, point};
  if (indent.empty()) return changed;
  Segments& segments = changed.point.segments;
  std::ptrdiff_t newline = static_cast<std::ptrdiff_t>(segments.size()) - 1;
  for (; newline > 0; --newline)
    if (segments[static_cast<size_t>(newline)]->kind == K::newline && segments[static_cast<size_t>(newline)]->literal)
      break;
  Segment* made = tree_.make_blank(indent);
  Segment* anchor = segments[static_cast<size_t>(newline)];
  changed.found.push_back({before ? before : anchor, {fix_replace(anchor, {anchor, made})}, text});
  segments.insert(segments.begin() + newline + 1, made);
  return changed;
}

// Where there is no line break yet.
Changed Reflow::break_line_at(const Element& point, const std::string& indent, Segment* after, Segment* before,
                              std::string text) {
  Changed changed{{}, point};
  Segments& segments = changed.point.segments;
  Segments made = {tree_.make_newline()};
  if (!indent.empty()) made.push_back(tree_.make_blank(indent));
  if (text.empty()) {
    text = "A line break and " + indent_words(indent) + " belong";
    if (before)
      text += " before " + repr(shown(*before)) + ".";
    else if (after)
      text += " after " + repr(shown(*after)) + ".";
    else
      text += " here.";
  }
  const auto blank =
      std::find_if(segments.begin(), segments.end(), [](const Segment* each) { return each->kind == K::whitespace; });
  if (blank != segments.end()) {
    changed.found.push_back({*blank, {fix_replace(*blank, made)}, text});
    const auto behind = segments.erase(blank);
    segments.insert(behind, made.begin(), made.end());
    return changed;
  }
  changed.found.push_back({before, {before ? fix_before(before, made) : fix_after(after, made)}, text});
  segments = made;
  return changed;
}

std::string Reflow::line_indent(const Segment& raw) const {
  const Segment* indent = nullptr;
  for (size_t i = raw.raw_index + 1; i-- > 0;) {
    const Segment* at = tree_.raws[i];
    if (at->is_code()) indent = nullptr;
    if (at->kind == K::whitespace) indent = at;
    if (at->kind == K::newline) break;
  }
  return indent ? std::string(indent->text) : std::string();
}

}  // namespace weir::lint
