// A file's tree: its leaves in order, and the root that holds them all.
#pragma once

#include <compare>
#include <deque>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "lint/segment.h"
#include "lint/templated.h"

namespace weir::lint {

enum class Dialect : uint8_t { ansi, duckdb };

class Tree {
 public:
  Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  Segment* add(K kind) {
    arena_.emplace_back();
    arena_.back().kind = kind;
    return &arena_.back();
  }
  std::string_view keep(std::string text) {
    texts_.push_back(std::move(text));
    return texts_.back();
  }
  // Segments that a fix makes.
  Segment* make(K kind, std::string text);
  Segment* make_blank(std::string text) { return make(K::whitespace, std::move(text)); }
  Segment* make_newline() { return make(K::newline, "\n"); }

  // Line and column (in characters), 1-based, of a byte of the source or of the rendered text.
  struct Place {
    size_t line = 1, column = 1;
    bool operator==(const Place&) const = default;
    auto operator<=>(const Place& other) const { return std::tie(line, column) <=> std::tie(other.line, other.column); }
  };
  Place source_place(size_t at) const { return place_in(file.source, source_lines_, at); }
  Place rendered_place(size_t at) const { return place_in(file.rendered, rendered_lines_, at); }

  TemplatedFile file;
  Dialect dialect = Dialect::duckdb;
  Segment* root = nullptr;
  Segments raws;
  size_t parse_steps = 0;  // what reading took: grows with the words

 private:
  static Place place_in(const std::string& text, std::vector<size_t>& lines, size_t at);
  mutable std::vector<size_t> source_lines_, rendered_lines_;  // where each line begins, once asked
  std::deque<Segment> arena_;
  std::deque<std::string> texts_;
};

struct TreeOptions {
  Dialect dialect = Dialect::duckdb;
  bool template_blocks_indent = true;
  // [sqlfluff:indentation]
  bool indented_joins = false, indented_ctes = false, indented_using_on = true, indented_using_on_newline = false;
  bool indented_on_contents = true, indented_then = true, indented_then_contents = true;
};

// Never fails: what is not understood is in segments of the kind `unparsable`, of that `nested_too_deep` where brackets
// and queries are too deep in each other.
std::unique_ptr<Tree> read_tree(TemplatedFile file, const TreeOptions& options);

// Steps of that.
struct Word {
  K kind = K::none;
  size_t start = 0, stop = 0;
};
std::vector<Word> lex(std::string_view text, Dialect dialect);
// `national_texts`: are N'…' and U&'…' one text? To ansi they are not: the rules judge them as sqlfluff's do, in two.
std::vector<Word> lex(std::string_view text, Dialect dialect, bool national_texts);
// Fills tree.raws from words and the template's pieces.
void place_words(Tree& tree, const std::vector<Word>& words, bool template_indents);
void parse(Tree& tree, const TreeOptions& options);

}  // namespace weir::lint
