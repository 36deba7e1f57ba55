#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "lint/analysis.h"
#include "lint/reflow.h"
#include "lint/rule_functions.h"

namespace weir::lint {

void rule_ST03(RuleRun& run) {
  for (Segment* with : run.all({K::with_compound_statement})) {
    auto query = query_of(*with, run.tree.dialect);
    std::set<std::string> used;
    for (Segment* reference : crawl(*with, {K::table_reference}))
      used.insert(upper(normal(*reference, run.tree.dialect, false)));
    for (const std::string& name : query->cte_order) {
      const Query& cte = *query->ctes[name];
      if (used.count(name) ||
          first_of(*cte.cte_definition,
                   {K::insert_statement, K::update_statement, K::delete_statement, K::merge_statement},
                   {{K::select_statement}}))
        continue;
      run.find(cte.cte_name, "Nothing uses the common table expression \"" + std::string(cte.cte_name->text) + "\".");
    }
  }
}

namespace {

bool is_simple_thing(const Segment& segment) {
  if (segment.is_any({K::object_reference, K::literal})) return true;
  if (segment.is(K::function)) {
    const Segment* name = segment.child(K::function_name);
    return name && iequals(name->text, "CAST");
  }
  return segment.is(K::cast_expression) && is_simple_thing(*segment.children[0]);
}

bool is_implicit_order(const Segment& segment) {
  if (segment.is_any({K::withingroup_clause, K::window_specification})) return false;
  if (segment.is_any({K::groupby_clause, K::orderby_clause})) return segment.child(K::numeric_literal) != nullptr;
  return std::any_of(segment.children.begin(), segment.children.end(),
                     [](const Segment* each) { return is_implicit_order(*each); });
}

bool has_column_list(const Segment& select) {
  for (const Segment* at = select.parent; at; at = at->parent) {
    if (at->is(K::common_table_expression)) return at->child(K::cte_column_list) != nullptr;
    if (at->is(K::from_expression_element)) {
      const Segment* alias = at->child(K::alias_expression);
      return alias && alias->child(K::bracketed);
    }
    if (!at->is_any({K::bracketed, K::table_expression, K::with_compound_statement, K::set_expression})) return false;
  }
  return false;
}

bool has_comment_in_way(const Segment& clause, const std::set<const Segment*>& moved) {
  const Segment* previous = nullptr;
  const auto& children = clause.children;
  for (size_t i = 0; i < children.size(); ++i) {
    const Segment* each = children[i];
    if (each->is(K::select_clause_element)) previous = each;
    if (!each->is_comment()) continue;
    const Segment* next = nullptr;
    for (size_t j = i + 1; j < children.size() && !next; ++j)
      if (children[j]->is(K::select_clause_element)) next = children[j];
    if (previous && line_after(*previous) == each->line) {
      if (moved.count(previous)) return true;
      if (each->is(K::inline_comment) || !next || line_after(*each) < next->line) continue;
    }
    if (moved.count(previous) || moved.count(next)) return true;
  }
  if (!moved.count(previous)) return false;
  const Segment* child = &clause;
  for (const Segment* parent = clause.parent; parent; child = parent, parent = parent->parent)
    for (size_t i = child->index + 1; i < parent->children.size(); ++i) {
      const Segment& each = *parent->children[i];
      if (each.is(K::newline) || each.is_code()) return false;
      if (each.is_comment()) return true;
    }
  return false;
}

// Is the query one of a set's, so that the order of its columns matters?
bool feeds_a_set(const Segment& clause) {
  Segment* cte = ancestor(clause, {K::common_table_expression});
  Segment* name = cte ? cte->child(K::identifier) : nullptr;
  if (!name) return false;
  for (Segment* reference : crawl(*cte->parent, {K::table_reference})) {
    if (!iequals(reference->text, name->text)) continue;
    bool set = false, star = false;
    for (Segment* at = reference->parent; at && at != cte->parent->parent; at = at->parent) {
      set = set || at->is(K::set_expression);
      if (at->is(K::select_statement)) star = star || holds(*at, K::wildcard_expression);
    }
    if (set && star) return true;
  }
  return false;
}

}  // namespace

void rule_ST06(RuleRun& run) {
  for (Segment* clause : run.all({K::select_clause})) {
    if (ancestor(*clause, {K::insert_statement, K::set_expression, K::create_table_statement, K::merge_statement}) ||
        feeds_a_set(*clause))
      continue;
    if (Segment* view = ancestor(*clause, {K::create_view_statement});
        view && view->child(K::bracketed) && first_of(*view->child(K::bracketed), {K::column_reference}) &&
        !first_of(*view->child(K::bracketed), {K::select_clause}))
      continue;
    if (has_column_list(*clause->parent)) continue;
    std::vector<Segments> bands(3);
    const auto elements = clause->children_of({K::select_clause_element});
    bool wrong = false;
    for (Segment* element : elements) {
      size_t band = 2;
      const auto put = [&](size_t into) {
        for (size_t i = into + 1; i < bands.size(); ++i) wrong = wrong || !bands[i].empty();
        band = into;
        bands[into].push_back(element);
      };
      if (element->child(K::wildcard_expression)) put(0);
      if (element->child(K::object_reference)) put(1);
      if (element->child(K::literal)) put(1);
      if (Segment* cast = element->child(K::cast_expression); cast && is_simple_thing(*cast)) put(1);
      if (Segment* function = element->child(K::function); function && is_simple_thing(*function)) put(1);
      if (Segment* expression = element->child(K::expression); expression && expression->child(K::cast_expression) &&
                                                               expression->children.size() <= 2 &&
                                                               is_simple_thing(*expression->children[0]))
        put(1);
      if (band == 2) bands[2].push_back(element);
    }
    if (!wrong) continue;
    if (is_implicit_order(*clause->parent)) {
      run.find(clause);
      continue;
    }
    Segments ordered;
    for (const Segments& band : bands) ordered.insert(ordered.end(), band.begin(), band.end());
    std::vector<Fix> fixes;
    std::set<const Segment*> moved;
    for (size_t i = 0; i < elements.size() && i < ordered.size(); ++i) {
      if (elements[i] == ordered[i]) continue;
      moved.insert(elements[i]);
      fixes.push_back(fix_replace(elements[i], {ordered[i]}));
    }
    if (has_comment_in_way(*clause, moved)) fixes.clear();
    run.find(clause, {}, fixes);
  }
}

void rule_ST08(RuleRun& run) {
  for (Segment* each : run.all({K::select_clause, K::function})) {
    if (each->is(K::function)) {
      Segment *anchor = each->parent, *name = each->child(K::function_name),
              *contents = each->child(K::function_contents);
      if (!anchor->is(K::expression) || anchor->children.size() != 1 || !name || !contents ||
          !iequals(name->text, "DISTINCT"))
        continue;
      Segment* brackets = contents->child(K::bracketed);
      if (!brackets || first_of(*contents, {K::select_statement})) continue;
      Segments made = {run.tree.make(K::keyword, "DISTINCT"), run.tree.make_blank(" ")};
      for (Segment* child : brackets->children)
        if (!child->is_meta() && !child->is_any({K::start_bracket, K::end_bracket})) made.push_back(child);
      run.find(anchor, {}, {fix_replace(anchor, made)});
      continue;
    }
    Segment *modifier = each->child(K::select_clause_modifier), *element = each->child(K::select_clause_element);
    if (!modifier || !element) continue;
    Segment* expression = element->child(K::expression);
    if (!expression) expression = element;
    Segment* brackets = expression->child(K::bracketed);
    if (!brackets || modifier->child(K::bracketed)) continue;
    const bool plain = expression->children.size() == 1 &&
                       !first_of(*brackets, {K::select_statement, K::values_clause}) && !brackets->child(K::comma);
    Reflow reflow = Reflow::around(run.tree, run.layout, plain ? *brackets : *modifier,
                                   plain ? Reflow::Sides::before : Reflow::Sides::after);
    if (plain) {
      Segments inside;
      for (Segment* child : brackets->children)
        if (!child->is_meta() && !child->is_any({K::start_bracket, K::end_bracket})) inside.push_back(child);
      reflow.replace(*brackets, inside);
    }
    reflow.respace();
    const auto fixes = reflow.fixes();
    if (!fixes.empty()) run.find(plain ? brackets : modifier, {}, fixes);
  }
}

void rule_ST10(RuleRun& run) {
  for (Segment* expression : run.all({K::expression})) {
    const auto& children = expression->children;
    const auto neighbour = [&](const Segment* from, int direction) -> Segment* {
      for (auto i = static_cast<std::ptrdiff_t>(from->index) + direction;
           i >= 0 && i < static_cast<std::ptrdiff_t>(children.size()); i += direction)
        if (!children[static_cast<size_t>(i)]->is_blank()) return children[static_cast<size_t>(i)];
      return nullptr;
    };
    for (Segment* each : children) {
      if (!each->is(K::comparison_operator) || (each->text != "=" && each->text != "!=" && each->text != "<>"))
        continue;
      Segment *left = neighbour(each, -1), *right = neighbour(each, 1);
      if (!left || !right || left->is_templated() || right->is_templated()) continue;
      const auto binds = [](const Segment* at) {
        return at && at->is(K::binary_operator) && !iequals(at->text, "AND") && !iequals(at->text, "OR");
      };
      if (binds(neighbour(left, -1)) || binds(neighbour(right, 1))) continue;
      const std::string l = normal(*left, run.tree.dialect), r = normal(*right, run.tree.dialect);
      if (left->is(K::literal) && right->is(K::literal)) {
        const std::string text = l + " " + std::string(each->text) + " " + r;
        if (text == "1 = 1" || text == "1 = 0") continue;
      } else if (left->kind != right->kind || l != r) {
        continue;
      }
      run.find(each);
    }
  }
}

void rule_ST12(RuleRun& run) {
  const auto ends = run.all({K::statement_terminator});
  std::set<size_t> seen;
  for (size_t i = 0; i + 1 < ends.size();) {
    size_t j = i;
    const auto only_blanks = [&](const Segment& a, const Segment& b) {
      return trim(std::string_view(run.tree.file.rendered).substr(a.rendered_stop, b.rendered_start - a.rendered_stop))
          .empty();
    };
    while (j + 1 < ends.size() && only_blanks(*ends[j], *ends[j + 1])) ++j;
    if (j == i) {
      ++i;
      continue;
    }
    std::vector<Fix> fixes;
    for (size_t k = i + 1; k <= j; ++k) fixes.push_back(fix_remove(ends[k]));
    if (seen.insert(ends[i]->source_start).second)
      run.find(ends[i], "There are " + std::to_string(j - i + 1) + " semicolons in a row.", fixes);
    i = j + 1;
  }
}

}  // namespace weir::lint
