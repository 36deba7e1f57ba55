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

size_t length_until_newline(const Segment& target) {
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
  return length;
}

// Takes a single target up to the line of its SELECT.
class SingleTarget {
 public:
  SingleTarget(RuleRun& run, const Targets& info)
      : run_(run),
        info_(info),
        target_(*info.targets[0]),
        late_modifier_(info.modifier && info.modifier->index >= info.newline->index) {}

  bool fits() const {
    if (run_.layout.max_line_length <= 0) return true;
    size_t length = info_.select->column - 1 + 1 + target_.text.size() + length_until_newline(target_);
    for (size_t i = info_.select->index; i < info_.newline->index; ++i) length += info_.children[i]->text.size();
    if (late_modifier_) length += 1 + info_.modifier->text.size();
    return length <= static_cast<size_t>(run_.layout.max_line_length);
  }

  std::vector<Fix> fixes() {
    const Segments& children = info_.children;
    Segments insert = {run_.tree.make_blank(" "), &target_};
    remove(&target_);
    if (target_.index > 0 && children[target_.index - 1]->is(K::whitespace)) remove(children[target_.index - 1]);
    if (late_modifier_) {
      const size_t at = info_.modifier->index;
      insert.insert(insert.begin(), {run_.tree.make_blank(" "), info_.modifier});
      if (at + 2 < children.size() && children[at + 2]->is_blank()) remove(children[at + 2]);
      remove(info_.modifier);
    }
    fixes_.push_back(fix_replace(info_.newline, insert));
    if (info_.clause.parent->is(K::select_statement)) clear_behind();
    for (Segment* each : removed_) fixes_.push_back(fix_remove(each));
    return std::move(fixes_);
  }

 private:
  void remove(Segment* each) {
    if (std::find(removed_.begin(), removed_.end(), each) == removed_.end()) removed_.push_back(each);
  }

  // What stood between the line break and the target goes behind the clause, onto a line of its own.
  void clear_behind() {
    const Segments &children = info_.children, &siblings = info_.clause.parent->children;
    if (info_.clause.index + 1 >= siblings.size()) return;
    Segment* next = siblings[info_.clause.index + 1];
    Segments to_delete = {&target_};
    if (next->is(K::newline)) {
      const size_t start = late_modifier_ ? info_.modifier->index : target_.index;
      to_delete.clear();
      for (size_t i = start; i-- > 0 && children[i]->is(K::whitespace);) to_delete.push_back(children[i]);
      if (!to_delete.empty() && start >= to_delete.size() + 1 && children[start - to_delete.size() - 1]->is(K::newline))
        remove(next);
    } else if (next->is(K::whitespace)) {
      remove(next);
    }
    if (to_delete.empty()) return;
    Segments made = {run_.tree.make_newline()};
    const Segment* from = late_modifier_ ? info_.modifier : info_.newline;
    for (size_t i = from->index + 1; i < to_delete.back()->index && i < children.size(); ++i)
      if (!children[i]->is_meta()) made.push_back(children[i]);
    for (Segment* each : to_delete) remove(each);
    std::for_each(made.begin() + 1, made.end(), [&](Segment* each) { remove(each); });
    fixes_.push_back(fix_after(&info_.clause, made));
  }

  RuleRun& run_;
  const Targets& info_;
  Segment& target_;
  bool late_modifier_;
  Segments removed_;
  std::vector<Fix> fixes_;
};

void judge_single(RuleRun& run, const Targets& info) {
  if (run.text("single_target_policy") == "new_line") return judge_several(run, info);
  Segment& target = *info.targets[0];
  if (!info.select || !info.newline ||
      !(info.select->index < info.newline->index && info.newline->index < target.index))
    return;
  if (holds(target, K::newline)) return;
  SingleTarget single(run, info);
  if (info.comment_after_select || !single.fits())
    run.find(&info.clause);
  else
    run.find(&info.clause, {}, single.fixes());
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
