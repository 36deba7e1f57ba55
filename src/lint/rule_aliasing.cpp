#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "lint/analysis.h"
#include "lint/rule_functions.h"

namespace weir::lint {

namespace {

void judge_as(RuleRun& run, std::initializer_list<K> parents) {
  const bool implicit = run.text("aliasing") == "implicit";
  for (Segment* alias : run.all({K::alias_expression})) {
    if (!alias->parent->is_any(parents)) continue;
    Segment* as = alias->child(K::alias_operator);
    if (alias->child(K::colon)) continue;  // name: value
    if (as && implicit) {
      std::vector<Fix> fixes;
      if (Segment* blank = alias->child(K::whitespace)) fixes.push_back(fix_remove(blank));
      fixes.push_back(fix_remove(as));
      run.find(as, {}, fixes);
    } else if (!as && !implicit) {
      Segment* name = nullptr;
      for (Segment* each : alias->children)
        if (!name && each->is_code()) name = each;
      const bool blank_before = alias->index > 0 && alias->parent->children[alias->index - 1]->is(K::whitespace);
      Segments made = {run.tree.make(K::keyword, "AS"), run.tree.make_blank(" ")};
      if (!blank_before) made.insert(made.begin(), run.tree.make_blank(" "));
      run.find(alias, {}, {fix_before(name, made)});
    }
  }
}

bool is_complex(const Segments& children) {
  Segments left;
  for (Segment* each : children)
    if (!each->is_any({K::whitespace, K::newline, K::column_reference, K::wildcard_expression, K::bracketed}))
      left.push_back(each);
  if (left.empty()) return false;
  if (first_of(*left[0], {K::select_statement})) return true;
  if (left.size() > 1 || !left[0]->is(K::expression)) return true;
  return is_complex(left[0]->children);
}

Segment* parent_select(const Segment& select) { return ancestor(select, {K::select_statement}); }

}  // namespace

void rule_AL01(RuleRun& run) { judge_as(run, {K::from_expression_element, K::merge_statement}); }
void rule_AL02(RuleRun& run) { judge_as(run, {K::select_clause_element}); }

void rule_AL03(RuleRun& run) {
  const bool scalar = run.flag("allow_scalar");
  for (Segment* element : run.all({K::select_clause_element})) {
    if (element->child(K::alias_expression)) continue;
    bool cast = false, function_cast = false;
    for (Segment* child : element->children)
      for (Segment* inner : child->children)
        if (inner->is(K::cast_expression)) {
          cast = true;
          function_cast = function_cast || inner->child(K::function);
        }
    if (cast && !function_cast) continue;
    const Segment* cte = ancestor(*element, {K::common_table_expression});
    if (cte && cte->child(K::cte_column_list)) continue;
    // COLUMNS(...) names its own columns.
    bool columns = false;
    for (Segment* name : crawl(*element, {K::function_name}))
      columns = columns || (run.duckdb() && name->child(K::keyword));
    if (columns) continue;
    Segments children;
    for (Segment* each : element->children)
      if (!each->is(K::star) && !each->is_meta()) children.push_back(each);
    if (!is_complex(children)) continue;
    if (scalar && element->parent->children_of({K::select_clause_element}).size() <= 1) continue;
    run.find(element);
  }
}

void rule_AL04(RuleRun& run) {
  for (Segment* select : run.all({K::select_statement})) {
    const auto info = select_info(*select, run.tree.dialect);
    if (!info) continue;
    std::vector<TableAlias> tables = info->tables;
    if (Segment* outer = parent_select(*select))
      if (const auto outer_info = select_info(*outer, run.tree.dialect))
        for (const TableAlias& alias : outer_info->tables)
          if (!is_inside(*select, *alias.element)) tables.push_back(alias);
    std::vector<const TableAlias*> duplicates;
    for (size_t i = 0; i < tables.size(); ++i)
      for (size_t j = i + 1; j < tables.size(); ++j)
        if (!tables[i].name.empty() && tables[i].name == tables[j].name &&
            std::find(duplicates.begin(), duplicates.end(), &tables[j]) == duplicates.end())
          duplicates.push_back(&tables[j]);
    for (const TableAlias* each : duplicates)
      run.find(each->segment, "Two tables have the alias " + repr(each->name) + ".");
  }
}

namespace {

class UnusedAliases {
 public:
  explicit UnusedAliases(RuleRun& run) : run_(run), check_(run.text("alias_case_check")) {}

