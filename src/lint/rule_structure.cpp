#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "lint/analysis.h"
#include "lint/reflow.h"
#include "lint/rule_functions.h"

namespace weir::lint {

void rule_ST01(RuleRun& run) {
  for (Segment* each : run.all({K::case_expression})) {
    Segment* otherwise = each->child(K::else_clause);
    if (!otherwise || std::none_of(otherwise->children.begin(), otherwise->children.end(), [](Segment* child) { return iequals(child->text, "NULL"); })) continue;
    std::vector<Fix> fixes = {fix_remove(otherwise)};
    for (size_t i = otherwise->index; i-- > 0 && (each->children[i]->is_blank() || each->children[i]->is_meta());) fixes.push_back(fix_remove(each->children[i]));
    run.find(each, {}, fixes);
  }
}

namespace {

std::string identity(const Segment& segment, Dialect dialect) {
  std::string text(kind_name(segment.kind));
  if (segment.children.empty()) return text + ":" + normal(const_cast<Segment&>(segment), dialect) + ";";
  for (Segment* child : segment.children)
    if (!child->is_blank() && !child->is_meta()) text += identity(*child, dialect);
  return text + ")";
}

std::string identity_inside(const Segment& expression, Dialect dialect) {
  std::string text;
  for (Segment* child : expression.children)
    if (!child->is_blank() && !child->is_meta()) text += identity(*child, dialect);
  return text;
}

class SimpleCase {
 public:
  SimpleCase(RuleRun& run, Segment& segment) : run_(run), case_(segment) {}

  void judge() {
    const auto whens = case_.children_of({K::when_clause});
    Segment* otherwise = case_.child(K::else_clause);
    for (Segment* each : case_.children) {
      if (each->is(K::when_clause)) break;
      if (each->is(K::expression)) return;
    }
    if (whens.size() != 1) return;
    const auto parts = whens[0]->children_of({K::expression});
    if (parts.size() < 2) return;
    Segment &condition = *parts[0], &then = *parts[1];
    Segment* other = otherwise ? otherwise->child(K::expression) : nullptr;
    const auto is_bool = [](const Segment& each) { return iequals(each.text, "TRUE") || iequals(each.text, "FALSE"); };
    if (other && is_bool(then) && is_bool(*other) && !iequals(then.text, other->text)) {
      coalesce(condition, std::string(condition.text), "false", iequals(then.text, "FALSE"));
      return;
    }
    judge_null(condition, then, other);
  }

 private:
  void judge_null(Segment& condition, Segment& then, Segment* other) {
    bool is_word = false, null_word = false, logic = false;
    size_t is_at = 0;
    for (size_t i = 0; i < condition.children.size(); ++i) {
      const std::string_view text = condition.children[i]->text;
      if (iequals(text, "IS") && !is_word) {
        is_word = true;
        is_at = i;
      }
      null_word = null_word || iequals(text, "NULL");
      logic = logic || iequals(text, "AND") || iequals(text, "OR");
    }
    Segment* column = condition.child(K::column_reference);
    if (!is_word || !null_word || logic || !column) return;
    std::string operand;
    for (size_t i = 0; i < is_at; ++i) {
      Segment* each = condition.children[i];
      if (each->is_blank() || each->is_meta()) continue;
      if (!each->is_any({K::column_reference, K::array_accessor})) return;
      if (each->is(K::array_accessor))
        for (size_t r = each->raw_index; r < each->raw_stop; ++r)
          if (run_.tree.raws[r]->is_code() && (run_.tree.raws[r]->is(K::parameter) || !run_.tree.raws[r]->is_any({K::symbol, K::literal}))) return;
      operand += identity(*each, run_.tree.dialect);
    }
    std::vector<std::string> behind;
    for (size_t i = is_at + 1; i < condition.children.size(); ++i)
      if (!condition.children[i]->is_blank() && !condition.children[i]->is_meta()) behind.push_back(upper(condition.children[i]->text));
    const bool is_null = behind == std::vector<std::string>{"NULL"}, not_null = behind == std::vector<std::string>{"NOT", "NULL"};
    if (operand.empty() || (!is_null && !not_null)) return;
    if (other) {
      Segment *value = nullptr, *fallback = nullptr;
      if (is_null && operand == identity_inside(*other, run_.tree.dialect)) {
        value = other;
        fallback = &then;
      } else if (not_null && operand == identity_inside(then, run_.tree.dialect)) {
        value = &then;
        fallback = other;
      } else {
        return;
      }
      if (iequals(fallback->text, "NULL"))
        column_only(condition, *value, *column);
      else
        coalesce(condition, std::string(value->text), std::string(fallback->text), false);
    } else if (not_null && operand == identity_inside(then, run_.tree.dialect)) {
      column_only(condition, then, *column);
    }
  }

