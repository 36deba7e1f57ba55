#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "lint/templated.h"

namespace weir::lint {

namespace {

constexpr char mark_end = '\x02';

bool is_block(TemplatePart part) {
  return part == TemplatePart::block_start || part == TemplatePart::block_mid || part == TemplatePart::block_end;
}
bool is_branching(const std::string& tag) {
  return tag == "if" || tag == "elif" || tag == "else" || tag == "endif" || tag == "for" || tag == "endfor";
}

// The source with marks in front of what writes and behind the ends of branches. Nothing is marked where text is
// caught instead of written (set, macro, call, filter).
class Marker {
 public:
  Marker(const std::string& source, const std::vector<SourcePiece>& pieces, const std::string& begin)
      : source_(source), pieces_(pieces), begin_(begin), next_(pieces.size()) {}

  using Conditions = std::map<size_t, bool>;  // of if and elif, in place of their own
  std::string mark(const Conditions& conditions = {}) {
    conditions_ = conditions;
    for (size_t i = 0; i < pieces_.size(); ++i) take(i);
    text_ += begin_ + mark_end;
    return std::move(text_);
  }
  // Where the evaluation may go from a piece, besides to the one behind it.
  const std::vector<std::vector<size_t>>& next() const { return next_; }

 private:
  void put_mark(size_t i) { text_ += begin_ + std::to_string(i) + mark_end; }

  void take(size_t i) {
    const SourcePiece& piece = pieces_[i];
    std::string text = source_.substr(piece.start, piece.stop - piece.start);
    if (piece.part == TemplatePart::literal) {
      if (caught_ == 0) put_mark(i);
      if (!piece.dropped) text_ += text;
      return;
    }
    if (piece.part == TemplatePart::comment) return;
    // The marks stand where a tag's `-` would look for blanks: those are gone already.
    if (text.size() > 4 && (text[2] == '-' || text[2] == '+')) text[2] = ' ';
    if (text.size() > 4 && (text[text.size() - 3] == '-' || text[text.size() - 3] == '+')) text[text.size() - 3] = ' ';
    if (piece.part == TemplatePart::templated) {
      if (caught_ == 0 && piece.tag.empty()) put_mark(i);
      text_ += text;
      return;
    }
    const std::string& tag = piece.tag;
    if (tag == "snapshot" || tag == "endsnapshot") return;  // what stands inside is the query
    const bool catches = tag == "set" || tag == "macro" || tag == "call" || tag == "filter" || tag == "test" ||
                         tag == "materialization" || tag == "docs";
    if (tag == "endset" || tag == "endmacro" || tag == "endcall" || tag == "endfilter" || tag == "endtest" ||
        tag == "endmaterialization" || tag == "enddocs")
      caught_ = std::max(0, caught_ - 1);
    // What these write is what they caught.
    if ((tag == "call" || tag == "filter") && caught_ == 0) put_mark(i);
    const auto forced = conditions_.find(i);
    text_ += forced == conditions_.end() ? text : "{% " + tag + (forced->second ? " true %}" : " false %}");
    if (catches) ++caught_;
    if (!is_branching(tag)) return;
    if (piece.part == TemplatePart::block_end && caught_ == 0) put_mark(i);
    link(i);
  }

  // As sqlfluff links them, which decides what is told of macros: where text is caught, ends of blocks are no places to
  // go to, and their beginnings stay open.
  void link(size_t i) {
    const SourcePiece& piece = pieces_[i];
    if (piece.part == TemplatePart::block_start) {
      open_.push_back(i);
      return;
    }
    if (open_.empty()) return;
    const size_t from = open_.back();
    if (piece.part == TemplatePart::block_mid) {
      next_[from].push_back(i);
      open_.back() = i;
      return;
    }
    if (caught_ > 0) return;
    next_[from].push_back(i);
    open_.pop_back();
    if (pieces_[from].part == TemplatePart::block_start && pieces_[from].tag == "for") next_[i].push_back(from + 1);
  }

  const std::string& source_;
  const std::vector<SourcePiece>& pieces_;
  const std::string& begin_;  // of a mark
  std::vector<std::vector<size_t>> next_;
  std::vector<size_t> open_;
  std::string text_;
  Conditions conditions_;
  int caught_ = 0;
};

// Follows the marks of the output through the pieces.
class Tracer {
 public:
  Tracer(TemplatedFile& file, const std::vector<std::vector<size_t>>& next) : file_(file), next_(next) {}

  void follow(const std::string& output, const std::string& begin) {
    size_t at = output.find(begin);
    while (at != std::string::npos) {
      const size_t number = at + begin.size(), end = output.find(mark_end, number);
      const size_t following = std::min(output.find(begin, end), output.size());
      if (end == number) break;  // the last one
      const size_t piece = static_cast<size_t>(std::strtoull(output.c_str() + number, nullptr, 10));
      move_to(piece, output.substr(end + 1, following - end - 1));
      at = following == output.size() ? std::string::npos : following;
    }
    while (at_ < file_.pieces.size()) record(at_++, {});
  }

  // The branches on the way to a piece from the start: of each whether it is taken.
  Marker::Conditions way_to(size_t target) {
    Marker::Conditions conditions;
    while (at_ < file_.pieces.size() && at_ != target) {
      const size_t from = at_;
      at_ = nearest(target);
      const std::string& tag = file_.pieces[from].tag;
      if (tag == "if" || tag == "elif") conditions[from] = at_ == from + 1;
    }
    return conditions;
  }

