#include <algorithm>
#include <map>

#include "base/text.h"
#include "lint/reflow.h"

namespace weir::lint {

namespace {

// Would two words become another one without a blank between them?
bool would_fuse(const Element* previous, const Element* next) {
  if (!previous || !next) return false;
  const Segment &left = *previous->last(), &right = *next->block();
  if (left.text.empty() || right.text.empty()) return false;
  if (left.text.back() == '-' && right.text.front() == '-') return true;
  return left.is_any({K::sign_indicator, K::tilde}) &&
         std::string_view("+-*/<>=~!@#%^&|`?").find(right.text.front()) != std::string_view::npos;
}

const Segment* common_ancestor(const Element& a, const Element& b) {
  std::vector<const Segment*> line;
  for (const Segment* at = a.parent; at; at = at->parent) line.push_back(at);
  for (const Segment* at = b.parent; at; at = at->parent)
    if (std::find(line.begin(), line.end(), at) != line.end()) return at;
  return nullptr;
}

// What the alignment is within; nullptr: it does not hold here.
Segment* aligned_within(const Spacing& spacing, const Segment& blank, const Segment& next) {
  if (spacing.within != K::none)
    for (Segment* at = next.fresh ? blank.parent : next.parent; at; at = at->parent) {
      if (at->is(spacing.within)) {
        return at;
      }
      if (spacing.scope != K::none && at->is(spacing.scope)) return nullptr;
    }
  return nullptr;
}

void gather_aligned(const Spacing& spacing, Segment& at, bool blocked, Segments& found) {
  if (at.is(spacing.aligned) && !blocked) found.push_back(&at);
  const bool blocks = blocked || (spacing.scope != K::none && at.is(spacing.scope));
  for (Segment* child : at.children) gather_aligned(spacing, *child, blocks, found);
}

// The lines of a parent whose parts are aligned, as they are in the source or as they are rendered.
class AlignedLines {
 public:
  AlignedLines(const Tree& tree, const Layout& layout, const Segment& parent, bool by_source)
      : tree_(tree),
        parent_(parent),
        by_source_(by_source),
        tabs_(layout.indent_unit == "tab"),
        tab_(static_cast<size_t>(std::max(1, layout.tab_space_size))) {}

  // What stands below and above `next`: of each line the one that has as many before it.
  Segments peers_of(const Segment& next, const Segments& siblings) const {
    std::map<size_t, Segments> lines;
    for (Segment* each : siblings) lines[start_of(*each).line].push_back(each);
    for (auto& [line, each] : lines)
      std::sort(each.begin(), each.end(),
                [&](const Segment* a, const Segment* b) { return start_of(*a).column < start_of(*b).column; });
    const Tree::Place place = start_of(next);
    const auto own = lines.find(place.line);
    if (own == lines.end()) return {};
    const auto same = std::find_if(own->second.begin(), own->second.end(),
                                   [&](const Segment* each) { return start_of(*each).column == place.column; });
    if (same == own->second.end()) return {};
    const auto rank = static_cast<size_t>(same - own->second.begin());
    Segments peers;
    for (auto& [line, each] : lines)
      if (rank < each.size()) peers.push_back(each[rank]);
    return peers;
  }

  // Where the longest text before one of these ends.
  size_t end_before(const Segments& peers) const {
    size_t widest = 0;
    for (const Segment* peer : peers) {
      for (size_t i = peer->raw_index; i-- > parent_.raw_index;) {
        const Segment* raw = tree_.raws[i];
        if (!raw->is_code()) continue;
        const Tree::Place end = end_of(*raw);
        if (end.line == start_of(*peer).line) widest = std::max(widest, visual(end, raw->rendered_stop));
        break;
      }
    }
    return widest;
  }

  // Where the text before the blank ends.
  size_t end_before(const Segment& blank) const {
    const Segment* before = nullptr;
    const Tree::Place place = start_of(blank);
    for (size_t i = parent_.raw_index; i < parent_.raw_stop; ++i) {
      const Segment* raw = tree_.raws[i];
      if (start_of(*raw) >= place) break;
      if (raw->is_code() && start_of(*raw).line == place.line) before = raw;
    }
    return before ? visual(end_of(*before), before->rendered_stop) : visual(place, blank.rendered_start);
  }

  std::string blanks(size_t from, size_t widest) const {
    if (tabs_ && !by_source_) {
      const size_t goal = (widest / tab_ + 1) * tab_;
      size_t count = 0;
      for (size_t at = from; at < goal; at = (at / tab_ + 1) * tab_) ++count;
      return std::string(count, '\t');
    }
    return std::string(widest + 1 > from ? std::max<size_t>(1, 1 + widest - from) : 1, tabs_ ? '\t' : ' ');
  }