  void column_only(Segment& anchor, Segment& value, const Segment& column) {
    run_.find(&anchor, "Unnecessary CASE statement. Just use column '" + std::string(column.text) + "'.", {fix_replace(&case_, {&value})});
  }

  void coalesce(Segment& anchor, const std::string& value, const std::string& fallback, bool negated) {
    std::string text = "coalesce(" + value + ", " + fallback + ")";
    if (negated) {
      text = "not " + text;
      if (case_.parent->code_children > 1) text = "(" + text + ")";
    }
    run_.find(&anchor, "Unnecessary CASE statement. Use COALESCE function instead.", {fix_replace(&case_, {run_.tree.make(K::code, text)})});
  }

  RuleRun& run_;
  Segment& case_;
};

}  // namespace

void rule_ST02(RuleRun& run) {
  for (Segment* each : run.all({K::case_expression})) SimpleCase(run, *each).judge();
}

void rule_ST03(RuleRun& run) {
  for (Segment* with : run.all({K::with_compound_statement})) {
    auto query = query_of(*with, run.tree.dialect);
    std::set<std::string> used;
    for (Segment* reference : crawl(*with, {K::table_reference})) used.insert(upper(normal(*reference, run.tree.dialect, false)));
    for (const std::string& name : query->cte_order) {
      const Query& cte = *query->ctes[name];
      if (used.count(name) || first_of(*cte.cte_definition, {K::insert_statement, K::update_statement, K::delete_statement, K::merge_statement}, {{K::select_statement}})) continue;
      run.find(cte.cte_name, "Query defines CTE \"" + std::string(cte.cte_name->text) + "\" but does not use it.");
    }
  }
}

namespace {

class NestedCase {
 public:
  NestedCase(RuleRun& run, Segment& segment) : run_(run), outer_(segment) {}

  void judge() {
    Segment *first_case = nullptr, *last_when = nullptr, *otherwise = outer_.child(K::else_clause);
    for (Segment* each : outer_.children) {
      if (!first_case && each->is_keyword("CASE")) first_case = each;
      if (each->is(K::when_clause)) last_when = each;
    }
    if (!first_case || !last_when || !otherwise) return;
    const auto expressions = otherwise->children_of({K::expression});
    if (expressions.size() != 1 || expressions[0]->children.size() != 1 || !expressions[0]->children[0]->is(K::case_expression)) return;
    Segment& inner = *expressions[0]->children[0];
    if (words_before_when(outer_) != words_before_when(inner)) return;

    std::vector<Fix> fixes;
    Segments between(outer_.children.begin() + static_cast<std::ptrdiff_t>(last_when->index) + 1, outer_.children.begin() + static_cast<std::ptrdiff_t>(otherwise->index));
    size_t behind_comment = 0;
    for (size_t i = 0; i < between.size(); ++i)
      if (between[i]->is_comment()) behind_comment = i + 1;
    Segments after_else;
    for (Segment* each : otherwise->children) {
      if (each == expressions[0]) break;
      if (each->is_any({K::newline, K::comment, K::whitespace})) after_else.push_back(each);
    }
    for (Segment* each : between) fixes.push_back(fix_remove(each));
    const std::string when_indent = indent_before(*last_when), end_indent = indent_before(*first_case);
    Segments made(between.begin(), between.begin() + static_cast<std::ptrdiff_t>(behind_comment));
    rebuild(when_indent, after_else, made);
    rebuild(when_indent, inner.children_of({K::when_clause, K::else_clause, K::newline, K::comment, K::whitespace}), made);
    fixes.push_back(fix_after(last_when, made, made));
    fixes.push_back(fix_remove(otherwise));
    Segment* comment = nullptr;
    Segments blanks;
    for (size_t i = otherwise->index + 1; i < outer_.children.size() && !outer_.children[i]->is(K::newline); ++i) {
      Segment* each = outer_.children[i];
      if (each->is_comment()) {
        comment = each;
        break;
      }
      if (each->is_blank()) blanks.push_back(each);
    }
    if (comment) {
      for (Segment* each : blanks) fixes.push_back(fix_remove(each));
      fixes.push_back(fix_before(comment, {run_.tree.make_newline(), run_.tree.make_blank(end_indent)}));
    }
    run_.find(&inner, {}, fixes);
  }