 private:
  void record(size_t i, std::string_view text) {
    const SourcePiece& piece = file_.pieces[i];
    const size_t start = file_.rendered.size();
    file_.rendered += text;
    file_.slices.push_back({piece.part, piece.start, piece.stop, start, file_.rendered.size()});
  }

  static size_t distance(size_t a, size_t b) { return a > b ? a - b : b - a; }

  size_t nearest(size_t target) const {
    size_t best = at_ + 1;
    for (size_t candidate : next_[at_]) {
      if (candidate > target) continue;
      if (file_.pieces[at_].tag == "endfor" && target < at_) best = candidate;
      if (distance(candidate, target) < distance(best, target)) best = candidate;
    }
    return best;
  }

  void move_to(size_t target, std::string_view text) {
    while (at_ < file_.pieces.size()) {
      const bool there = at_ == target;
      record(at_, there ? text : std::string_view());
      if (there) {
        ++at_;
        return;
      }
      at_ = nearest(target);
    }
  }

  TemplatedFile& file_;
  const std::vector<std::vector<size_t>>& next_;
  size_t at_ = 0;
};

bool is_trim_tag(const TemplatedFile& file, size_t i) {
  if (i >= file.pieces.size() || file.pieces[i].part == TemplatePart::literal) return false;
  const SourcePiece& piece = file.pieces[i];
  return piece.stop - piece.start > 5 && (file.source[piece.start + 2] == '-' || file.source[piece.stop - 3] == '-');
}

// Text that was not rendered.
std::vector<size_t> unreached(const TemplatedFile& file) {
  std::set<size_t> covered;
  for (const RenderedPiece& slice : file.slices)
    if (slice.rendered_start != slice.rendered_stop) covered.insert(slice.source_start);
  std::vector<size_t> found;
  for (size_t i = 0; i < file.pieces.size(); ++i) {
    const SourcePiece& piece = file.pieces[i];
    if (piece.part != TemplatePart::literal || covered.count(piece.start)) continue;
    const bool blank = trim(std::string_view(file.source).substr(piece.start, piece.stop - piece.start)).empty();
    if (!(blank && ((i > 0 && is_trim_tag(file, i - 1)) || is_trim_tag(file, i + 1)))) found.push_back(i);
  }
  return found;
}

void add_variants(std::vector<TemplatedFile>& files, const Renderer& render, const std::string& begin) {
  constexpr size_t most_tried = 10, most = 5;
  const TemplatedFile& root = files.front();
  const std::vector<size_t> open = unreached(root);
  std::set<Marker::Conditions> seen = {{}};
  std::vector<std::pair<size_t, TemplatedFile>> variants;
  for (size_t i = 0; i < open.size() && i < most_tried; ++i) {
    TemplatedFile file;
    file.pieces = root.pieces;
    file.source = root.source;
    Marker marker(file.source, file.pieces, begin);
    marker.mark();
    const Marker::Conditions conditions = Tracer(file, marker.next()).way_to(open[i]);
    if (!seen.insert(conditions).second) continue;
    try {
      Marker forced(file.source, file.pieces, begin);
      const std::string marked = forced.mark(conditions);
      Tracer(file, forced.next()).follow(render(marked), begin);
    } catch (const Error&) {
      continue;  // that branch cannot be rendered here
    }
    size_t score = 0;
    std::set<size_t> covered;
    for (const RenderedPiece& slice : file.slices)
      if (slice.part == TemplatePart::literal && slice.rendered_start != slice.rendered_stop)
        covered.insert(slice.source_start);
    for (size_t piece : open)
      if (covered.count(file.pieces[piece].start)) score += file.pieces[piece].stop - file.pieces[piece].start;
    variants.emplace_back(score, std::move(file));
  }
  std::stable_sort(variants.begin(), variants.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto& [score, file] : variants)
    if (files.size() < most) files.push_back(std::move(file));
}

// The place that an error has in the marked text, as one of the source.
Span without_marks(Span span, const std::string& marked, const std::string& begin) {
  size_t line_start = 0;
  for (int line = 1; line < span.line && line_start != std::string::npos; ++line)
    if (line_start = marked.find('\n', line_start); line_start != std::string::npos) ++line_start;
  if (line_start == std::string::npos) return span;
  const size_t end = line_start + static_cast<size_t>(std::max(span.column, 1)) - 1;
  for (size_t at = marked.find(begin, line_start); at < end; at = marked.find(begin, at + 1))
    span.column -= static_cast<int>(marked.find(mark_end, at) + 1 - at);
  span.column = std::max(span.column, 1);
  return span;
}

}  // namespace

std::vector<TemplatedFile> trace_template(std::string source, const Renderer& render, const std::string& label,
                                          bool all_branches) {
  std::vector<TemplatedFile> files(1);
  files.reserve(5);
  TemplatedFile& file = files.front();
  file.pieces = cut_template(source);
  file.source = std::move(source);
  const bool plain = std::none_of(file.pieces.begin(), file.pieces.end(), [](const SourcePiece& piece) {
    return is_block(piece.part) || piece.part == TemplatePart::templated;
  });
  const std::string begin = absent_text(file.source);
  Marker marker(file.source, file.pieces, begin);
  const std::string marked = marker.mark();
  try {
    Tracer(file, marker.next()).follow(plain ? marked : render(marked), begin);
  } catch (Error& error) {
    if (error.span() && error.span()->file == label) error.with_span(without_marks(*error.span(), marked, begin));
    throw;
  }
  if (!plain && all_branches) add_variants(files, render, begin);
  return files;
}

}  // namespace weir::lint
