#include <algorithm>

#include "lint/rule_functions.h"

namespace weir::lint {

namespace {

struct Targets {
  explicit Targets(Segment& clause) : clause(clause), children(clause.children) {
    for (Segment* each : children) {
      if (each->is(K::select_clause_element)) targets.push_back(each);
      if (!select && each->is_keyword("SELECT")) select = each;
      if (!newline && each->is(K::newline)) newline = each;
      if (!modifier && each->is(K::select_clause_modifier)) modifier = each;
    }
    if (newline && select)
      for (size_t i = select->index + 1; i < newline->index; ++i) {
        const Segment& each = *children[i];
        if (!each.is_any({K::comment, K::whitespace, K::select_clause_modifier}) && !each.is_meta()) break;
        comment_after_select = comment_after_select || each.is_comment();
      }
    for (size_t i = clause.index + 1; i < clause.parent->children.size() && !from; ++i)
      if (clause.parent->children[i]->is(K::from_clause)) from = clause.parent->children[i];
  }

  Segment& clause;
  const Segments& children;
  Segments targets;
  Segment *select = nullptr, *newline = nullptr, *modifier = nullptr, *from = nullptr;
  bool comment_after_select = false;
};

void judge_several(RuleRun& run, const Targets& info) {
  std::vector<Fix> fixes;
  const Segments& raws = run.tree.raws;
  size_t search = info.clause.raw_index;
  for (size_t i = 0; i < info.targets.size(); ++i) {
    Segment& target = *info.targets[i];
    size_t first = target.raw_index;
    while (first < target.raw_stop && !raws[first]->is_code()) ++first;
    size_t previous = first;
    while (previous > search && !(raws[previous - 1]->is_code() && raws[previous - 1]->text != ",")) --previous;
    if (previous == search) continue;
    --previous;
    search = previous + 1;
    if (target.line == raws[previous]->line) {
      const size_t start =
          i == 0 ? (info.modifier ? info.modifier->index : info.select->index) : info.targets[i - 1]->index;
      for (size_t c = start + 1; c < info.children.size(); ++c) {
        Segment* child = info.children[c];
        if (!child->is_any({K::whitespace, K::comma}) && !child->is_meta()) break;
        if (child->is(K::whitespace)) fixes.push_back(fix_remove(child));
      }
      fixes.push_back(fix_before(&target, {run.tree.make_newline()}));
    }
    if (info.from && i + 1 == info.targets.size() && target.line == info.from->line) {
      for (size_t c = info.clause.index + 1; c < info.from->index; ++c)
        if (info.clause.parent->children[c]->is(K::whitespace))
          fixes.push_back(fix_remove(info.clause.parent->children[c]));
      fixes.push_back(fix_before(info.from, {run.tree.make_newline()}));
    }
  }
  if (!fixes.empty()) run.find(&info.clause, {}, fixes);
}

size_t length_until_newline(const Segment& target, const Segment& clause) {
  size_t length = 0;
  const Segment* at = &target;
  for (const Segment* parent = target.parent; parent; at = parent, parent = parent->parent)
    for (size_t i = at->index + 1; i < parent->children.size(); ++i) {
      const std::string_view text = parent->children[i]->text;
      if (const size_t newline = text.find('\n'); newline != std::string_view::npos) {
        size_t end = newline;
        while (end > 0 && text[end - 1] == '\r') --end;
        return length + end;
      }
      length += text.size();
    }
  (void)clause;
  return length;
}

void judge_single(RuleRun& run, const Targets& info) {
  if (run.text("single_target_policy") == "new_line") return judge_several(run, info);
  Segment& target = *info.targets[0];
  const Segments& children = info.children;
  if (!info.select || !info.newline ||
      !(info.select->index < info.newline->index && info.newline->index < target.index))
    return;
  if (holds(target, K::newline)) return;
  if (info.comment_after_select) {
    run.find(&info.clause);
    return;
  }
  const bool late_modifier = info.modifier && info.modifier->index >= info.newline->index;
  if (run.layout.max_line_length > 0) {
    size_t length = info.select->column - 1 + 1 + target.text.size() + length_until_newline(target, info.clause);
    for (size_t i = info.select->index; i < info.newline->index; ++i) length += children[i]->text.size();
    if (late_modifier) length += 1 + info.modifier->text.size();
    if (length > static_cast<size_t>(run.layout.max_line_length)) {
      run.find(&info.clause);
      return;
    }
  }
  Segments insert = {run.tree.make_blank(" "), &target};
  std::vector<Fix> fixes;
  Segments removed;
  const auto remove = [&](Segment* each) {
    if (std::find(removed.begin(), removed.end(), each) == removed.end()) removed.push_back(each);
  };
  remove(&target);
  if (target.index > 0 && children[target.index - 1]->is(K::whitespace)) remove(children[target.index - 1]);
  size_t start = target.index;
  Segment* start_segment = info.newline;
  if (late_modifier) {
    insert.insert(insert.begin(), {run.tree.make_blank(" "), info.modifier});
    if (info.modifier->index + 2 < children.size() && children[info.modifier->index + 2]->is_blank())
      remove(children[info.modifier->index + 2]);
    remove(info.modifier);
    start = info.modifier->index;
    start_segment = info.modifier;
  }
  fixes.push_back(fix_replace(info.newline, insert));
  if (info.clause.parent->is(K::select_statement)) {
    const Segments& siblings = info.clause.parent->children;
    if (info.clause.index + 1 < siblings.size()) {
      Segment* next = siblings[info.clause.index + 1];
      Segments to_delete = {&target};
      if (next->is(K::newline)) {
        to_delete.clear();
        for (size_t i = start; i-- > 0 && children[i]->is(K::whitespace);) to_delete.push_back(children[i]);
        if (!to_delete.empty() && start >= to_delete.size() + 1 &&
            children[start - to_delete.size() - 1]->is(K::newline))
          remove(next);
      } else if (next->is(K::whitespace)) {
        remove(next);
      }
      if (!to_delete.empty()) {
        Segments moved;
        for (size_t i = start_segment->index + 1; i < to_delete.back()->index && i < children.size(); ++i)
          if (!children[i]->is_meta()) moved.push_back(children[i]);
        for (Segment* each : to_delete) remove(each);
        for (Segment* each : moved) remove(each);
        Segments made = {run.tree.make_newline()};
        made.insert(made.end(), moved.begin(), moved.end());
        fixes.push_back(fix_after(&info.clause, made));
      }
    }
  }
  for (Segment* each : removed) fixes.push_back(fix_remove(each));
  run.find(&info.clause, {}, fixes);
}

}  // namespace

void rule_LT09(RuleRun& run) {
  const std::string wildcard_policy = run.text("wildcard_policy");
  for (Segment* clause : run.all({K::select_clause})) {
    const Targets info(*clause);
    const bool wildcard = std::any_of(info.targets.begin(), info.targets.end(),
                                      [](Segment* each) { return each->child(K::wildcard_expression) != nullptr; });
    if (info.targets.size() == 1 && (!wildcard || wildcard_policy == "single"))
      judge_single(run, info);
    else if (!info.targets.empty())
      judge_several(run, info);
  }
}

}  // namespace weir::lint
