#include <algorithm>

#include "base/text.h"
#include "lint/reflow.h"
#include "lint/rule_functions.h"

namespace weir::lint {

void rule_LT01(RuleRun& run) {
  Reflow reflow(run.tree, run.layout);
  reflow.respace();
  run.add(std::move(reflow.found));
}

void rule_LT02(RuleRun& run) {
  Reflow reflow(run.tree, run.layout);
  reflow.reindent();
  run.add(std::move(reflow.found));
}

namespace {

bool has_newline_beside(const Segment& segment, int direction) {
  const auto& siblings = segment.parent->children;
  for (auto i = static_cast<std::ptrdiff_t>(segment.index) + direction;
       i >= 0 && i < static_cast<std::ptrdiff_t>(siblings.size()); i += direction) {
    const Segment& each = *siblings[static_cast<size_t>(i)];
    if (each.is(K::newline)) return true;
    if (!each.is_any({K::whitespace, K::indent, K::comment})) return false;
  }
  return false;
}

// The cheap answer: does it stand well already?
bool stands_well(const Segment& segment, const LinePosition& position) {
  if (position.what != LinePosition::leading && position.what != LinePosition::trailing) return false;
  const bool before = has_newline_beside(segment, -1), after = has_newline_beside(segment, 1);
  const bool here = position.what == LinePosition::leading ? before : after,
             there = position.what == LinePosition::leading ? after : before;
  if (position.attached) return !there && (here || !position.strict);
  return here || (!position.strict && !there);
}

void rebreak_each(RuleRun& run, std::initializer_list<K> kinds, bool shortcut) {
  for (Segment* each : run.all(kinds)) {
    if (shortcut) {
      const K base = each->is(K::comparison_operator) ? K::comparison_operator
                     : each->is(K::binary_operator)   ? K::binary_operator
                     : each->is(K::comma)             ? K::comma
                                                      : K::assignment_operator;
      if (stands_well(*each, run.layout.of(base).line)) continue;
    }
    Reflow reflow = Reflow::around(run.tree, run.layout, *each);
    reflow.rebreak();
    run.add(std::move(reflow.found));
  }
}

}  // namespace

void rule_LT03(RuleRun& run) {
  rebreak_each(run, {K::binary_operator, K::comparison_operator, K::assignment_operator}, true);
}
void rule_LT04(RuleRun& run) { rebreak_each(run, {K::comma}, true); }
void rule_LT11(RuleRun& run) { rebreak_each(run, {K::set_operator}, false); }

void rule_LT14(RuleRun& run) {
  Reflow reflow(run.tree, run.layout);
  reflow.rebreak_keywords();
  run.add(std::move(reflow.found));
}

void rule_LT05(RuleRun& run) {
  Reflow reflow(run.tree, run.layout);
  reflow.break_long_lines();
  const Segments& raws = run.tree.raws;
  const auto purge = [&](auto&& ignore) {
    reflow.found.erase(std::remove_if(reflow.found.begin(), reflow.found.end(),
                                      [&](const Finding& each) {
                                        for (size_t i = each.anchor->raw_index;
                                             i < raws.size() && raws[i]->line == each.anchor->line; ++i)
                                          if (ignore(*raws[i])) return true;
                                        return false;
                                      }),
                       reflow.found.end());
  };
  if (run.flag("ignore_comment_lines"))
    purge([](const Segment& raw) {
      return raw.is_comment() || (raw.kind == K::placeholder && raw.part == TemplatePart::comment);
    });
  if (run.flag("ignore_comment_clauses"))
    purge([&](const Segment& raw) {
      const Segment* clause = ancestor(raw, {K::comment_clause});
      return clause &&
             run.tree.rendered_place(clause->rendered_start).column < static_cast<size_t>(run.layout.max_line_length);
    });
  run.add(std::move(reflow.found));
}

void rule_LT06(RuleRun& run) {
  for (Segment* function : run.all({K::function})) {
    Segment *name = function->child(K::function_name), *contents = function->child(K::function_contents);
    if (!name || !contents || contents->index == name->index + 1) continue;
    const auto& children = function->children;
    std::vector<Fix> fixes;
    bool only_blanks = true;
    for (size_t i = name->index + 1; i < contents->index; ++i) {
      only_blanks = only_blanks && children[i]->is_blank();
      fixes.push_back(fix_remove(children[i]));
    }
    if (!only_blanks) fixes.clear();
    run.find(children[name->index + 1], {}, fixes);
  }
}

void rule_LT07(RuleRun& run) {
  for (Segment* with : run.all({K::with_compound_statement})) {
    for (Segment* cte : with->children_of({K::common_table_expression})) {
      Segment* brackets = nullptr;
      for (Segment* each : cte->children)
        if (each->is(K::bracketed)) brackets = each;
      if (!brackets) continue;
      Segment* end = nullptr;
      for (Segment* each : brackets->children)
        if (each->is(K::end_bracket)) end = each;
      if (!end) continue;
      const auto is_newline = [](const Segment& raw) {
        return raw.kind == K::newline || (raw.kind == K::placeholder && raw.source == "\n");
      };
      bool lines = false;
      for (size_t i = brackets->raw_index; i < brackets->raw_stop; ++i) lines = lines || is_newline(*run.tree.raws[i]);
      if (!lines) continue;
      bool crowded = false;
      for (size_t i = end->raw_index; i-- > with->raw_index;) {
        const Segment& raw = *run.tree.raws[i];
        if (is_newline(raw)) break;
        if (raw.kind == K::placeholder || raw.is(K::indent) || raw.kind == K::whitespace) continue;
        crowded = true;
        break;
      }
      if (!crowded) continue;
      run.find(end, {}, {fix_before(end, {run.tree.make_newline()})});
      break;
    }
  }
}

namespace {

// What stands between a common table expression and what follows it.
struct CteGap {
  CteGap(const Segments& parts, size_t begin) : end(begin) {
    bool blank = false;
    for (; end < parts.size() && (parts[end]->is(K::comma) || !parts[end]->is_code()); ++end) {
      if (parts[end]->is(K::newline)) {
        has_blank_line = has_blank_line || blank;
        blank = true;
        ++lines;
        starts.push_back(end + 1);
      } else if (parts[end]->is_comment()) {
        blank = false;
        comments.push_back(lines);
      } else if (parts[end]->is(K::comma)) {
        comma_line = lines;
        comma = end;
      }
    }
  }
  bool is_comment(size_t line) const { return std::find(comments.begin(), comments.end(), line) != comments.end(); }