 private:
  static std::vector<std::string> words_before_when(const Segment& of) {
    std::vector<std::string> words;
    bool begun = false;
    const auto add = [&](auto& self, const Segment& at) -> void {
      if (at.raw && at.is_code()) words.push_back(upper(at.text));
      for (const Segment* child : at.children) self(self, *child);
    };
    for (Segment* each : of.children) {
      if (each->is_any({K::when_clause, K::else_clause})) break;
      if (begun && each->is_code()) add(add, *each);
      begun = begun || each->is_keyword("CASE");
    }
    return words;
  }

  std::string indent_before(const Segment& segment) const {
    const Segment *blank = nullptr, *indent = nullptr;
    for (size_t i = segment.index; i-- > 0;) {
      const Segment* each = outer_.children[i];
      if (!blank && each->is(K::whitespace)) blank = each;
      if (!indent && each->is(K::indent)) indent = each;
    }
    if (blank && blank->text.size() > 1) return std::string(blank->text);
    const int level = indent ? indent->indent_value + 1 : 1;
    std::string text;
    for (int i = 0; i < level; ++i) text += run_.layout.one_indent();
    return text;
  }

  void rebuild(const std::string& indent, const Segments& from, Segments& into) {
    bool newline = false;
    for (Segment* each : from)
      if (!each->is_blank()) {
        newline = each->is_comment();
        break;
      }
    std::string blank;
    for (Segment* each : from) {
      if (each->is_any({K::when_clause, K::else_clause}) || (newline && each->is_comment())) {
        into.insert(into.end(), {run_.tree.make_newline(), run_.tree.make_blank(indent), each});
        newline = false;
        blank.clear();
      } else if (each->is(K::newline)) {
        newline = true;
        blank.clear();
      } else if (each->is_comment()) {
        into.insert(into.end(), {run_.tree.make_blank(blank), each});
        newline = false;
        blank.clear();
      } else if (each->is_blank()) {
        blank = std::string(each->text);
      }
    }
  }