 private:
  Tree::Place start_of(const Segment& at) const {
    return by_source_ ? tree_.source_place(at.source_start) : tree_.rendered_place(at.rendered_start);
  }
  Tree::Place end_of(const Segment& at) const {
    return by_source_ ? tree_.source_place(at.source_stop) : tree_.rendered_place(at.rendered_stop);
  }
  // Columns as they are seen, with tabs 0-based.
  size_t visual(const Tree::Place& place, size_t at) const {
    if (!tabs_ || by_source_) return place.column;
    size_t column = 0;
    const size_t start = tree_.file.rendered.rfind('\n', at == 0 ? 0 : at - 1);
    for (size_t i = at == 0 || start == std::string::npos ? 0 : start + 1; i < at; ++i)
      column = tree_.file.rendered[i] == '\t' ? (column / tab_ + 1) * tab_ : column + 1;
    return column;
  }

  const Tree& tree_;
  const Segment& parent_;
  bool by_source_, tabs_;
  size_t tab_;
};

}  // namespace

std::string Reflow::aligned_blanks(const Spacing& spacing, Segment& blank, Segment& next) {
  Segment* parent = aligned_within(spacing, blank, next);
  if (!parent) return " ";
  Segments siblings;
  gather_aligned(spacing, *parent, false, siblings);
  bool by_source = spacing.space == "source";
  if (spacing.space.empty()) {
    by_source = !next.literal ||
                std::any_of(siblings.begin(), siblings.end(), [](const Segment* each) { return !each->literal; });
    for (size_t i = parent->raw_index; i < parent->raw_stop && !by_source; ++i)
      by_source = tree_.raws[i]->is_code() && !tree_.raws[i]->literal;
  }
  const AlignedLines lines(tree_, layout_, *parent, by_source);
  const Segments peers = lines.peers_of(next, siblings);
  if (peers.size() <= 1) return " ";
  return lines.blanks(lines.end_before(blank), lines.end_before(peers));
}

// Brings one point to what the blocks beside it want.
struct Reflow::Respacing {
  Respacing(Reflow& flow, const Element& from, const Element* previous_block, const Element* next_block,
            std::vector<Finding> already)
      : of(flow), point(from), previous(previous_block), next(next_block), existing(std::move(already)) {
    changed.point = from;
  }

  void constrain(bool strip_newlines);
  Segment* trim();
  void drop_left_over(Segment& blank);
  void respace(Segment& blank);
  void insert(bool anchor_after);
  void join_insertion(Segment& insertion, Segment& blank, bool in_front);

  bool either(Spacing::What what) const { return before == what || after == what; }
  void drop(Segment* gone) { segments.erase(std::find(segments.begin(), segments.end(), gone)); }
  void remove(Segment* gone, std::string text) {
    drop(gone);
    news.push_back({gone, {fix_remove(gone)}, std::move(text)});
  }

