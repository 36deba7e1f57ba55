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

struct Constraints {
  Spacing before, after;  // what the block before wants behind it, and the one behind wants before it
  bool strip = false;
};

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
  const bool tabs = layout_.indent_unit == "tab";
  const size_t tab = static_cast<size_t>(std::max(1, layout_.tab_space_size));
  const auto visual = [&](const Tree::Place& place, size_t at) {
    if (!tabs || by_source) return place.column;
    // Columns as they are seen, 0-based.
    size_t column = 0;
    const size_t start = tree_.file.rendered.rfind('\n', at == 0 ? 0 : at - 1);
    for (size_t i = at == 0 || start == std::string::npos ? 0 : start + 1; i < at; ++i)
      column = tree_.file.rendered[i] == '\t' ? (column / tab + 1) * tab : column + 1;
    return column;
  };
  const auto start_of = [&](const Segment& at) {
    return by_source ? tree_.source_place(at.source_start) : tree_.rendered_place(at.rendered_start);
  };
  const auto end_of = [&](const Segment& at) {
    return by_source ? tree_.source_place(at.source_stop) : tree_.rendered_place(at.rendered_stop);
  };
  std::map<size_t, Segments> lines;
  for (Segment* each : siblings) lines[start_of(*each).line].push_back(each);
  for (auto& [line, each] : lines)
    std::sort(each.begin(), each.end(),
              [&](const Segment* a, const Segment* b) { return start_of(*a).column < start_of(*b).column; });
  const Tree::Place place = start_of(next);
  const auto own_line = lines.find(place.line);
  if (own_line == lines.end()) return " ";
  size_t target = 0;
  while (target < own_line->second.size() && start_of(*own_line->second[target]).column != place.column) ++target;
  if (target == own_line->second.size()) return " ";
  siblings.clear();
  for (auto& [line, each] : lines)
    if (target < each.size()) siblings.push_back(each[target]);
  if (siblings.size() <= 1) return " ";
  size_t widest = 0;
  for (const Segment* sibling : siblings) {
    for (size_t i = sibling->raw_index; i-- > parent->raw_index;) {
      const Segment* raw = tree_.raws[i];
      if (!raw->is_code()) continue;
      const Tree::Place end = end_of(*raw);
      if (end.line == start_of(*sibling).line) widest = std::max(widest, visual(end, raw->rendered_stop));
      break;
    }
  }
  const Segment* before = nullptr;
  const Tree::Place blank_place = start_of(blank);
  for (size_t i = parent->raw_index; i < parent->raw_stop; ++i) {
    const Segment* raw = tree_.raws[i];
    if (start_of(*raw) >= blank_place) break;
    if (raw->is_code() && start_of(*raw).line == blank_place.line) before = raw;
  }
  const size_t current =
      before ? visual(end_of(*before), before->rendered_stop) : visual(blank_place, blank.rendered_start);
  if (tabs && !by_source) {
    const size_t goal = (widest / tab + 1) * tab;
    size_t count = 0;
    for (size_t at = current; at < goal; at = (at / tab + 1) * tab) ++count;
    return std::string(count, '\t');
  }
  return std::string(widest + 1 > current ? std::max<size_t>(1, 1 + widest - current) : 1, tabs ? '\t' : ' ');
}