  void judge(Segment& select) {
    const auto info = select_info(select, run_.tree.dialect);
    if (!info || info->tables.empty()) return;
    auto query = query_of(select, run_.tree.dialect);
    query->selects[0].info = info;
    analyse(*query);
    std::map<std::string, int> count;
    for (const TableAlias& alias : query->aliases)
      if (alias.reference) ++count[key(*alias.reference->children.back())];
    for (const TableAlias& alias : query->aliases) {
      if (is_required(*alias.element)) continue;
      if (alias.reference && count[key(*alias.reference->children.back())] > 1) continue;
      const Segment* table = alias.element->child(K::table_expression);
      if (table && table->child(K::function)) {
        const std::string name = upper(alias.name);
        if (std::any_of(info->references.begin(), info->references.end(),
                        [&](Segment* each) { return upper(unquoted(*each)) == name || upper(each->text) == name; }))
          continue;
      }
      if (!alias.aliased || !alias.segment ||
          std::find(query->used.begin(), query->used.end(), key(*alias.segment)) != query->used.end())
        continue;
      std::vector<Fix> fixes = {fix_remove(alias.alias_expression)};
      const Segments& siblings = alias.element->children;
      if (alias.alias_expression->parent == alias.element)
        for (size_t i = alias.alias_expression->index; i-- > 0 && (siblings[i]->is_blank() || siblings[i]->is_meta());)
          fixes.push_back(fix_remove(siblings[i]));
      run_.find(alias.segment, "Nothing uses the alias " + repr(alias.name) + ".", fixes);
    }
  }

 private:
  std::string key(Segment& identifier) const {
    std::string text = normal(identifier, run_.tree.dialect, check_ == "dialect");
    if (check_ == "case_insensitive" || (check_ == "quoted_cs_naked_upper" && identifier.is(K::naked_identifier)))
      text = upper(text);
    if (check_ == "quoted_cs_naked_lower" && identifier.is(K::naked_identifier)) text = lower(text);
    return text;
  }

  void mark(Query& query, Segment& reference) {
    const std::string name = key(reference);
    for (const TableAlias& alias : query.aliases)
      if (alias.segment && key(*alias.segment) == name) {
        query.used.push_back(name);
        return;
      }
    if (query.parent) mark(*query.parent, reference);
  }

  void analyse(Query& query) {
    for (auto& select : query.selects) {
      if (!select.info) continue;
      query.aliases.insert(query.aliases.end(), select.info->tables.begin(), select.info->tables.end());
      Segments references = select.info->references;
      references.insert(references.end(), select.info->table_references.begin(), select.info->table_references.end());
      for (Segment* window : crawl(*select.segment, {K::named_window}, {{K::select_statement}}))
        for (Segment* each : crawl(*window, {K::object_reference}, {{K::select_statement}})) references.push_back(each);
      for (Segment* each : references) {
        const auto parts = parts_of(*each);
        if (parts.size() >= 2) mark(query, *parts[parts.size() - 2].segment);
        // A row of the whole table, or a field of a column that is named as the table.
        if (run_.duckdb() && !parts.empty()) mark(query, *parts[0].segment);
      }
    }
    for (Query* child : query.children()) analyse(*child);
  }

  bool is_required(Segment& element) const {
    Segments parts;
    for (Segment* each : element.children) {
      if (each->is(K::bracketed))
        parts.insert(parts.end(), each->children.begin(), each->children.end());
      else
        parts.push_back(each);
    }
    for (Segment* each : parts) {
      if (!each->is(K::table_expression)) continue;
      if (each->child(K::values_clause)) return false;
      Segments inner;
      const auto flatten = [&](auto& self, Segment& at) -> void {
        for (Segment* child : at.children) {
          if (child->is(K::bracketed))
            self(self, *child);
          else
            inner.push_back(child);
        }
      };
      flatten(flatten, *each);
      return std::any_of(inner.begin(), inner.end(), [](Segment* at) {
        return at->is_any({K::select_statement, K::set_expression, K::with_compound_statement});
      });
    }
    return false;
  }

