// A file as a template wrote it: its source, what it rendered to, and which part of one became which of the other.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/segment.h"

namespace weir::lint {

// A piece of the source: text, or one tag. Blanks that a tag's `-` takes away are pieces of text of their own.
struct SourcePiece {
  TemplatePart part = TemplatePart::literal;
  size_t start = 0, stop = 0;
  std::string tag = {};  // of a block tag: "if", "endfor"
  int block = 0;         // counts block tags: pieces with different numbers are in different branches
  bool dropped = false;  // blanks taken away
};

// A piece of the source where it was rendered; pieces in loops come several times.
struct RenderedPiece {
  TemplatePart part = TemplatePart::literal;
  size_t source_start = 0, source_stop = 0;
  size_t rendered_start = 0, rendered_stop = 0;
};

struct TemplatedFile {
  std::string source, rendered;
  std::vector<SourcePiece> pieces;
  std::vector<RenderedPiece> slices;

  bool is_literal(size_t source_start, size_t source_stop) const;
  // The pieces of the source that a part of the rendered text came from.
  std::vector<const SourcePiece*> pieces_of(size_t rendered_start, size_t rendered_stop) const;
};

// The source cut into pieces.
std::vector<SourcePiece> cut_template(std::string_view source);
// A text of control characters and digits that is nowhere in the source, for marks in it; it depends on all of the
// source, so that what a template brings from elsewhere has it by no accident.
std::string absent_text(std::string_view source);
// SQL without templates.
TemplatedFile plain_file(std::string source);
// Renders a text that is the source with marks in it; the marks tell where everything went.
using Renderer = std::function<std::string(const std::string& text)>;
// The file as it is rendered, and behind it, with `all_branches`, as far as text in branches not taken is left over, as
// it would be if other branches were taken: at most five in all. What `render` throws is thrown; a place that it names
// in the file `label` becomes one of the source.
std::vector<TemplatedFile> trace_template(std::string source, const Renderer& render, const std::string& label,
                                          bool all_branches = true);

}  // namespace weir::lint
