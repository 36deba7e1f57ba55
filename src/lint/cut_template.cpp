#include <algorithm>
#include <cctype>
#include <functional>

#include "base/text.h"
#include "lint/templated.h"

namespace weir::lint {

namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Behind the end of the tag that begins at `at`; npos if it has none.
size_t tag_end(std::string_view source, size_t at) {
  const char kind = source[at + 1];
  if (kind == '#') {
    const size_t end = source.find("#}", at + 2);
    return end == std::string_view::npos ? end : end + 2;
  }
  const std::string_view close = kind == '{' ? "}}" : "%}";
  int braces = 0;
  for (size_t i = at + 2; i < source.size(); ++i) {
    const char c = source[i];
    if (c == '\'' || c == '"') {
      for (++i; i < source.size() && source[i] != c; ++i)
        if (source[i] == '\\') ++i;
      continue;
    }
    if (braces == 0 && source.substr(i, 2) == close) return i + 2;
    if (c == '{') ++braces;
    if (c == '}' && braces > 0) --braces;
  }
  return std::string_view::npos;
}

std::string_view inside(std::string_view tag) {
  tag = tag.substr(2, tag.size() - 4);
  if (!tag.empty() && (tag.front() == '-' || tag.front() == '+')) tag.remove_prefix(1);
  if (!tag.empty() && (tag.back() == '-' || tag.back() == '+')) tag.remove_suffix(1);
  return trim(tag);
}

std::string_view first_word(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
  return text.substr(0, end);
}

// `set x = 1` has no end tag, `set x` has one.
bool is_assignment(std::string_view body) {
  int depth = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (c == '(' || c == '[' || c == '{' || c == '|') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c == '=' && depth == 0) return true;
  }
  return false;
}

TemplatePart part_of(std::string_view word, std::string_view body) {
  if (word == "do" || word == "include" || word == "import" || word == "from") return TemplatePart::templated;
  if (word == "set" && is_assignment(body)) return TemplatePart::templated;
  if (word.substr(0, 3) == "end") return TemplatePart::block_end;
  if (word.substr(0, 2) == "el") return TemplatePart::block_mid;
  return TemplatePart::block_start;
}

class Cutter {
 public:
  explicit Cutter(std::string_view source) : source_(source) {}

  std::vector<SourcePiece> cut() {
    while (at_ < source_.size()) {
      const size_t tag = next_tag();
      if (tag > at_) text_until(tag);
      if (tag >= source_.size()) break;
      take_tag();
    }
    return std::move(pieces_);
  }

 private:
  size_t next_tag() const {
    for (size_t i = at_; i + 1 < source_.size(); ++i)
      if (source_[i] == '{' && (source_[i + 1] == '{' || source_[i + 1] == '%' || source_[i + 1] == '#') &&
          tag_end(source_, i) != std::string_view::npos)
        return i;
    return source_.size();
  }

  void add(TemplatePart part, size_t stop, std::string_view tag, bool dropped) {
    if (stop == at_) return;
    pieces_.push_back({part, at_, stop, std::string(tag), block_, dropped});
    at_ = stop;
  }

  void text_until(size_t stop) {
    if (strip_next_) {
      size_t blank = at_;
      while (blank < stop && is_space(source_[blank])) ++blank;
      add(TemplatePart::literal, blank, {}, true);
      strip_next_ = false;
    }
    size_t keep = stop;
    if (stop + 2 < source_.size() && source_[stop + 2] == '-')
      while (keep > at_ && is_space(source_[keep - 1])) --keep;
    add(TemplatePart::literal, keep, {}, false);
    add(TemplatePart::literal, stop, {}, true);
  }

  void take_tag() {
    strip_next_ = false;
    const size_t end = tag_end(source_, at_);
    const std::string_view text = source_.substr(at_, end - at_);
    const bool strips = text.size() >= 5 && text[text.size() - 3] == '-';
    if (text[1] == '#') {
      add(TemplatePart::comment, end, {}, false);
    } else if (text[1] == '{') {
      add(TemplatePart::templated, end, {}, false);
    } else {
      const std::string_view body = inside(text), word = first_word(body);
      const TemplatePart part = part_of(word, body);
      if (part == TemplatePart::block_start) ++block_;
      add(part, end, word, false);
      if (part == TemplatePart::block_end) ++block_;
      if (word == "raw") take_raw();
    }
    strip_next_ = strips;
  }

  void take_raw() {
    for (size_t i = at_; i + 1 < source_.size(); ++i) {
      if (source_.substr(i, 2) != "{%") continue;
      const size_t end = tag_end(source_, i);
      if (end == std::string_view::npos) return;
      if (first_word(inside(source_.substr(i, end - i))) != "endraw") continue;
      if (i > at_) add(TemplatePart::literal, i, {}, false);
      return;
    }
  }

  std::string_view source_;
  size_t at_ = 0;
  int block_ = 0;
  bool strip_next_ = false;
  std::vector<SourcePiece> pieces_;
};

}  // namespace

std::string absent_text(std::string_view source) {
  size_t number = std::hash<std::string_view>()(source);
  std::string text;
  do {
    text = "\x01" + std::to_string(number++) + ":";
  } while (source.find(text) != std::string_view::npos);
  return text;
}

std::vector<SourcePiece> cut_template(std::string_view source) { return Cutter(source).cut(); }

bool TemplatedFile::is_literal(size_t source_start, size_t source_stop) const {
  if (source_start == source_stop || pieces.empty()) return true;
  auto at = std::upper_bound(pieces.begin(), pieces.end(), source_start,
                             [](size_t place, const SourcePiece& piece) { return place < piece.start; });
  if (at != pieces.begin()) --at;
  for (; at != pieces.end() && at->start < source_stop; ++at)
    if (at->part != TemplatePart::literal) return false;
  return true;
}

std::vector<const SourcePiece*> TemplatedFile::pieces_of(size_t rendered_start, size_t rendered_stop) const {
  std::vector<const SourcePiece*> found;
  size_t low = std::string::npos, high = 0;
  auto slice = std::lower_bound(slices.begin(), slices.end(), rendered_start,
                                [](const RenderedPiece& piece, size_t place) { return piece.rendered_stop <= place; });
  for (; slice != slices.end() && slice->rendered_start < rendered_stop; ++slice) {
    if (slice->rendered_start == slice->rendered_stop) continue;
    size_t from = slice->source_start, to = slice->source_stop;
    if (slice->part == TemplatePart::literal) {
      from += std::max(rendered_start, slice->rendered_start) - slice->rendered_start;
      to -= slice->rendered_stop - std::min(rendered_stop, slice->rendered_stop);
    }
    low = std::min(low, from);
    high = std::max(high, to);
  }
  for (const SourcePiece& piece : pieces)
    if (piece.start < high && piece.stop > low) found.push_back(&piece);
  return found;
}

TemplatedFile plain_file(std::string source) {
  TemplatedFile file;
  file.rendered = source;
  file.source = std::move(source);
  if (!file.source.empty()) {
    file.pieces.push_back({TemplatePart::literal, 0, file.source.size()});
    file.slices.push_back({TemplatePart::literal, 0, file.source.size(), 0, file.source.size()});
  }
  return file;
}

}  // namespace weir::lint
