// Lines that are too long are broken where it hurts least: at the outermost indents, else at commas, operators and the
// like by their weight.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "lint/reflow.h"

namespace weir::lint {

namespace {

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string line_start(const Elements& elements, std::optional<size_t> last_break) {
  if (!last_break) return "";
  if (*last_break == 0 && elements[0].segments.empty()) return "";
  const Segment* indent = indent_segment(elements[*last_break]);
  if (!indent) return "";
  if (indent->kind == K::placeholder) return std::string(indent->source.substr(indent->source.rfind('\n') + 1));
  return std::string(indent->text);
}

// Length in the source: what a tag wrote counts as long as the tag.
size_t source_length(const Tree& tree, const Elements& elements, size_t from, size_t to) {
  size_t length = 0;
  std::pair<size_t, size_t> last{SIZE_MAX, SIZE_MAX};
  for (size_t i = from; i < to; ++i)
    for (const Segment* each : elements[i].segments) {
      if (each->is(K::indent)) continue;
      if (each->fresh) return length;
      const std::string_view source =
          std::string_view(tree.file.source).substr(each->source_start, each->source_stop - each->source_start);
      if (const size_t newline = source.find('\n'); newline != std::string_view::npos)
        return length + characters(source.substr(0, newline));
      const std::pair<size_t, size_t> slice{each->source_start, each->source_stop};
      if (slice == last) continue;
      if (!each->text.empty() && source.empty()) {
        length += characters(each->text);
      } else if (!source.empty()) {
        length += each->literal && each->kind != K::placeholder ? characters(each->text)
                  : each->literal                               ? 0
                                                                : characters(source);
        last = slice;
      }
    }
  return length;
}

int weight_of(const Segment& target) {
  const std::string text = upper(target.text);
  if (text == ",") return 1;
  if (target.is(K::assignment_operator)) return 2;
  if (text == "OR") return 3;
  if (text == "AND") return 4;
  if (target.is(K::comparison_operator)) return 5;
  if (text == "*" || text == "/" || text == "%") return 7;
  return 6;
}

// The last point before the statement's end: breaking there helps nobody.
bool is_before_final_terminator(const Elements& elements, size_t point) {
  bool found = false;
  for (size_t i = point + 1; i < elements.size(); ++i)
    for (const Segment* each : elements[i].segments) {
      if (each->is(K::statement_terminator))
        found = true;
      else if (each->kind == K::newline)
        return found;
      else if (each->is_code())
        return false;
    }
  return found;
}

// Levels in hundredths: 100 is one indent in, 51 is a comma at the line's own level.
}  // namespace

// Where the line from one point to another could break, by how deep that is.
Reflow::Matches Reflow::places_to_break(const Elements& buffer, size_t from, size_t i) const {
  Elements line(buffer.begin() + static_cast<std::ptrdiff_t>(from),
                buffer.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  std::map<size_t, int> weights;
  {
    Elements with_next = line;
    if (i + 1 < buffer.size()) with_next.push_back(buffer[i + 1]);
    for (const Span& span : spans(with_next)) {
      const int weight = weight_of(*span.target);
      if (span.position.what != LinePosition::trailing) weights[span.start - 1] = weight;
      if (span.position.what != LinePosition::leading) weights[span.stop + 1] = weight;
    }
  }
  Matches matches;
  std::map<size_t, bool> implicit;
  int balance = 0;
  for (size_t j = 0; j < line.size(); ++j) {
    if (!line[j].point) continue;
    const IndentStats stats = indent_stats(line[j]);
    const size_t at = from + j;
    if (!stats.implicit.empty()) implicit[at] = true;
    Matches more;
    if (stats.trough < 0) {
      for (int b = 0; b > stats.trough; --b) more[(balance + b) * 100].push_back(at);
      balance += stats.impulse;
    } else if (stats.impulse > 0) {
      for (int b = 0; b < stats.impulse; ++b) more[(balance + b + 1) * 100].push_back(at);
      balance += stats.impulse;
    }
    if (is_before_final_terminator(line, j)) continue;
    for (const auto& [level, places] : more) matches[level].insert(matches[level].end(), places.begin(), places.end());
    if (const auto weight = weights.find(j); weight != weights.end())
      matches[balance * 100 + 50 + weight->second].push_back(at);
  }
  for (auto each = matches.begin(); each != matches.end();)
    each = each->second == std::vector<size_t>{i} ? matches.erase(each) : std::next(each);
  if (layout_.implicit_indents != "forbid")
    for (auto each = matches.begin(); each != matches.end();) {
      const bool major = std::any_of(each->second.begin(), each->second.end(),
                                     [&](size_t at) { return at != i && !implicit.count(at); });
      each = major ? std::next(each) : matches.erase(each);
    }
  return matches;
}

// Of the places those that are needed, if each line takes what it can.
std::vector<size_t> Reflow::filled(const Elements& buffer, const std::vector<size_t>& targets, size_t from, size_t i,
                                   size_t first_indent, size_t next_indent) const {
  std::vector<size_t> chosen;
  size_t start = from;
  size_t width = first_indent;
  for (size_t t = 0; t < targets.size();) {
    const size_t group = t + 1 < targets.size() && targets[t + 1] == targets[t] + 2 ? 2 : 1;
    const size_t behind = t + group < targets.size() ? targets[t + group] : i;
    if (width + source_length(tree_, buffer, start, behind) > static_cast<size_t>(layout_.max_line_length)) {
      chosen.insert(chosen.end(), targets.begin() + static_cast<std::ptrdiff_t>(t),
                    targets.begin() + static_cast<std::ptrdiff_t>(t + group));
      start = targets[t + group - 1] + 1;
      width = next_indent;
    }
    t += group;
  }
  return chosen;
}

// A comment at the end of a line that is too long gets a line of its own.
void Reflow::move_comment(Elements& buffer, const LongLine& line, Finding& finding) {
  Element& point = buffer[line.to - 2];
  Segment* comment = buffer[line.to - 1].last();
  const bool unfixable =
      comment->text.find("noqa") != std::string_view::npos ||
      characters(comment->text) + characters(line.indent) > static_cast<size_t>(layout_.max_line_length) ||
      !comment->literal;
  if (unfixable) return;
  if (layout_.trailing_comments == "after") {
    Changed changed = indent_to(point, line.indent, nullptr, comment);
    for (const Finding& each : changed.found)
      finding.fixes.insert(finding.fixes.end(), each.fixes.begin(), each.fixes.end());
    point = std::move(changed.point);
    return;
  }
  finding.fixes.push_back(fix_remove(comment));
  for (Segment* each : point.segments)
    if (each->kind == K::whitespace) finding.fixes.push_back(fix_remove(each));
  Segments made = {comment, tree_.make_newline()};
  if (line.last_break && !line.indent.empty()) made.push_back(tree_.make_blank(line.indent));
  Segment* anchor = line.last_break ? buffer[*line.last_break + 1].block() : line.first;
  finding.fixes.push_back(fix_before(anchor, made));
}

void Reflow::break_at(Elements& buffer, size_t at, const std::string& indent, Finding& finding) {
  Changed changed = indent_to(buffer[at], indent, at > 0 ? buffer[at - 1].last() : nullptr, buffer[at + 1].block());
  for (const Finding& each : changed.found)
    finding.fixes.insert(finding.fixes.end(), each.fixes.begin(), each.fixes.end());
  buffer[at] = std::move(changed.point);
}

// Behind the last indent that still fits, up to where the line comes back to its own depth.
void Reflow::break_at_indents(Elements& buffer, const std::vector<size_t>& targets, const std::string& indent,
                              const std::string& deeper, Finding& finding) {
  size_t first = 0;
  for (size_t at : targets) {
    const Segment& behind = *buffer[at + 1].block();
    if (behind.fresh ||
        tree_.rendered_place(behind.rendered_start).column > static_cast<size_t>(layout_.max_line_length))
      break;
    if (indent_stats(buffer[at]).trough < 0) continue;
    first = at;
  }
  for (size_t at : targets) {
    if (at < first) continue;
    const IndentStats stats = indent_stats(buffer[at]);
    if (stats.impulse < 0 && buffer[at + 1].block()->is_any({K::statement_terminator, K::comma})) break;
    break_at(buffer, at, stats.impulse < 0 ? indent : deeper, finding);
    if (stats.trough < 0) break;
  }
}

void Reflow::break_line(Elements& buffer, const LongLine& line, Finding& finding) {
  const Matches matches = places_to_break(buffer, line.from, line.to);
  if (matches.empty()) return;
  const int level = matches.begin()->first;
  const std::string deeper = line.indent + (level >= 100 ? layout_.one_indent() : "");
  std::vector<size_t> targets = matches.begin()->second;
  std::erase_if(targets, [&](size_t at) {
    if (at == line.to) return true;
    const bool before = at == 0 || buffer[at - 1].last()->literal || buffer[at - 1].last()->fresh;
    const bool after = at + 1 >= buffer.size() || buffer[at + 1].block()->literal;
    return !before && !after;
  });
  if (level % 100 == 0) return break_at_indents(buffer, targets, line.indent, deeper, finding);
  const auto is_comma_break = [&](size_t at) {
    return buffer[at - 1].block()->is(K::comma) || buffer[at + 1].block()->is(K::comma);
  };
  if (layout_.list_wrapping == "fill" && std::all_of(targets.begin(), targets.end(), is_comma_break))
    targets = filled(buffer, targets, line.from, line.to, characters(line.indent), characters(deeper));
  for (size_t at : targets) break_at(buffer, at, deeper, finding);
}

void Reflow::break_long_lines() {
  const int limit = layout_.max_line_length;
  if (limit <= 0) return;
  Elements buffer = elements_;
  size_t begin = 0;
  std::optional<size_t> last_break;
  for (size_t i = 0; i < buffer.size(); ++i) {
    const Element* next = i + 1 < buffer.size() ? &buffer[i + 1] : nullptr;
    if (!buffer[i].point || !((next && next->block()->kind == K::end_of_file) || has_literal_newline(buffer[i])))
      continue;
    if (begin == i) {  // an empty point at the very start
      begin = i + 1;
      continue;
    }
    LongLine line{begin, i, last_break, nullptr, line_start(buffer, last_break)};
    begin = i + 1;
    last_break = i;
    const size_t length = characters(line.indent) + source_length(tree_, buffer, line.from, i);
    if (length <= static_cast<size_t>(limit)) continue;
    for (size_t j = line.from; j < i && !line.first; ++j)
      if (!buffer[j].segments.empty()) line.first = buffer[j].segments[0];
    if (!line.first) continue;
    Finding finding{line.first,
                    {},
                    "The line has " + std::to_string(length) + " characters, more than " + std::to_string(limit) + "."};
    if (i - line.from > 1 && buffer[i - 1].last()->is(K::inline_comment))
      move_comment(buffer, line, finding);
    else
      break_line(buffer, line, finding);
    found.push_back(std::move(finding));
  }
}

}  // namespace weir::lint