Changed Reflow::respace_point(const Element& point, const Element* previous, const Element* next,
                              std::vector<Finding> existing, bool strip, bool anchor_after) {
  Constraints want;
  want.before = previous ? previous->after : Spacing{Spacing::single};
  want.after = next ? next->before : Spacing{Spacing::single};
  want.strip = strip || want.before.on_line || want.after.on_line;
  if (previous && next) {
    const Segment* common = common_ancestor(*previous, *next);
    const Spacing& within = common ? layout_.of(common->kind).within : Spacing{};
    want.strip = want.strip || within.on_line;
    if (previous->last()->is_comment() || next->block()->is_comment()) want.strip = false;
    if (within.what == Spacing::touch) {
      if (want.before.what != Spacing::any) want.before.what = Spacing::touch;
      if (want.after.what != Spacing::any) want.after.what = Spacing::touch;
    } else if (within.what == Spacing::any) {
      want.before.what = want.after.what = Spacing::any;
    }
  }
  const auto either = [&](Spacing::What what) { return want.before.what == what || want.after.what == what; };
  if (want.strip && (either(Spacing::touch) || either(Spacing::any)) && would_fuse(previous, next)) want.strip = false;

  Changed changed{{}, point};
  std::vector<Finding> news;
  Segments& segments = changed.point.segments;
  const auto drop = [&](Segment* gone) { segments.erase(std::find(segments.begin(), segments.end(), gone)); };

  // Blanks at the ends of lines, line breaks that may not be, blanks beside blanks.
  Segments run;
  for (Segment* each : point.segments) {
    if (each->kind == K::whitespace) {
      run.push_back(each);
    } else if (each->kind == K::newline) {
      if (!each->literal) {
        run.clear();
        continue;
      }
      if (want.strip) {
        drop(each);
        news.push_back({each, {fix_remove(each)}, "There is a line break where none belongs."});
        continue;
      }
      for (Segment* blank : run) {
        drop(blank);
        news.push_back({blank, {fix_remove(blank)}, "The line ends with blanks."});
      }
      run.clear();
    }
  }
  for (size_t i = 1; i < run.size(); ++i) {
    drop(run[i]);
    news.push_back({run[i], {fix_remove(run[i])}, "There are blanks twice."});
  }
  Segment* blank = run.empty() ? nullptr : run.front();

  const bool at_end = next && next->block()->kind == K::end_of_file;
  if (at_end && blank) {
    news.push_back({blank, {fix_remove(blank)}, "The file ends with blanks."});
    drop(blank);
    blank = nullptr;
  }
  const auto done = [&] {
    for (auto& each : news) existing.push_back(std::move(each));
    changed.found = std::move(existing);
    return changed;
  };
  const bool broken =
      std::any_of(segments.begin(), segments.end(), [](const Segment* each) { return each->kind == K::newline; });
  if ((broken && !want.strip) || at_end) {
    if (blank) {
      // Blanks that something removed before them has left: they go with it.
      const auto where = std::find(point.segments.begin(), point.segments.end(), blank);
      const Segment* before = nullptr;
      for (auto each = where; each != point.segments.begin();) {
        before = *--each;
        if (!before->is(K::indent)) break;
      }
      if (before && before->kind == K::newline && !before->fresh && !blank->fresh &&
          before->rendered_stop < blank->rendered_start) {
        drop(blank);
        for (auto& res : existing)
          if (res.anchor && res.anchor->rendered_stop == blank->rendered_start) {
            Finding moved = res;
            moved.fixes.push_back(fix_remove(blank));
            existing.erase(existing.begin() + (&res - existing.data()));
            news.push_back(std::move(moved));
            break;
          }
      }
    }
    return done();
  }
  if (blank) {
    if (either(Spacing::any)) return done();
    if (either(Spacing::touch)) {
      if (would_fuse(previous, next)) return done();
      drop(blank);
      news.push_back(
          {blank,
           {fix_remove(blank)},
           next ? "No blank belongs before " + pretty_name(*next->block()) + "." : "No blank belongs here."});
      return done();
    }
    std::string wanted = " ", text;
    if (want.after.what == Spacing::align && next) {
      wanted = aligned_blanks(want.after, *blank, *next->block());
      text = repr(kind_name(want.after.aligned)) + " are aligned: other blanks belong before " +
             pretty_name(*next->block()) + " than " + repr(blank->text) + ".";
    } else if (next) {
      text = "One blank belongs before " + pretty_name(*next->block()) + ", not " + repr(blank->text) + ".";
    } else {
      text = "One blank belongs here, not " + repr(blank->text) + ".";
    }
    if (blank->text != wanted) {
      Segment* made = tree_.make_blank(wanted);
      news.push_back({blank, {fix_replace(blank, {made})}, text});
      *std::find(segments.begin(), segments.end(), blank) = made;
    }
    return done();
  }
  if (either(Spacing::touch) || either(Spacing::any)) return done();
  Segment* made = tree_.make_blank(" ");
  segments.push_back(made);
  for (auto& each : news) existing.push_back(std::move(each));
  news.clear();
  // Beside something that a fix brings, the blank comes with it.
  Segment* insertion = nullptr;
  bool in_front = false;
  if (previous && previous->last()->fresh) {
    insertion = previous->last();
  } else if (next && next->block()->fresh) {
    insertion = next->block();
    in_front = true;
  }
  if (insertion) {
    for (auto& res : existing)
      for (auto& fix : res.fixes) {
        const auto where = std::find(fix.with.begin(), fix.with.end(), insertion);
        if (where == fix.with.end()) continue;
        if (in_front)
          fix.with.insert(fix.with.begin(), made);
        else
          fix.with.push_back(made);
        return done();
      }
    return done();
  }
  const std::string text = previous && next ? "A blank belongs between " + pretty_name(*previous->last()) + " and " +
                                                  pretty_name(*next->block()) + "."
                                            : "A blank belongs here.";
  if (previous && !anchor_after)
    existing.push_back({next ? next->block() : previous->last(), {fix_after(previous->last(), {made})}, text});
  else if (next)
    existing.push_back({next->block(), {fix_before(next->block(), {made})}, text});
  return done();
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
