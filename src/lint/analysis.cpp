#include "lint/analysis.h"

#include <algorithm>

#include "base/text.h"

namespace weir::lint {

std::vector<ReferencePart> parts_of(Segment& reference) {
  std::vector<ReferencePart> parts;
  if (reference.is(K::wildcard_identifier)) {
    for (Segment* each : crawl(reference, {K::identifier, K::star})) parts.push_back({std::string(each->text), each});
  } else {
    for (Segment* each : crawl(reference, {K::identifier})) parts.push_back({std::string(each->text), each});
  }
  return parts;
}

std::string normal(Segment& segment, Dialect dialect, bool fold) {
  if (!segment.children.empty()) {
    std::string text;
    for (Segment* child : segment.children) text += normal(*child, dialect, fold);
    return text;
  }
  if (segment.is(K::quoted_identifier)) {
    const std::string text = unquoted(segment);
    return fold && dialect == Dialect::duckdb ? lower(text) : text;
  }
  if (segment.is(K::quoted_literal)) return unquoted(segment);
  if (segment.is(K::naked_identifier) && fold)
    return dialect == Dialect::ansi ? upper(segment.text) : lower(segment.text);
  return std::string(segment.text);
}

std::vector<TableAlias> aliases_of_element(Segment& element) {
  Segment* table = element.child(K::table_expression);
  if (!table) {
    if (Segment* brackets = element.child(K::bracketed)) {
      table = brackets->child(K::table_expression);
      if (!table) {
        Segment* inner = nullptr;
        while (brackets && !inner) {
          inner = brackets->child(K::from_expression_element);
          brackets = brackets->child(K::bracketed);
        }
        if (inner && !element.child(K::alias_expression)) return aliases_of_element(*inner);
      }
    }
  }
  while (table && !table->child(K::object_reference)) {
    Segment* brackets = table->child(K::bracketed);
    if (!brackets) break;
    table = brackets->child(K::table_expression);
  }
  Segment* reference = table ? table->child(K::object_reference) : nullptr;
  std::vector<TableAlias> found;
  bool has_alias = false;
  for (Segment* each : element.children_of({K::alias_expression, K::bracketed})) {
    if (each->is(K::bracketed)) each = each->child(K::alias_expression);
    if (!each) continue;
    has_alias = true;
    if (Segment* name = each->child(K::identifier))
      found.push_back({unquoted(*name), name, true, &element, each, reference});
  }
  if (has_alias) return found;
  if (reference) {
    const auto parts = parts_of(*reference);
    if (!parts.empty()) return {{parts.back().text, parts.back().segment, false, &element, nullptr, reference}};
  }
  return {{"", nullptr, false, &element, nullptr, reference}};
}

std::vector<TableAlias> aliases_of_join(Segment& join) {
  Segment* element = join.child(K::from_expression_element);
  if (!element) return {};
  std::vector<TableAlias> found = aliases_of_element(*element);
  for (Segment* other : crawl(join, {K::join_clause}, {{K::select_statement}, true, false}))
    for (auto& alias : aliases_of_join(*other)) found.push_back(std::move(alias));
  return found;
}

std::vector<TableAlias> aliases_of_from(Segment& from) {
  std::vector<TableAlias> found;
  Segments elements, joins;
  for (Segment* expression : from.children_of({K::from_expression})) {
    for (Segment* each : expression->children_of({K::from_expression_element})) elements.push_back(each);
    for (Segment* each : expression->children_of({K::join_clause})) joins.push_back(each);
  }
  for (Segment* each : elements)
    for (auto& alias : aliases_of_element(*each)) found.push_back(std::move(alias));
  for (Segment* each : joins)
    for (auto& alias : aliases_of_join(*each)) found.push_back(std::move(alias));
  return found;
}

namespace {

void gather_references(Segment& segment, Segments& into) {
  for (Segment* each : crawl(segment, {K::object_reference}, {{K::select_statement, K::merge_statement}}))
    if (!each->is(K::collation_reference)) into.push_back(each);
}

bool is_value_function(Segment& element, Dialect dialect) {
  if (dialect != Dialect::duckdb) return false;
  for (Segment* name : crawl(element, {K::function_name}, {{K::select_statement}}))
    if (iequals(name->text, "unnest") || iequals(name->text, "generate_series")) return true;
  return false;
}

void gather_standalone(Segment& select, Dialect dialect, Segments& into) {
  for (Segment* pivot : crawl(select, {K::from_pivot_expression}))
    for (Segment* each : crawl(*pivot, {K::table_reference}))
      if (std::none_of(into.begin(), into.end(), [&](Segment* other) { return other->text == each->text; }))
        into.push_back(each);
  if (dialect == Dialect::duckdb)
    for (Segment* lambda : crawl(select, {K::lambda_function})) {
      if (!lambda->child(K::lambda_arrow)) continue;
      if (Segment* brackets = lambda->child(K::bracketed)) {
        for (Segment* each : brackets->children_of({K::column_reference, K::parameter})) into.push_back(each);
      } else if (Segment* single = lambda->child_any({K::column_reference, K::parameter})) {
        into.push_back(single);
      }
    }
  for (Segment* unpivot : crawl(select, {K::from_unpivot_expression}))
    if (Segment* brackets = unpivot->child(K::bracketed))
      for (Segment* each : brackets->children) {
        if (each->is_keyword("IN")) break;
        if (each->is(K::identifier)) into.push_back(each);
      }
}

void gather_from(Segment& from, SelectInfo& info) {
  for (Segment* table : crawl(from, {K::table_expression}, {{K::select_statement}}))
    for (Segment* each : table->children) {
      if (!each->is(K::table_reference)) {
        Segments references;
        gather_references(*each, references);
        for (Segment* reference : references) {
          if (!reference->is(K::table_reference))
            info.references.push_back(reference);
          else if (is_qualified(*reference))
            info.table_references.push_back(reference);
        }
      } else if (is_qualified(*each)) {
        gather_references(*each, info.table_references);
      }
    }
  for (Segment* join : crawl(from, {K::join_clause}, {{K::select_statement}})) {
    bool using_seen = false;
    for (Segment* each : join->children) {
      if (each->is_keyword("USING")) {
        using_seen = true;
      } else if (each->is(K::join_on_condition)) {
        for (Segment* part : each->children)
          if (part->is_any({K::bracketed, K::expression})) gather_references(*each, info.references);
      } else if (using_seen && each->is(K::bracketed)) {
        for (Segment* part : each->children)
          if (part->is(K::identifier)) info.using_columns.push_back(part);
        using_seen = false;
      }
    }
  }
}

std::optional<ColumnAlias> column_alias(Segment& element) {
  Segment* alias = first_of(element, {K::alias_expression}, {{K::select_statement}});
  Segment* name = alias ? alias->child(K::identifier) : nullptr;
  if (!name) return std::nullopt;
  ColumnAlias found{std::string(name->text), {}};
  for (Segment* each : element.children) {
    if (each->is_blank() || each->is_meta() || each == alias) continue;
    found.references = crawl(*each, {K::column_reference});
    break;
  }
  return found;
}

}  // namespace

std::optional<SelectInfo> select_info(Segment& select, Dialect dialect, bool early) {
  SelectInfo info;
  Segment* from = select.child(K::from_clause);
  if (from) {
    gather_standalone(select, dialect, info.standalone);
    for (auto& alias : aliases_of_from(*from)) {
      if (is_value_function(*alias.element, dialect)) {
        if (alias.segment) info.standalone.push_back(alias.segment);
      } else {
        info.tables.push_back(std::move(alias));
      }
    }
  }
  if (early && info.tables.empty() && info.standalone.empty()) return std::nullopt;
  Segment* clause = select.child(K::select_clause);
  if (!clause) return std::nullopt;
  gather_references(*clause, info.references);
  for (K kind : {K::where_clause, K::groupby_clause, K::having_clause, K::orderby_clause, K::qualify_clause})
    if (Segment* each = select.child(kind)) gather_references(*each, info.references);
  info.targets = clause->children_of({K::select_clause_element});
  for (Segment* target : info.targets)
    if (auto alias = column_alias(*target)) info.columns.push_back(std::move(*alias));
  if (from) gather_from(*from, info);
  return info;
}

std::vector<Query::Select::Wildcard> Query::Select::wildcards() const {
  std::vector<Wildcard> found;
  if (!info) return found;
  for (Segment* target : info->targets) {
    if (!target->child(K::wildcard_expression)) continue;
    const std::string text(target->text);
    if (const size_t dot = text.rfind('.'); dot != std::string::npos) {
      found.push_back({target, {text.substr(0, dot)}});
    } else {
      Wildcard wildcard{target, {}};
      for (const TableAlias& alias : info->tables)
        if (!alias.name.empty())
          wildcard.tables.push_back(alias.aliased ? alias.name : std::string(alias.element->text));
      found.push_back(std::move(wildcard));
    }
  }
  return found;
}

const TableAlias* Query::Select::find_alias(const std::string& table) const {
  if (info)
    for (const TableAlias& alias : info->tables)
      if (alias.aliased && alias.name == table) return &alias;
  return nullptr;
}

std::vector<Query*> Query::children() const {
  std::vector<Query*> all;
  for (const std::string& name : cte_order) all.push_back(ctes.at(name).get());
  for (const auto& each : subqueries) all.push_back(each.get());
  return all;
}

Query* Query::find_cte(const std::string& name) const {
  const auto found = ctes.find(upper(name));
  if (found != ctes.end()) return found->second.get();
  return parent ? parent->find_cte(name) : nullptr;
}

namespace {

constexpr std::initializer_list<K> query_kinds = {K::with_compound_statement, K::set_expression, K::select_statement};

Query::Select select_of(Segment& segment, Dialect dialect) {
  Query::Select select{&segment, std::nullopt};
  if (segment.is(K::select_statement)) {
    select.info = select_info(segment, dialect, false);
    return select;
  }
  SelectInfo info;
  for (Segment* alias : segment.children_of({K::alias_expression})) {
    Segment* name = alias->child(K::identifier);
    info.tables.push_back({name ? std::string(name->text) : "", name, name != nullptr, &segment, alias, nullptr});
  }
  if (info.tables.empty()) info.tables.push_back({"", nullptr, false, &segment, nullptr, nullptr});
  select.info = std::move(info);
  return select;
}

}  // namespace

std::unique_ptr<Query> query_of(Segment& segment, Dialect dialect, Query* parent) {
  auto query = std::make_unique<Query>();
  query->parent = parent;
  Segments definitions;
  if (segment.is(K::set_expression)) {
    for (Segment* each : crawl(segment, {K::select_statement}, {{}, false}))
      query->selects.push_back(select_of(*each, dialect));
  } else if (segment.is(K::with_compound_statement)) {
    for (Segment* each : crawl(segment, {K::select_statement}, {{K::common_table_expression}, false}))
      query->selects.push_back(select_of(*each, dialect));
    definitions = crawl(segment, {K::common_table_expression}, {{K::with_compound_statement}, false});
  } else {
    query->selects.push_back(select_of(segment, dialect));
  }
  for (const auto& select : query->selects)
    for (Segment* sub : crawl(*select.segment, query_kinds, {{}, false, false})) {
      query->subqueries.push_back(query_of(*sub, dialect, query.get()));
      query->subqueries.back()->is_subquery = true;
    }
  for (Segment* definition : definitions) {
    Segment* name = definition->child(K::identifier);
    Segment* inner =
        first_of(*definition, {K::with_compound_statement, K::set_expression, K::select_statement, K::values_clause,
                               K::merge_statement, K::update_statement, K::delete_statement});
    if (!name || !inner) continue;
    auto cte = query_of(*inner, dialect, query.get());
    cte->cte_definition = definition;
    cte->cte_name = name;
    const std::string key = upper(unquoted(*name));
    if (!query->ctes.count(key)) query->cte_order.push_back(key);
    query->ctes[key] = std::move(cte);
  }
  return query;
}

std::vector<Source> sources_of(Query& query, Segment& segment, Dialect dialect,
                               std::vector<std::unique_ptr<Query>>& made) {
  std::vector<Source> found;
  bool nested = false;
  for (Segment* each : crawl(segment, {K::table_reference, K::set_expression, K::select_statement, K::values_clause},
                             {{}, false, false})) {
    if (each->is(K::table_reference)) {
      if (!is_qualified(*each))
        if (Query* cte = query.find_cte(std::string(each->text))) found.push_back({"", cte});
      found.push_back({std::string(each->text), nullptr});
    } else {
      nested = true;
      made.push_back(query_of(*each, dialect, &query));
      found.push_back({"", made.back().get()});
    }
  }
  if (!nested)
    if (Segment* table = segment.child(K::table_expression)) found.push_back({std::string(table->text), nullptr});
  return found;
}

}  // namespace weir::lint
