// SQL as a tree of segments: words and signs (raws) at the leaves, blanks and comments among them, and marks of
// indentation that have no text. A tree owns its segments and is never changed; what rules want changed are fixes
// (fix.h) for the file's text, and the text is read again.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace weir::lint {

enum class K : uint16_t {
#define WEIR_SEGMENT(name, parent) name,
#include "lint/kinds.def"
#undef WEIR_SEGMENT
};
std::string_view kind_name(K kind);
// none if there is no such kind.
K find_kind(std::string_view name);
K parent_kind(K kind);

// What a placeholder stands for: a tag, a comment, source that rendered to nothing, or was not reached.
enum class TemplatePart : uint8_t { literal, templated, block_start, block_mid, block_end, comment, skipped };

struct Segment {
  K kind = K::none;
  bool raw = true;                            // a leaf
  bool literal = true;                        // not touched by a template's expression
  bool implicit = false;                      // of an indent: needs no line break
  bool fresh = false;                         // made for a fix, in no file yet
  int8_t indent_value = 0;                    // of an indent: +1 or -1
  TemplatePart part = TemplatePart::literal;  // of a placeholder
  int block = 0;                              // of placeholders, loop marks and template indents: which block; 0 = none
  Segment* parent = nullptr;
  uint32_t index = 0;                            // in the parent
  uint32_t raw_index = 0;                        // of the (first) leaf among all leaves
  uint32_t raw_stop = 0;                         // behind the last leaf
  uint32_t line = 1, column = 1;                 // in the rendered text, 1-based, of the start
  size_t source_start = 0, source_stop = 0;      // bytes in the source
  size_t rendered_start = 0, rendered_stop = 0;  // bytes in the rendered text
  std::string_view text;                         // rendered; of a placeholder ""
  std::string_view source;                       // of a placeholder: the source it stands for
  std::vector<Segment*> children;

  bool is(K other) const {
    if (kind == other) return true;
    return is_slow(other);
  }
  bool is_any(std::initializer_list<K> kinds) const {
    for (K k : kinds)
      if (is(k)) return true;
    return false;
  }
  bool is_meta() const {
    return kind == K::indent || kind == K::dedent || kind == K::placeholder || kind == K::template_loop ||
           kind == K::end_of_file;
  }
  bool is_blank() const { return kind == K::whitespace || kind == K::newline; }
  bool is_comment() const { return is(K::comment); }
  // Is it, or holds it, something that means something?
  bool is_code() const { return raw ? !(is_meta() || is_blank() || is_comment()) : holds_code; }
  // Has text of a template's expression in it.
  bool is_templated() const { return source_start != source_stop && !literal; }
  bool word_is(std::string_view upper_word) const;  // a leaf with that text, whatever the case
  bool is_keyword(std::string_view upper_word) const { return is(K::keyword) && word_is(upper_word); }
  Segment* child(K wanted) const;
  Segment* child_any(std::initializer_list<K> wanted) const;
  std::vector<Segment*> children_of(std::initializer_list<K> wanted) const;
  bool holds_code = false;
  int first_code = -1, last_code = -1, code_children = 0;  // indexes of children that mean something

 private:
  bool is_slow(K other) const;
};

using Segments = std::vector<Segment*>;

std::string upper_text(const Segment& segment);
// The text of an identifier without its quotes; `fold` as the dialect compares them (false = as written).
std::string unquoted(const Segment& segment);

// All segments below `root` of these kinds, outermost first; nothing of kinds in `stop` nor below them, and,
// with `into_found` false, nothing below what was found. `self`: the root may be found too.
struct Crawl {
  std::initializer_list<K> stop = {};
  bool into_found = true;
  bool self = true;
};
Segments crawl(Segment& root, std::initializer_list<K> wanted, const Crawl& how = {});
Segment* first_of(Segment& root, std::initializer_list<K> wanted, const Crawl& how = {});
bool holds(Segment& root, K wanted);  // below it
Segment* ancestor(const Segment& segment, std::initializer_list<K> wanted);
bool is_inside(const Segment& segment, const Segment& outer);  // or the same
size_t line_after(const Segment& segment);                     // line of its end in the rendered text

}  // namespace weir::lint
