// Layout: a file as blocks (what means something, comments, tags of templates) and the points of blanks and indents
// between them. Spacing, line breaks around operators and clauses, indentation and length of lines are judged on that.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lint/rule.h"

namespace weir::lint {

struct Element {
  bool point = false;
  Segments segments = {};  // of a block exactly one
  // Of a block: where it hangs in the tree, and the spacing that follows from it.
  Segment* parent = nullptr;
  uint32_t index = 0;
  Spacing before = {}, after = {};

  Segment* block() const { return segments.front(); }
  Segment* last() const { return segments.back(); }
};
using Elements = std::vector<Element>;

// Sum of the indents of a point, and the lowest it gets on the way.
struct IndentStats {
  int impulse = 0, trough = 0;
  std::vector<int> implicit = {};
};
IndentStats indent_stats(const Element& point);
int count_newlines(const Element& element);
bool has_literal_newline(const Element& point);
Segment* indent_segment(const Element& point);  // the blanks at the start of the line that a point ends with
std::optional<std::string> indent_of(const Element& point);
bool holds_kind(const Element& element, K kind);
bool is_unrendered(const Element& block);
std::string pretty_name(const Segment& segment);

struct Changed {
  std::vector<Finding> found;
  Element point;
};

class Reflow {
 public:
  // Of the whole file.
  Reflow(Tree& tree, const Layout& layout);
  enum class Sides { both, before, after };
  // From the word before a segment to the one behind it.
  static Reflow around(Tree& tree, const Layout& layout, Segment& target, Sides sides = Sides::both);

  // Findings are those of LT01; LT03, LT04, LT11; LT14; LT02; LT05.
  void respace(bool strip_newlines = false);
  void rebreak();
  void rebreak_keywords();
  void reindent();
  void break_long_lines();
  // For rules that change words and want the spacing to fit.
  void replace(Segment& target, const Segments& with);

  std::vector<Finding> found;
  std::vector<Fix> fixes() const;

 private:
  Reflow(Tree& tree, const Layout& layout, const Segments& raws);
  struct Span {
    Segment* target;
    size_t start, stop;
    LinePosition position;
  };
  struct Side {
    size_t adjacent = 0, newline = 0, before_code = 0;  // points
  };
  struct Location {
    Segment* target;
    Side previous, next;
    LinePosition position;
  };

  struct LongLine {
    size_t from, to;                   // its first element, and the point at its end
    std::optional<size_t> last_break;  // the point before it
    Segment* first;
    std::string indent;
  };

  struct Respacing;
  struct Rebreaking;
  struct Reindenting;

  void append(Segment* raw, Segment* parent, uint32_t index);
  Element block_of(Segment* raw, Segment* parent, uint32_t index) const;
  Changed respace_point(const Element& point, const Element* previous, const Element* next,
                        std::vector<Finding> existing, bool strip_newlines, bool anchor_after = false);
  Changed indent_to(const Element& point, const std::string& indent, Segment* after, Segment* before,
                    std::string text = {});
  Changed add_indent(const Element& point, const std::string& indent, Segment* before, const std::string& text);
  Changed break_line_at(const Element& point, const std::string& indent, Segment* after, Segment* before,
                        std::string text);
  std::string aligned_blanks(const Spacing& spacing, Segment& blank, Segment& next);
  std::vector<Span> spans(const Elements& elements) const;
  std::vector<Span> keyword_spans(const Elements& elements) const;
  bool locate(const Span& span, const Elements& elements, Location& location) const;
  std::string line_indent(const Segment& raw) const;
  void rebreak_location(const Location& location, Elements& buffer);
  // Points by how deep a break there is.
  using Matches = std::map<int, std::vector<size_t>>;
  Matches places_to_break(const Elements& buffer, size_t from, size_t i) const;
  std::vector<size_t> filled(const Elements& buffer, const std::vector<size_t>& targets, size_t from, size_t i,
                             size_t first_indent, size_t next_indent) const;
  void move_comment(Elements& buffer, const LongLine& line, Finding& finding);
  void break_at(Elements& buffer, size_t at, const std::string& indent, Finding& finding);
  void break_at_indents(Elements& buffer, const std::vector<size_t>& targets, const std::string& indent,
                        const std::string& deeper, Finding& finding);
  void break_line(Elements& buffer, const LongLine& line, Finding& finding);

  Tree& tree_;
  const Layout& layout_;
  Elements elements_;
};

}  // namespace weir::lint
