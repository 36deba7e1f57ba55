// Words of the rendered text get their places in the source; tags, comments of templates and dropped blanks become
// placeholders between them.
#include <algorithm>
#include <map>

#include "lint/tree.h"

namespace weir::lint {

namespace {

class Placer {
 public:
  Placer(Tree& tree, bool indents) : tree_(tree), file_(tree.file), indents_(indents) {}

  void place(const std::vector<Word>& words) {
    for (const Word& word : words) place_word(word);
    for (; slice_ < file_.slices.size(); ++slice_) unrendered(slice_);
    Segment* end = tree_.add(K::end_of_file);
    end->source_start = end->source_stop = file_.source.size();
    end->rendered_start = end->rendered_stop = file_.rendered.size();
    push(end);
  }

 private:
  void push(Segment* segment) {
    segment->line = line_;
    segment->column = static_cast<uint32_t>(segment->rendered_start - line_start_) + 1;
    for (size_t i = segment->rendered_start; i < segment->rendered_stop; ++i) {
      if (file_.rendered[i] != '\n') continue;
      ++line_;
      line_start_ = i + 1;
    }
    segment->raw_index = static_cast<uint32_t>(tree_.raws.size());
    segment->raw_stop = segment->raw_index + 1;
    tree_.raws.push_back(segment);
  }

  void word(const Word& from, size_t start, size_t stop, size_t source_start, size_t source_stop) {
    Segment* segment = tree_.add(from.kind);
    segment->rendered_start = start;
    segment->rendered_stop = stop;
    segment->source_start = source_start;
    segment->source_stop = source_stop;
    segment->text = std::string_view(file_.rendered).substr(start, stop - start);
    segment->literal = file_.is_literal(source_start, source_stop);
    push(segment);
  }

  void place_word(const Word& placed) {
    size_t begin = placed.start;
    bool stashed = false;
    size_t stash = 0;
    for (; slice_ < file_.slices.size(); ++slice_) {
      const RenderedPiece& slice = file_.slices[slice_];
      if (slice.rendered_start == slice.rendered_stop) {
        unrendered(slice_);
        continue;
      }
      if (slice.rendered_stop <= placed.start) continue;
      const bool fits = placed.stop <= slice.rendered_stop;
      if (slice.part == TemplatePart::literal) {
        const size_t source = slice.source_start + (begin - slice.rendered_start);
        if (fits) {
          const size_t from = stashed ? stash : source;
          word(placed, begin, placed.stop, from, slice.source_start + (placed.stop - slice.rendered_start));
          if (placed.stop == slice.rendered_stop) ++slice_;
          return;
        }
        if (placed.kind == K::whitespace && !stashed) {
          word(placed, begin, slice.rendered_stop, source, slice.source_stop);
          begin = slice.rendered_stop;
        } else if (!stashed) {
          stashed = true;
          stash = source;
        }
        continue;
      }
      if (fits) {
        word(placed, begin, placed.stop, stashed ? stash : slice.source_start, slice.source_stop);
        if (placed.stop == slice.rendered_stop) ++slice_;
        return;
      }
      if (!stashed) {
        stashed = true;
        stash = slice.source_start;
      }
    }
  }

  Segment* mark(K kind, const RenderedPiece& slice, size_t source_at, int block) {
    Segment* segment = tree_.add(kind);
    segment->source_start = segment->source_stop = source_at;
    segment->rendered_start = segment->rendered_stop = slice.rendered_start;
    segment->block = block;
    if (kind == K::indent) segment->indent_value = 1;
    if (kind == K::dedent) segment->indent_value = -1;
    push(segment);
    return segment;
  }

  void placeholder(TemplatePart part, const RenderedPiece& slice, size_t start, size_t stop, int block) {
    Segment* segment = tree_.add(K::placeholder);
    segment->part = part;
    segment->source_start = start;
    segment->source_stop = stop;
    segment->rendered_start = segment->rendered_stop = slice.rendered_start;
    segment->source = std::string_view(file_.source).substr(start, stop - start);
    segment->literal = file_.is_literal(start, stop);
    segment->block = block;
    push(segment);
  }

  int top() const { return open_.empty() ? 0 : open_.back(); }

  void unrendered(size_t index) {
    const RenderedPiece& slice = file_.slices[index];
    const RenderedPiece* next = index + 1 < file_.slices.size() ? &file_.slices[index + 1] : nullptr;
    const TemplatePart part = slice.part;
    const bool block =
        part == TemplatePart::block_start || part == TemplatePart::block_mid || part == TemplatePart::block_end;
    if (!block) return placeholder(part, slice, slice.source_start, slice.source_stop, 0);
    if (next && next->source_start < slice.source_start) {  // back to the loop's begin
      if (indents_) mark(K::dedent, slice, slice.source_start, 0);
      mark(K::template_loop, slice, slice.source_start, top());
      if (indents_) mark(K::indent, slice, slice.source_start, 0);
      return;
    }
    if (part == TemplatePart::block_start) {
      auto [known, is_new] =
          blocks_.try_emplace({slice.source_start, slice.source_stop}, static_cast<int>(blocks_.size()) + 1);
      open_.push_back(known->second);
    } else if (indents_) {
      mark(K::dedent, slice, slice.source_start, top());
    }
    placeholder(part, slice, slice.source_start, slice.source_stop, top());
    if (part == TemplatePart::block_end) {
      if (!open_.empty()) open_.pop_back();
    } else if (indents_) {
      mark(K::indent, slice, slice.source_stop, top());
    }
    if (next && next->source_start > slice.source_stop)
      placeholder(TemplatePart::skipped, slice, slice.source_stop, next->source_start, 0);
  }

  Tree& tree_;
  const TemplatedFile& file_;
  bool indents_;
  size_t slice_ = 0;
  uint32_t line_ = 1;
  size_t line_start_ = 0;
  std::map<std::pair<size_t, size_t>, int> blocks_;
  std::vector<int> open_;
};

}  // namespace

Segment* Tree::make(K kind, std::string text) {
  Segment* segment = add(kind);
  segment->fresh = true;
  segment->text = keep(std::move(text));
  return segment;
}

Tree::Place Tree::place_in(const std::string& text, std::vector<size_t>& lines, size_t at) {
  if (lines.empty()) {
    lines.push_back(0);
    for (size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') lines.push_back(i + 1);
  }
  const auto after = std::upper_bound(lines.begin(), lines.end(), at);
  const size_t start = *(after - 1);
  size_t column = 1;
  for (size_t i = start; i < at && i < text.size(); ++i) column += (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
  return {static_cast<size_t>(after - lines.begin()), column};
}

void place_words(Tree& tree, const std::vector<Word>& words, bool template_indents) {
  Placer(tree, template_indents).place(words);
}

std::unique_ptr<Tree> read_tree(TemplatedFile file, const TreeOptions& options) {
  auto tree = std::make_unique<Tree>();
  tree->file = std::move(file);
  tree->dialect = options.dialect;
  place_words(*tree, lex(tree->file.rendered, options.dialect), options.template_blocks_indent);
  parse(*tree, options);
  return tree;
}

}  // namespace weir::lint