  size_t end;        // the part that follows
  size_t lines = 0;  // line breaks
  bool has_blank_line = false;
  size_t comma = 0;
  std::optional<size_t> comma_line;
  std::vector<size_t> starts = {0};  // of lines
  std::vector<size_t> comments;      // lines that have one
};

// The empty line comes before the comments that belong to what follows, and before a comma that leads it.
Fix fix_cte_gap(RuleRun& run, const Segments& parts, const CteGap& gap) {
  Segment* point = parts[gap.end];
  bool replace = false;
  size_t count = 1;
  if (gap.comma_line && gap.lines == 0) {
    const bool trailing = run.layout.of(K::comma).line.what != LinePosition::leading;
    point = parts[trailing ? gap.comma + 1 : gap.comma];
    replace = trailing && point->is(K::whitespace);
    count = 2;
  } else if (gap.lines == 0 || !gap.is_comment(gap.lines - 1)) {
    if (gap.comma_line && *gap.comma_line != 0 && *gap.comma_line == gap.lines) {
      point = parts[gap.comma];
    } else if (parts[gap.end - 1]->is(K::whitespace)) {
      point = parts[gap.end - 1];
      replace = true;
    }
  } else {
    size_t offset = 1;
    while (offset <= gap.lines && gap.is_comment(gap.lines - offset)) ++offset;
    const size_t line = gap.lines - (offset - 1);
    point = parts[gap.starts[line == 0 ? gap.lines : line]];
  }
  Segments made;
  made.reserve(count);
  for (size_t i = 0; i < count; ++i) made.push_back(run.tree.make_newline());
  return replace ? fix_replace(point, made) : fix_before(point, made);
}

}  // namespace

void rule_LT08(RuleRun& run) {
  for (Segment* with : run.all({K::with_compound_statement})) {
    Segments parts;
    for (Segment* each : with->children) {
      if (each->is(K::common_table_expression))
        parts.insert(parts.end(), each->children.begin(), each->children.end());
      else
        parts.push_back(each);
    }
    for (size_t b = 0; b < parts.size(); ++b) {
      if (!parts[b]->is(K::bracketed)) continue;
      const CteGap gap(parts, b + 1);
      if (gap.end >= parts.size() || gap.has_blank_line) continue;
      Segment* next = parts[gap.end];
      if (next->is_keyword("CYCLE") || next->is_keyword("SEARCH")) continue;
      run.find(next, {}, {fix_cte_gap(run, parts, gap)});
    }
  }
}

void rule_LT10(RuleRun& run) {
  for (Segment* clause : run.all({K::select_clause})) {
    Segment* modifier = clause->child(K::select_clause_modifier);
    if (!modifier) continue;
    const auto& children = clause->children;
    Segments newlines, blanks, behind_newlines, behind_blanks;
    for (size_t i = 1; i < children.size() && (children[i]->is_blank() || children[i]->is_meta()); ++i) {
      if (children[i]->is(K::newline)) newlines.push_back(children[i]);
      if (children[i]->is(K::whitespace)) blanks.push_back(children[i]);
    }
    if (newlines.empty()) continue;
    for (size_t i = modifier->index + 1; i < children.size() && (children[i]->is_blank() || children[i]->is_meta());
         ++i)
      if (children[i]->is(K::newline)) behind_newlines.push_back(children[i]);
    for (size_t i = modifier->index + 1;
         i < children.size() && (children[i]->is(K::whitespace) || children[i]->is_meta()); ++i)
      if (children[i]->is_blank()) behind_blanks.push_back(children[i]);
    Segments made = {run.tree.make_blank(" "), modifier};
    if (behind_newlines.empty()) made.push_back(run.tree.make_newline());
    std::vector<Fix> fixes = {fix_after(children[0], made)};
    for (Segment* each : newlines) fixes.push_back(fix_remove(each));
    if (!behind_newlines.empty())
      for (Segment* each : blanks) fixes.push_back(fix_remove(each));
    fixes.push_back(fix_remove(modifier));
    for (Segment* each : behind_blanks) fixes.push_back(fix_remove(each));
    run.find(clause, {}, fixes);
  }
}

void rule_LT12(RuleRun& run) {
  // The last leaf but for the end of the file.
  Segment* last = nullptr;
  for (size_t i = run.tree.raws.size(); i-- > 0;)
    if (run.tree.raws[i]->kind != K::end_of_file) {
      last = run.tree.raws[i];
      break;
    }
  if (!last) return;
  if (last->kind == K::placeholder) {
    const std::string_view source = last->source;
    size_t start = source.size();
    while (start > 0 && (source[start - 1] == ' ' || source[start - 1] == '\n' || source[start - 1] == '\t' ||
                         source[start - 1] == '\r'))
      --start;
    if (source.substr(start) == "\n") return;
    Fix fix;
    fix.edit = Fix::source;
    fix.anchor = last;
    fix.start = last->source_start + start;
    fix.stop = last->source_stop;
    fix.text = "\n";
    run.find(last, {}, {fix});
    return;
  }
  Segments newlines;
  for (size_t i = run.tree.raws.size(); i-- > 0;) {
    Segment* raw = run.tree.raws[i];
    if (raw->is(K::newline)) newlines.push_back(raw);
    if (!raw->is_blank() && raw->kind != K::dedent && raw->kind != K::end_of_file) break;
  }
  size_t literal = 0;
  while (literal < newlines.size() && newlines[literal]->literal) ++literal;
  if (literal == 0) {
    run.find(last, {}, {fix_after(last, {run.tree.make_newline()})});
  } else if (literal > 1) {
    std::vector<Fix> fixes;
    for (size_t i = 1; i < literal; ++i) fixes.push_back(fix_remove(newlines[i]));
    run.find(last, {}, fixes);
  }
}

void rule_LT13(RuleRun& run) {
  Segments blanks;
  for (Segment* raw : run.tree.raws) {
    if (raw->is_blank() || raw->is(K::indent)) {
      blanks.push_back(raw);
      continue;
    }
    const bool any = std::any_of(blanks.begin(), blanks.end(), [](const Segment* each) { return !each->is_meta(); });
    const bool templated =
        std::any_of(blanks.begin(), blanks.end(), [](const Segment* each) { return each->is_templated(); });
    if (any && !templated) {
      std::vector<Fix> fixes;
      for (Segment* each : blanks) fixes.push_back(fix_remove(each));
      run.find(run.tree.root, {}, fixes);
    }
    return;
  }
}

namespace {

bool statement_behind(const Segment& segment) {
  for (size_t i = segment.index + 1; i < segment.parent->children.size(); ++i)
    if (segment.parent->children[i]->is(K::statement)) return true;
  return false;
}

// Between two statements, with nothing of a template in it; `shares_line`: a semicolon with a statement behind it.
bool is_gap(const Segment& segment, bool shares_line) {
  const auto& siblings = segment.parent->children;
  Segments following;
  for (size_t i = segment.index + 1; i < siblings.size(); ++i)
    if (!siblings[i]->is(K::indent) && !siblings[i]->is(K::whitespace)) following.push_back(siblings[i]);
  if (shares_line) {
    for (Segment* each : following) {
      if (each->is_comment()) continue;
      if (each->is(K::newline) || each->kind == K::placeholder) return false;
      break;
    }
  } else {
    if (!following.empty() && following[0]->is(K::newline)) return false;
    for (Segment* each : following) {
      if (each->is_comment()) return false;
      if (each->is(K::statement)) break;
    }
  }
  bool before = false;
  for (size_t i = 0; i < segment.index; ++i) before = before || siblings[i]->is(K::statement);
  if (!before || !statement_behind(segment)) return false;
  for (size_t i = segment.index; i-- > 0 && !siblings[i]->is_code();)
    if (siblings[i]->kind == K::placeholder) return false;
  for (size_t i = segment.index + 1; i < siblings.size() && !siblings[i]->is_code(); ++i)
    if (siblings[i]->kind == K::placeholder) return false;
  return true;
}

// -1: a template is in it.
int blank_lines_before(const Segments& raws, const Segment& newline) {
  if (newline.is_templated()) return -1;
  int blank = 0, sequence = 1;
  bool comment = false, open_block = false;
  for (size_t i = newline.raw_index; i-- > 0;) {
    const Segment& raw = *raws[i];
    if (raw.is_comment()) {
      if (!comment) {
        blank += std::max(sequence - 1, 0);
        sequence = 0;
        comment = true;
      }
      open_block = raw.is(K::block_comment) && trim(raw.text).substr(0, 2) != "/*";
      continue;
    }
    if (raw.is(K::newline)) {
      if (raw.is_templated()) return -1;
      if (open_block) continue;
      comment = false;
      ++sequence;
    } else if (!raw.is(K::whitespace)) {
      break;
    }
  }
  return blank + std::max(sequence - 1, 0);
}

// `each`: the line break or the semicolon behind which there are too few.
void demand_blank_lines(RuleRun& run, Segment& each, int least, int blank) {
  const bool terminator = each.is(K::statement_terminator);
  Segments made;
  for (int i = 0; i < (terminator ? least + 1 : least - blank); ++i) made.push_back(run.tree.make_newline());
  std::vector<Fix> fixes = {fix_after(&each, made)};
  if (terminator)
    for (size_t i = each.index + 1; i < each.parent->children.size(); ++i) {
      Segment* behind = each.parent->children[i];
      if (behind->is(K::indent)) continue;
      if (!behind->is(K::whitespace)) break;
      fixes.push_back(fix_remove(behind));
    }
  run.find(&each,
           "At least " + std::to_string(least) + " blank lines belong between statements, there are " +
               (terminator ? "0: they share a line." : std::to_string(blank) + "."),
           fixes);
}

}  // namespace

void rule_LT15(RuleRun& run) {
  const int inside = run.number("maximum_empty_lines_inside_statements", 1),
            between = run.number("maximum_empty_lines_between_statements", 2);
  const int least = std::min(run.number("minimum_empty_lines_between_statements", 0), between);
  const Segments& raws = run.tree.raws;
  for (Segment* each : run.all({K::newline, K::statement_terminator})) {
    const bool in_statement = ancestor(*each, {K::statement}) && !each->parent->is(K::with_compound_statement);
    const bool terminator = each->is(K::statement_terminator);
    if (terminator && in_statement) continue;
    if (!in_statement && least > 0 && each->parent->is(K::file) && is_gap(*each, terminator)) {
      const int blank = terminator ? (each->is_templated() ? -1 : 0) : blank_lines_before(raws, *each);
      if (blank >= 0 && (terminator || blank < least)) {
        demand_blank_lines(run, *each, least, blank);
        continue;
      }
    }
    if (terminator) continue;
    const int most = in_statement ? inside : between;
    const auto at = static_cast<std::ptrdiff_t>(each->raw_index);
    if (at < most) continue;
    bool all = true;
    for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(at - most - 1, 0); i < at; ++i)
      all = all && !raws[static_cast<size_t>(i)]->is_templated() && raws[static_cast<size_t>(i)]->is(K::newline);
    if (all) run.find(each, {}, {fix_remove(each)});
  }
}

}  // namespace weir::lint