  RuleRun& run_;
  Segment& outer_;
};

}  // namespace

void rule_ST04(RuleRun& run) {
  for (Segment* each : run.all({K::case_expression})) NestedCase(run, *each).judge();
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
  return std::any_of(segment.children.begin(), segment.children.end(), [](const Segment* each) { return is_implicit_order(*each); });
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
    if (ancestor(*clause, {K::insert_statement, K::set_expression, K::create_table_statement, K::merge_statement}) || feeds_a_set(*clause)) continue;
    if (Segment* view = ancestor(*clause, {K::create_view_statement}); view && view->child(K::bracketed) && first_of(*view->child(K::bracketed), {K::column_reference}) && !first_of(*view->child(K::bracketed), {K::select_clause})) continue;
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
      if (Segment* expression = element->child(K::expression); expression && expression->child(K::cast_expression) && expression->children.size() <= 2 && is_simple_thing(*expression->children[0])) put(1);
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

void rule_ST07(RuleRun& run) {
  for (Segment* join : run.all({K::join_clause})) {
    Segment* word = nullptr;
    for (Segment* each : join->children)
      if (!word && each->is_keyword("USING")) word = each;
    if (!word) continue;
    const std::string text = "Found USING statement. Expected only ON statements.";
    const auto tables = join->parent->children_of({K::join_clause, K::from_expression_element});
    Segment* select = ancestor(*join, {K::select_statement});
    const auto info = select ? select_info(*select, run.tree.dialect) : std::nullopt;
    std::vector<TableAlias> aliases;
    if (info)
      for (const TableAlias& each : info->tables)
        if (!each.name.empty()) aliases.push_back(each);
    Segment* brackets = nullptr;
    for (size_t i = word->index; i < join->children.size() && !brackets; ++i)
      if (join->children[i]->is(K::bracketed)) brackets = join->children[i];
    bool fixable = tables.size() > 1 && tables[1] == join && aliases.size() >= 2 && brackets;
    Segments columns;
    if (brackets) columns = brackets->children_of({K::identifier});
    if (fixable)
      for (Segment* reference : info->references) {
        const auto parts = parts_of(*reference);
        for (Segment* column : columns) fixable = fixable && (parts.empty() || normal(*parts[0].segment, run.tree.dialect) != normal(*column, run.tree.dialect));
      }
    const TableAlias *left = nullptr, *right = nullptr;
    for (const TableAlias& each : aliases) {
      if (each.element == tables[0]) left = &each;
      if (each.element == join->child(K::from_expression_element)) right = &each;
    }
    if (!fixable || !left || !right) {
      run.find(word, text);
      continue;
    }
    std::string condition = "ON ";
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string column(columns[i]->text);
      condition += (i > 0 ? " AND " : "") + left->name + "." + column + " = " + right->name + "." + column;
    }
    std::vector<Fix> fixes;
    for (size_t i = word->index; i <= brackets->index; ++i) fixes.push_back(fix_remove(join->children[i]));
    fixes.push_back(fix_after(brackets, {run.tree.make(K::code, condition)}, {left->segment, right->segment}));
    run.find(word, text, fixes);
  }
}

void rule_ST08(RuleRun& run) {
  for (Segment* each : run.all({K::select_clause, K::function})) {
    if (each->is(K::function)) {
      Segment *anchor = each->parent, *name = each->child(K::function_name), *contents = each->child(K::function_contents);
      if (!anchor->is(K::expression) || anchor->children.size() != 1 || !name || !contents || !iequals(name->text, "DISTINCT")) continue;
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
    const bool plain = expression->children.size() == 1 && !first_of(*brackets, {K::select_statement, K::values_clause}) && !brackets->child(K::comma);
    Reflow reflow = Reflow::around(run.tree, run.layout, plain ? *brackets : *modifier, plain ? Reflow::Sides::before : Reflow::Sides::after);
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

void rule_ST09(RuleRun& run) {
  const bool earlier = run.text("preferred_first_table_in_join_clause") != "later";
  for (Segment* from : run.all({K::from_expression})) {
    Segments joins, conditions;
    for (Segment* child : from->children)
      for (Segment* join : crawl(*child, {K::join_clause})) joins.push_back(join);
    for (Segment* join : joins)
      for (Segment* child : join->children)
        for (Segment* on : crawl(*child, {K::join_on_condition})) conditions.push_back(on);
    if (conditions.empty()) continue;
    const auto bare = [&](const TableAlias& alias) { return upper(alias.segment ? unquoted(*alias.segment) : alias.name); };
    std::vector<std::string> tables;
    Segment* first = first_of(*from, {K::from_expression_element});
    if (!first) continue;
    tables.push_back(bare(aliases_of_element(*first)[0]));
    for (Segment* join : joins)
      if (const auto aliases = aliases_of_join(*join); !aliases.empty()) tables.push_back(bare(aliases[0]));
    std::vector<Fix> fixes;
    Segment* anchor = from;
    std::set<const Segment*> done;
    for (Segment* on : conditions)
      for (Segment* child : on->children)
        for (Segment* expression : crawl(*child, {K::expression})) {
          if (!done.insert(expression).second) continue;
          std::vector<Segments> groups(1);
          for (size_t i = 0; i < expression->children.size(); ++i) {
            Segment* each = expression->children[i];
            if (each->is_blank() || each->is_meta()) continue;
            if (each->kind == K::binary_operator && (each->word_is("AND") || each->word_is("OR")))
              groups.emplace_back();
            else
              groups.back().push_back(each);
          }
          for (const Segments& group : groups) {
            if (group.size() != 3 || group[0]->kind != K::column_reference || group[1]->kind != K::comparison_operator || group[2]->kind != K::column_reference) continue;
            if (!group[0]->child(K::dot) || !group[2]->child(K::dot)) continue;
            const auto operators = group[1]->children_of({K::raw_comparison_operator});
            const std::string sign(trim(group[1]->text));
            static const std::set<std::string> turnable = {"=", "!=", "<>", "<=>", "<", ">", "<=", ">="};
            if (!turnable.count(sign)) continue;
            const auto place = [&](Segment* reference) {
              const std::string name = upper(unquoted(*reference->child(K::identifier)));
              return std::find(tables.begin(), tables.end(), name) - tables.begin();
            };
            const auto left = place(group[0]), right = place(group[2]), end = static_cast<std::ptrdiff_t>(tables.size());
            if (left == end || right == end || left == right || (left > right) != earlier) continue;
            if (fixes.empty() && group[0]->literal) anchor = group[0];
            fixes.push_back(fix_replace(group[0], {group[2]}));
            fixes.push_back(fix_replace(group[2], {group[0]}));
            if ((sign[0] == '<' || sign[0] == '>') && sign != "<>" && !operators.empty()) fixes.push_back(fix_replace(operators[0], {run.tree.make(K::raw_comparison_operator, sign[0] == '<' ? ">" : "<")}));
          }
        }
    if (!fixes.empty()) run.find(anchor, "Joins should list the table referenced " + std::string(earlier ? "earlier" : "later") + " first.", fixes);
  }
}

void rule_ST10(RuleRun& run) {
  for (Segment* expression : run.all({K::expression})) {
    const auto& children = expression->children;
    const auto neighbour = [&](const Segment* from, int direction) -> Segment* {
      for (auto i = static_cast<std::ptrdiff_t>(from->index) + direction; i >= 0 && i < static_cast<std::ptrdiff_t>(children.size()); i += direction)
        if (!children[static_cast<size_t>(i)]->is_blank()) return children[static_cast<size_t>(i)];
      return nullptr;
    };
    for (Segment* each : children) {
      if (!each->is(K::comparison_operator) || (each->text != "=" && each->text != "!=" && each->text != "<>")) continue;
      Segment *left = neighbour(each, -1), *right = neighbour(each, 1);
      if (!left || !right || left->is_templated() || right->is_templated()) continue;
      const auto binds = [](const Segment* at) { return at && at->is(K::binary_operator) && !iequals(at->text, "AND") && !iequals(at->text, "OR"); };
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

namespace {


std::string bare_upper(std::string_view text) {
  std::string out = upper(text);
  const auto quote = [](char c) { return c == '"' || c == '\'' || c == '`' || c == '[' || c == ']'; };
  while (!out.empty() && quote(out.front())) out.erase(0, 1);
  while (!out.empty() && quote(out.back())) out.pop_back();
  return out;
}

// Names of tables in the references below; nullopt if one is not qualified and must be.
std::optional<std::vector<std::string>> tables_in(Segment& segment, bool allow_unqualified) {
  std::vector<std::string> tables;
  for (Segment* reference : crawl(segment, {K::column_reference, K::wildcard_identifier})) {
    const auto parts = parts_of(*reference);
    if (parts.size() < 2) {
      if (reference->is(K::wildcard_identifier) || allow_unqualified) continue;
      return std::nullopt;
    }
    tables.push_back(bare_upper(parts[parts.size() - 2].text));
    if (parts.size() > 2) tables.push_back(bare_upper(parts[0].text));
  }
  return tables;
}

std::string table_of(Segment& element) {
  if (Segment* alias = element.child(K::alias_expression))
    if (Segment* name = alias->child(K::identifier)) return upper(unquoted(*name));
  Segment* reference = first_of(element, {K::table_reference}, {{K::select_statement}});
  return reference ? upper(unquoted(*reference->children.back())) : std::string();
}

}  // namespace

void rule_ST11(RuleRun& run) {
  for (Segment* select : run.all({K::select_statement})) {
    Segment* from = select->child(K::from_clause);
    if (!from) continue;
    std::vector<std::pair<std::string, Segment*>> joined;
    std::vector<std::string> referenced;
    for (Segment* expression : from->children_of({K::from_expression})) {
      for (Segment* element : expression->children_of({K::from_expression_element})) {
        if (const std::string table = table_of(*element); !table.empty()) joined.emplace_back(table, element);
        if (joined.size() > 1) {
          joined.clear();
          break;
        }
      }
      for (Segment* join : expression->children_of({K::join_clause})) {
        bool outer = false, semi = false;
        for (Segment* each : join->children_of({K::keyword})) {
          outer = outer || each->word_is("FULL") || each->word_is("LEFT") || each->word_is("RIGHT");
          semi = semi || each->word_is("ANTI") || each->word_is("SEMI");
        }
        std::vector<std::string> own;
        const auto refer = [&](Segment& segment) {
          for (const std::string& table : tables_in(segment, true).value_or(std::vector<std::string>()))
            if (std::find(own.begin(), own.end(), table) == own.end()) referenced.push_back(table);
        };
        for (Segment* element : join->children_of({K::from_expression_element})) {
          const std::string table = table_of(*element);
          if (!table.empty() && outer && !semi) {
            joined.emplace_back(table, element);
            own.push_back(table);
          }
          refer(*element);
        }
        for (Segment* condition : join->children_of({K::join_on_condition})) refer(*condition);
      }
    }
    if (joined.size() <= 1) continue;
    joined.erase(std::remove_if(joined.begin(), joined.end(), [&](const auto& each) { return std::find(referenced.begin(), referenced.end(), each.first) != referenced.end(); }), joined.end());
    if (joined.empty()) continue;
    std::set<std::string> used;
    bool unsure = false;
    for (Segment* clause : select->children_of({K::select_clause, K::where_clause, K::groupby_clause, K::orderby_clause, K::having_clause, K::qualify_clause})) {
      const auto tables = tables_in(*clause, false);
      unsure = unsure || !tables;
      if (tables) used.insert(tables->begin(), tables->end());
    }
    if (unsure) continue;
    auto query = query_of(*select, run.tree.dialect);
    for (const auto& each : query->selects)
      for (const auto& wildcard : each.wildcards())
        for (const std::string& table : wildcard.tables) used.insert(upper(table));
    for (const auto& [table, element] : joined)
      if (!used.count(table)) run.find(element, "Joined table '" + std::string(element->text) + "' not referenced elsewhere in query");
  }
}

void rule_ST12(RuleRun& run) {
  const auto ends = run.all({K::statement_terminator});
  std::set<size_t> seen;
  for (size_t i = 0; i + 1 < ends.size();) {
    size_t j = i;
    const auto only_blanks = [&](const Segment& a, const Segment& b) {
      return trim(std::string_view(run.tree.file.rendered).substr(a.rendered_stop, b.rendered_start - a.rendered_stop)).empty();
    };
    while (j + 1 < ends.size() && only_blanks(*ends[j], *ends[j + 1])) ++j;
    if (j == i) {
      ++i;
      continue;
    }
    std::vector<Fix> fixes;
    for (size_t k = i + 1; k <= j; ++k) fixes.push_back(fix_remove(ends[k]));
    if (seen.insert(ends[i]->source_start).second) run.find(ends[i], "Consecutive semicolons detected (count " + std::to_string(j - i + 1) + ").", fixes);
    i = j + 1;
  }
}

}  // namespace weir::lint
