// From the parser's events to the tree: blanks, comments and placeholders come into the innermost segment that goes on
// on both sides of them.
#include <algorithm>

#include "lint/parser.h"

namespace weir::lint {

namespace {

class Builder {
 public:
  Builder(Tree& tree, const Segments& words) : tree_(tree), words_(words) { leaves_.swap(tree.raws); }

  void build(const std::vector<ParseEvent>& events) {
    size_t at = 0;
    while (at < events.size()) {
      size_t next = at;
      while (next < events.size() && events[next].what != ParseEvent::word) ++next;
      gap(events, at, next);
      if (next < events.size()) word(events[next]);
      at = next + 1;
    }
    number(*tree_.root);
  }

 private:
  void add(Segment* child) {
    Segment& parent = *stack_.back();
    child->parent = &parent;
    child->index = static_cast<uint32_t>(parent.children.size());
    parent.children.push_back(child);
  }

  void open(K kind) {
    Segment* segment = tree_.add(kind);
    segment->raw = false;
    if (stack_.empty())
      tree_.root = segment;
    else
      add(segment);
    stack_.push_back(segment);
  }

  void mark(const ParseEvent& event) {
    Segment* segment = tree_.add(event.kind);
    segment->indent_value = event.value;
    segment->implicit = event.implicit;
    add(segment);
  }

  void word(const ParseEvent& event) {
    Segment* leaf = words_[event.index];
    leaf->kind = event.kind;
    add(leaf);
    next_leaf_ = leaf->raw_index + 1;
  }

  // What stands between two words: events[from, to).
  void gap(const std::vector<ParseEvent>& events, size_t from, size_t to) {
    const bool last = to == events.size();
    size_t outer = from;  // behind the last close
    for (size_t i = from; i < to; ++i)
      if (events[i].what == ParseEvent::close) outer = i + 1;
    if (last) outer = to - 1;  // what follows the last word is the file's
    size_t inner = outer;
    while (inner < to && !(events[inner].what == ParseEvent::open && events[inner].kind != K::none)) ++inner;
    if (stack_.empty()) inner = outer = from + 1;  // the file itself
    for (size_t i = from; i < outer; ++i) straight(events[i]);
    const size_t stop = last ? leaves_.size() : words_[events[to].index]->raw_index;
    blanks(events, outer, inner, stop);
    for (size_t i = inner; i < to; ++i) straight(events[i]);
  }

  void straight(const ParseEvent& event) {
    if (event.what == ParseEvent::open && event.kind != K::none) open(event.kind);
    if (event.what == ParseEvent::close) stack_.pop_back();
    if (event.what == ParseEvent::mark) mark(event);
  }

  void blanks(const std::vector<ParseEvent>& events, size_t from, size_t to, size_t stop) {
    std::vector<const ParseEvent*> between;
    for (size_t i = from; i < to; ++i) {
      if (events[i].what != ParseEvent::mark) continue;
      if (events[i].lean == Lean::tail) mark(events[i]);
      if (events[i].lean == Lean::between) between.push_back(&events[i]);
    }
    const size_t place = place_of(between, stop);
    for (size_t leaf = next_leaf_; leaf <= stop; ++leaf) {
      if (leaf == place)
        for (const ParseEvent* event : between) mark(*event);
      if (leaf < stop) add(leaves_[leaf]);
    }
    next_leaf_ = stop;
    for (size_t i = from; i < to; ++i)
      if (events[i].what == ParseEvent::mark && events[i].lean == Lean::lead) mark(events[i]);
  }

  // In front of which leaf of [next_leaf_, stop] the marks come.
  size_t place_of(const std::vector<const ParseEvent*>& marks, size_t stop) const {
    const bool all_indents =
        std::all_of(marks.begin(), marks.end(), [](const ParseEvent* event) { return event->value >= 0; });
    if (all_indents) {
      for (size_t i = stop; i > next_leaf_; --i)
        if (leaves_[i - 1]->kind == K::placeholder)
          return leaves_[i - 1]->part == TemplatePart::block_end ? i : next_leaf_;
      return next_leaf_;
    }
    for (size_t i = next_leaf_; i < stop; ++i)
      if (leaves_[i]->kind == K::placeholder) return leaves_[i]->part == TemplatePart::block_start ? i : stop;
    return stop;
  }

  // Positions of all segments, and the leaves anew, with the marks among them.
  void number(Segment& at) {
    if (at.raw) {
      if (at.kind == K::indent || at.kind == K::dedent) {
        if (at.source_stop == 0 && at.block == 0 && at.rendered_stop == 0) place_mark(at);
      }
      at.raw_index = static_cast<uint32_t>(tree_.raws.size());
      at.raw_stop = at.raw_index + 1;
      tree_.raws.push_back(&at);
      return;
    }
    at.raw_index = static_cast<uint32_t>(tree_.raws.size());
    for (Segment* child : at.children) {
      number(*child);
      if (!child->is_code()) continue;
      at.holds_code = true;
      ++at.code_children;
      at.last_code = static_cast<int>(child->index);
      if (at.first_code < 0) at.first_code = at.last_code;
    }
    at.raw_stop = static_cast<uint32_t>(tree_.raws.size());
    if (at.children.empty()) return;
    const Segment &first = *at.children.front(), &last = *at.children.back();
    at.line = first.line;
    at.column = first.column;
    at.rendered_start = first.rendered_start;
    at.rendered_stop = last.rendered_stop;
    at.source_start = SIZE_MAX;
    at.source_stop = 0;
    for (const Segment* child : at.children) {
      at.source_start = std::min(at.source_start, child->source_start);
      at.source_stop = std::max(at.source_stop, child->source_stop);
    }
    at.text = std::string_view(tree_.file.rendered).substr(at.rendered_start, at.rendered_stop - at.rendered_start);
    at.literal = tree_.file.is_literal(at.source_start, at.source_stop);
  }

  // A mark stands where the leaf before it ends.
  void place_mark(Segment& mark) {
    if (tree_.raws.empty()) return;
    const Segment& before = *tree_.raws.back();
    mark.source_start = mark.source_stop = before.source_stop;
    mark.rendered_start = mark.rendered_stop = before.rendered_stop;
    const size_t newline = before.text.rfind('\n');
    mark.line = before.line + static_cast<uint32_t>(std::count(before.text.begin(), before.text.end(), '\n'));
    mark.column = newline == std::string_view::npos ? before.column + static_cast<uint32_t>(before.text.size())
                                                    : static_cast<uint32_t>(before.text.size() - newline);
  }

  Tree& tree_;
  const Segments& words_;
  Segments leaves_;  // as they were placed
  Segments stack_;
  size_t next_leaf_ = 0;
};

}  // namespace

void parse(Tree& tree, const TreeOptions& options) {
  Parser parser(tree, options);
  const std::vector<ParseEvent> events = parser.run();
  tree.parse_steps = parser.steps();
  Builder(tree, parser.words()).build(events);
}

}  // namespace weir::lint