  RuleRun& run_;
  std::string check_;
};

}  // namespace

void rule_AL05(RuleRun& run) {
  UnusedAliases unused(run);
  for (Segment* select : run.all({K::select_statement})) unused.judge(*select);
}

void rule_AL06(RuleRun& run) {
  const int least = run.number("min_alias_length", -1), most = run.number("max_alias_length", -1);
  if (least < 0 && most < 0) return;
  for (Segment* select : run.all({K::select_statement}))
    for (Segment* element : crawl(*select, {K::from_expression_element})) {
      Segment *table = element->child(K::table_expression), *alias = element->child(K::alias_expression);
      if (!table || !table->child(K::object_reference) || !alias) continue;
      Segment* name = alias->child(K::identifier);
      if (!name) continue;
      const int length = static_cast<int>(name->text.size());
      if (least >= 0 && length < least)
        run.find(name, "The alias has less than " + std::to_string(least) + " characters.");
      if (most >= 0 && length > most)
        run.find(name, "The alias has more than " + std::to_string(most) + " characters.");
    }
}

void rule_AL07(RuleRun& run) {
  if (!run.flag("force_enable")) return;
  for (Segment* select : run.all({K::select_statement})) {
    Segment *from = select->child(K::from_clause), *at = from;
    for (K kind : {K::from_expression, K::from_expression_element, K::table_expression, K::object_reference})
      at = at ? at->child(kind) : nullptr;
    if (!at) continue;
    Segment& base = *at;
    Segments elements, columns;
    for (size_t i = from->index; i < select->children.size(); ++i) {
      for (Segment* each : crawl(*select->children[i], {K::from_expression_element})) elements.push_back(each);
      for (Segment* each : crawl(*select->children[i], {K::column_reference})) columns.push_back(each);
    }
    struct Aliased {
      Segment *table, *blank, *alias, *name;
    };
    std::vector<Aliased> to_check;
    std::map<std::string_view, int> count;
    std::map<std::string_view, std::set<std::string_view>> names;
    for (Segment* element : elements) {
      Segment* table = element->child(K::table_expression);
      Segment* reference = table ? table->child(K::object_reference) : nullptr;
      if (!reference || (base.text == reference->text && &base != reference)) continue;
      Segment* alias = element->child(K::alias_expression);
      if (!alias) continue;
      to_check.push_back({reference, element->child(K::whitespace), alias, alias->child(K::identifier)});
      ++count[reference->text];
      if (to_check.back().name) names[reference->text].insert(to_check.back().name->text);
    }
    for (const Aliased& each : to_check) {
      if (!each.name || (count[each.table->text] > 1 && names[each.table->text].size() > 1)) continue;
      Segments uses = {each.name};
      for (Segment* reference : crawl(*select->child(K::select_clause), {K::object_reference}))
        if (Segment* name = reference->child(K::identifier); name && name->text == each.name->text)
          uses.push_back(name);
      for (Segment* reference : columns)
        if (Segment* name = reference->child(K::identifier);
            name && name->text == each.name->text && reference->child(K::dot))
          uses.push_back(name);
      std::vector<Fix> fixes = {fix_remove(each.alias)};
      if (each.blank) fixes.push_back(fix_remove(each.blank));
      for (Segment* use : uses)
        if (use != each.name)
          fixes.push_back(
              fix_replace(use, {run.tree.make(K::naked_identifier, std::string(each.table->text))}, {each.table}));
      run.find(each.name, "The table has a name of its own.", fixes);
    }
  }
}

void rule_AL08(RuleRun& run) {
  for (Segment* clause : run.all({K::select_clause})) {
    std::map<std::string, Segment*> used;
    for (Segment* element : clause->children_of({K::select_clause_element})) {
      Segment* name = nullptr;
      if (Segment* alias = element->child(K::alias_expression))
        name = alias->child_any({K::naked_identifier, K::quoted_identifier});
      else if (Segment* reference = element->child(K::column_reference))
        name = reference->children.back();
      if (!name) continue;
      std::string key = upper(name->text);
      while (!key.empty() && (key.front() == '"' || key.front() == '\'' || key.front() == '`')) key.erase(0, 1);
      while (!key.empty() && (key.back() == '"' || key.back() == '\'' || key.back() == '`')) key.pop_back();
      const auto [previous, is_new] = used.try_emplace(key, element);
      if (!is_new)
        run.find(name, "The alias " + repr(name->text) + " names a column already, in line " +
                           std::to_string(run.tree.source_place(previous->second->source_start).line) + ".");
    }
  }
}

void rule_AL09(RuleRun& run) {
  for (Segment* clause : run.all({K::select_clause}))
    for (Segment* element : clause->children_of({K::select_clause_element})) {
      Segment *reference = element->child(K::column_reference), *alias = element->child(K::alias_expression);
      if (!reference || !alias) continue;
      const auto names = reference->children_of({K::identifier});
      Segment* name = alias->child(K::identifier);
      if (names.empty() || !name) continue;
      Segment *column = names.back(), *blank = element->child(K::whitespace);
      if (!blank && !column->is(K::quoted_identifier)) continue;
      Segment* first = element->children[0];
      while (!first->raw) first = first->children[0];
      if (column->text == name->text) {
        std::vector<Fix> fixes;
        if (blank) fixes.push_back(fix_remove(blank));
        fixes.push_back(fix_remove(alias));
        run.find(first, "The column has that name already.", fixes);
      } else if (column->is(K::naked_identifier) && name->is(K::naked_identifier) &&
                 iequals(column->text, name->text)) {
        run.find(first,
                 "The column has that name already, in another case: quote one of the names if the case matters.");
      }
    }
}

void rule_AL10(RuleRun& run) {
  for (Segment* element : run.all({K::from_expression_element})) {
    if (element->child(K::alias_expression)) continue;
    bool derived = false;
    const auto look = [&](auto& self, Segment& at, bool in_table) -> void {
      for (Segment* each : at.children) {
        if (each->is(K::bracketed)) self(self, *each, in_table);
        if (in_table && each->is_any({K::select_statement, K::set_expression, K::with_compound_statement}))
          derived = true;
        if (!in_table && each->is(K::table_expression)) self(self, *each, true);
      }
    };
    look(look, *element, false);
    if (derived) run.find(element, "The subquery has no alias.");
  }
}

}  // namespace weir::lint