  Reflow& of;
  const Element& point;
  const Element *previous, *next;
  std::vector<Finding> existing, news;
  Changed changed;
  Segments& segments = changed.point.segments;
  // What the block before wants behind it, and the one behind wants before it.
  Spacing::What before = Spacing::single, after = Spacing::single;
  bool strip = false;
};

void Reflow::Respacing::constrain(bool strip_newlines) {
  if (previous) before = previous->after.what;
  if (next) after = next->before.what;
  strip = strip_newlines || (previous && previous->after.on_line) || (next && next->before.on_line);
  if (previous && next) {
    const Segment* common = common_ancestor(*previous, *next);
    const Spacing& within = common ? of.layout_.of(common->kind).within : Spacing{};
    strip = strip || within.on_line;
    if (previous->last()->is_comment() || next->block()->is_comment()) strip = false;
    if (within.what == Spacing::touch) {
      if (before != Spacing::any) before = Spacing::touch;
      if (after != Spacing::any) after = Spacing::touch;
    } else if (within.what == Spacing::any) {
      before = after = Spacing::any;
    }
  }
  if (strip && (either(Spacing::touch) || either(Spacing::any)) && would_fuse(previous, next)) strip = false;
}

// Blanks at the ends of lines, line breaks that may not be, blanks beside blanks. Gives the one that is left.
Segment* Reflow::Respacing::trim() {
  Segments run;
  for (Segment* each : point.segments) {
    if (each->kind == K::whitespace) {
      run.push_back(each);
    } else if (each->kind == K::newline) {
      if (!each->literal) {
        run.clear();
        continue;
      }
      if (strip) {
        remove(each, "There is a line break where none belongs.");
        continue;
      }
      for (Segment* blank : run) remove(blank, "The line ends with blanks.");
      run.clear();
    }
  }
  for (size_t i = 1; i < run.size(); ++i) remove(run[i], "There are blanks twice.");
  return run.empty() ? nullptr : run.front();
}

// Blanks that something removed before them has left: they go with it.
void Reflow::Respacing::drop_left_over(Segment& blank) {
  const Segment* left = nullptr;
  for (auto each = std::find(point.segments.begin(), point.segments.end(), &blank); each != point.segments.begin();) {
    left = *--each;
    if (!left->is(K::indent)) break;
  }
  if (!left || left->kind != K::newline || left->fresh || blank.fresh || left->rendered_stop >= blank.rendered_start)
    return;
  drop(&blank);
  const auto removed = std::find_if(existing.begin(), existing.end(), [&](const Finding& each) {
    return each.anchor && each.anchor->rendered_stop == blank.rendered_start;
  });
  if (removed == existing.end()) return;
  Finding moved = std::move(*removed);
  moved.fixes.push_back(fix_remove(&blank));
  existing.erase(removed);
  news.push_back(std::move(moved));
}

// A blank within a line.
void Reflow::Respacing::respace(Segment& blank) {
  if (either(Spacing::any)) return;
  if (either(Spacing::touch)) {
    if (!would_fuse(previous, next))
      remove(&blank, next ? "No blank belongs before " + pretty_name(*next->block()) + "." : "No blank belongs here.");
    return;
  }
  std::string wanted = " ", text;
  if (after == Spacing::align && next) {
    wanted = of.aligned_blanks(next->before, blank, *next->block());
    text = repr(kind_name(next->before.aligned)) + " are aligned: other blanks belong before " +
           pretty_name(*next->block()) + " than " + repr(blank.text) + ".";
  } else if (next) {
    text = "One blank belongs before " + pretty_name(*next->block()) + ", not " + repr(blank.text) + ".";
  } else {
    text = "One blank belongs here, not " + repr(blank.text) + ".";
  }
  if (blank.text == wanted) return;
  Segment* made = of.tree_.make_blank(wanted);
  news.push_back({&blank, {fix_replace(&blank, {made})}, text});
  *std::find(segments.begin(), segments.end(), &blank) = made;
}

// A blank where there is none.
void Reflow::Respacing::insert(bool anchor_after) {
  if (either(Spacing::touch) || either(Spacing::any)) return;
  Segment* made = of.tree_.make_blank(" ");
  segments.push_back(made);
  for (auto& each : news) existing.push_back(std::move(each));
  news.clear();
  if (previous && previous->last()->fresh) return join_insertion(*previous->last(), *made, false);
  if (next && next->block()->fresh) return join_insertion(*next->block(), *made, true);
  const std::string text = previous && next ? "A blank belongs between " + pretty_name(*previous->last()) + " and " +
                                                  pretty_name(*next->block()) + "."
                                            : "A blank belongs here.";
  if (previous && !anchor_after)
    existing.push_back({next ? next->block() : previous->last(), {fix_after(previous->last(), {made})}, text});
  else if (next)
    existing.push_back({next->block(), {fix_before(next->block(), {made})}, text});
}

// Beside something that a fix brings, the blank comes with it.
void Reflow::Respacing::join_insertion(Segment& insertion, Segment& blank, bool in_front) {
  for (auto& finding : existing)
    for (auto& fix : finding.fixes) {
      if (std::find(fix.with.begin(), fix.with.end(), &insertion) == fix.with.end()) continue;
      fix.with.insert(in_front ? fix.with.begin() : fix.with.end(), &blank);
      return;
    }
}

Changed Reflow::respace_point(const Element& point, const Element* previous, const Element* next,
                              std::vector<Finding> existing, bool strip, bool anchor_after) {
  Respacing pass(*this, point, previous, next, std::move(existing));
  pass.constrain(strip);
  Segment* blank = pass.trim();
  if (next && next->block()->kind == K::end_of_file) {
    if (blank) pass.remove(blank, "The file ends with blanks.");
  } else if (!pass.strip && holds_kind(pass.changed.point, K::newline)) {
    if (blank) pass.drop_left_over(*blank);
  } else if (blank) {
    pass.respace(*blank);
  } else {
    pass.insert(anchor_after);
  }
  for (auto& each : pass.news) pass.existing.push_back(std::move(each));
  pass.changed.found = std::move(pass.existing);
  return std::move(pass.changed);
}

void Reflow::respace(bool strip_newlines) {
  Elements result;
  for (size_t i = 0; i < elements_.size(); ++i) {
    if (!elements_[i].point) {
      result.push_back(elements_[i]);
      continue;
    }
    const Element* previous = i > 0 ? &elements_[i - 1] : nullptr;
    const Element* next = i + 1 < elements_.size() ? &elements_[i + 1] : nullptr;
    // Findings of earlier points matter only where a fix has to join them.
    const bool joins = !found.empty() && ((previous && previous->last()->fresh) || (next && next->block()->fresh) ||
                                          elements_[i].segments.size() > 1);
    Changed changed =
        respace_point(elements_[i], previous, next, joins ? std::move(found) : std::vector<Finding>(), strip_newlines);
    if (joins)
      found = std::move(changed.found);
    else
      for (auto& each : changed.found) found.push_back(std::move(each));
    result.push_back(std::move(changed.point));
  }
  elements_ = std::move(result);
}

}  // namespace weir::lint
