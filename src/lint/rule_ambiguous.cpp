#include <algorithm>
#include <set>

#include "base/text.h"
#include "lint/analysis.h"
#include "lint/rule_functions.h"

namespace weir::lint {

namespace {

std::set<std::string> terms_of(const RuleRun& run, const Segment& clause) {
  std::set<std::string> terms;
  for (Segment* child : clause.children) {
    if (!child->is_code() || child->is_any({K::keyword, K::comma, K::start_bracket, K::end_bracket})) continue;
    std::string text;
    if (child->raw)
      text = upper(child->text);
    else
      for (size_t i = child->raw_index; i < child->raw_stop; ++i)
        if (run.tree.raws[i]->is_code()) text += upper(run.tree.raws[i]->text);
    terms.insert(text);
  }
  return terms;
}

Segments keywords_of(const Segment& segment) {
  Segments found;
  for (Segment* each : segment.children)
    if (each->kind == K::keyword) found.push_back(each);
  return found;
}

bool is_upper_word(std::string_view text) { return upper(text) == text; }

}  // namespace

void rule_AM01(RuleRun& run) {
  for (Segment* select : run.all({K::select_statement})) {
    Segment *group = select->child(K::groupby_clause), *clause = select->child(K::select_clause);
    Segment* modifier = clause ? clause->child(K::select_clause_modifier) : nullptr;
    if (!group || !modifier) continue;
    Segment *distinct = nullptr, *on = nullptr, *list = modifier->child(K::bracketed);
    for (Segment* each : modifier->children) {
      if (each->is_keyword("DISTINCT")) distinct = each;
      if (each->is_keyword("ON")) on = each;
    }
    if (!distinct) continue;
    if (on && list) {
      const auto groups = terms_of(run, *group), listed = terms_of(run, *list);
      if (groups.empty() || !std::includes(listed.begin(), listed.end(), groups.begin(), groups.end())) continue;
    }
    run.find(distinct);
  }
}

void rule_AM02(RuleRun& run) {
  if (run.duckdb()) return;
  for (Segment* each : run.all({K::set_operator})) {
    const std::string text = upper(each->text);
    if (text.find("UNION") == std::string::npos || text.find("ALL") != std::string::npos ||
        text.find("DISTINCT") != std::string::npos)
      continue;
    Segment* word = each->children[0];
    run.find(each, {},
             {fix_after(word, {run.tree.make_blank(" "),
                               run.tree.make(K::keyword, is_upper_word(word->text) ? "DISTINCT" : "distinct")})});
  }
}

void rule_AM03(RuleRun& run) {
  for (Segment* clause : run.all({K::orderby_clause})) {
    std::vector<std::pair<Segment*, bool>> columns;  // and whether the direction is said
    Segment* column = nullptr;
    bool directed = false;
    const auto flush = [&] {
      if (column) columns.emplace_back(column, directed);
      column = nullptr;
      directed = false;
    };
    for (Segment* each : clause->children) {
      if (each->is(K::column_reference)) column = each;
      if (each->is_keyword("ASC") || each->is_keyword("DESC")) directed = true;
      if (column && each->is(K::comma)) flush();
    }
    flush();
    const auto said = std::count_if(columns.begin(), columns.end(), [](const auto& each) { return each.second; });
    if (said == 0 || said == static_cast<std::ptrdiff_t>(columns.size())) continue;
    std::vector<Fix> fixes;
    for (const auto& [each, is_said] : columns)
      if (!is_said) fixes.push_back(fix_after(each, {run.tree.make_blank(" "), run.tree.make(K::keyword, "ASC")}));
    run.find(clause, "ORDER BY says a direction for some of its columns only.", fixes);
  }
}

namespace {

// Does a query's number of columns depend on tables that the file does not define? Then where it says so.
class ColumnCount {
 public:
  explicit ColumnCount(Dialect dialect) : dialect_(dialect) {}

  Segment* unknown(Query& query, Segment* anchor = nullptr) {
    if (std::find(open_.begin(), open_.end(), &query) != open_.end()) return anchor;  // a table of the same name
    open_.push_back(&query);
    Segment* found = look(query, anchor);
    open_.pop_back();
    return found;
  }

 private:
  Segment* look(Query& query, Segment* anchor) {
    for (auto& select : query.selects)
      for (const auto& wildcard : select.wildcards()) {
        Segment* at = anchor;
        if (!at) at = first_of(*wildcard.segment, {K::star});
        if (!at) at = wildcard.segment;
        if (wildcard.tables.empty()) {
          for (const Source& source : sources_of(query, *select.segment, dialect_, made_))
            if (source.query) return unknown(*source.query, at);
          return at;
        }
        for (const std::string& table : wildcard.tables) {
          if (const TableAlias* alias = select.find_alias(table)) {
            const auto sources = sources_of(query, *alias->element, dialect_, made_);
            if (sources.empty() || !sources[0].query) return at;
            if (Segment* found = unknown(*sources[0].query, at)) return found;
          } else if (Query* cte = query.find_cte(table)) {
            if (Segment* found = unknown(*cte, at)) return found;
          } else {
            return at;
          }
        }
      }
    return nullptr;
  }

  Dialect dialect_;
  std::vector<std::unique_ptr<Query>> made_;
  std::vector<Query*> open_;
};

}  // namespace

void rule_AM04(RuleRun& run) {
  for (Segment* each : run.all({K::select_statement, K::set_expression, K::with_compound_statement}, false)) {
    auto query = query_of(*each, run.tree.dialect);
    ColumnCount count(run.tree.dialect);
    if (Segment* at = count.unknown(*query)) run.find(at);
  }
}

void rule_AM05(RuleRun& run) {
  const std::string types = run.text("fully_qualify_join_types");
  for (Segment* join : run.all({K::join_clause})) {
    const Segments words = keywords_of(*join);
    if (words.empty()) continue;
    Segment* first = join->children[0];
    const bool sided = words[0]->word_is("RIGHT") || words[0]->word_is("LEFT") || words[0]->word_is("FULL");
    if (types != "inner" && sided && words.size() > 1 && words[1]->word_is("JOIN")) {
      run.find(first, {},
               {fix_after(first, {run.tree.make_blank(" "),
                                  run.tree.make(K::keyword, words[1]->text == "JOIN" ? "OUTER" : "outer")})});
    } else if (types != "outer" && words[0]->word_is("JOIN")) {
      run.find(first, {},
               {fix_before(first, {run.tree.make(K::keyword, words[0]->text == "JOIN" ? "INNER" : "inner"),
                                   run.tree.make_blank(" ")})});
    }
  }
}

void rule_AM06(RuleRun& run) {
  const std::string style = run.text("group_by_and_order_by_style");
  std::string prior;
  for (Segment* clause : run.all({K::groupby_clause, K::orderby_clause, K::grouping_expression_list})) {
    if (ancestor(*clause, {K::withingroup_clause, K::window_specification, K::aggregate_order_by})) continue;
    std::set<std::string> kinds;
    for (Segment* each : clause->children) {
      if (each->is(K::numeric_literal)) kinds.insert("implicit");
      if (each->is_any({K::column_reference, K::expression})) kinds.insert("explicit");
    }
    if (kinds.empty()) continue;
    if (style == "consistent") {
      if (kinds.size() > 1 || (!prior.empty() && *kinds.begin() != prior))
        run.find(clause);
      else
        prior = *kinds.begin();
    } else if (std::any_of(kinds.begin(), kinds.end(), [&](const std::string& kind) { return kind != style; })) {
      run.find(clause);
    }
  }
}

namespace {

class SetColumns {
 public:
  explicit SetColumns(Dialect dialect) : dialect_(dialect) {}

  bool differ(Query& query) {
    std::set<size_t> counts;
    bool known = true;
    for (auto& select : query.selects) {
      const auto [count, resolved] = count_of(select, query);
      known = known && resolved;
      counts.insert(count);
    }
    return known && counts.size() > 1;
  }

 private:
  using Count = std::pair<size_t, bool>;  // and whether it is known

  Count of_query(Query& query) {
    if (query.selects.empty() || std::find(open_.begin(), open_.end(), &query) != open_.end()) return {0, false};
    open_.push_back(&query);
    const Count count = count_of(query.selects[0], query);
    open_.pop_back();
    return count;
  }

  Count count_of(Query::Select& select, Query& query) {
    if (!select.info) return {0, false};
    const auto wildcards = select.wildcards();
    Count count{select.info->targets.size() - wildcards.size(), true};
    for (const auto& wildcard : wildcards) {
      const Count more = of_wildcard(wildcard, select, query);
      count.first += more.first;
      count.second = count.second && more.second;
    }
    return count;
  }

  Count of_wildcard(const Query::Select::Wildcard& wildcard, Query::Select& select, Query& query) {
    if (wildcard.tables.empty()) {
      for (const Source& source : sources_of(query, *select.segment, dialect_, made_))
        if (source.query) return of_query(*source.query);
      return {0, false};
    }
    Count count{0, true};
    for (const std::string& table : wildcard.tables) {
      std::string name = table;
      Query* from = nullptr;
      if (const TableAlias* alias = select.find_alias(table)) {
        const auto sources = sources_of(query, *alias->element, dialect_, made_);
        if (!sources.empty()) {
          from = sources[0].query;
          if (!from) name = sources[0].table;
        }
      }
      if (!from) from = query.find_cte(name);
      if (!from) {
        count.second = false;
        continue;
      }
      const Count more = of_query(*from);
      count.first += more.first;
      count.second = count.second && more.second;
    }
    return count;
  }

  Dialect dialect_;
  std::vector<std::unique_ptr<Query>> made_;
  std::vector<Query*> open_;
};

}  // namespace

void rule_AM07(RuleRun& run) {
  for (Segment* set : run.all({K::set_expression})) {
    Segment* root = ancestor(*set, {K::with_compound_statement});
    auto query = query_of(root ? *root : *set, run.tree.dialect);
    SetColumns columns(run.tree.dialect);
    if (columns.differ(*query)) run.find(set);
  }
}

void rule_AM08(RuleRun& run) {
  for (Segment* join : run.all({K::join_clause})) {
    const Segments words = keywords_of(*join);
    const auto has = [&](std::string_view word) {
      return std::any_of(words.begin(), words.end(), [&](Segment* each) { return each->word_is(word); });
    };
    if (has("CROSS") || has("POSITIONAL") || has("USING") || has("NATURAL") || join->child(K::join_on_condition))
      continue;
    Segment* around = ancestor(*join, {K::select_statement, K::update_statement, K::delete_statement});
    if (!around || !around->is(K::select_statement) || around->child(K::where_clause)) continue;
    if (std::count_if(words.begin(), words.end(), [](Segment* each) { return each->word_is("JOIN"); }) != 1) continue;
    bool unnest = false;
    if (Segment* element = join->child(K::from_expression_element))
      for (Segment* name : crawl(*element, {K::function_name_identifier})) unnest = unnest || name->word_is("UNNEST");
    if (!unnest) run.find(join);
  }
}

void rule_AM09(RuleRun& run) {
  for (Segment* select : run.all({K::select_statement})) {
    Segment *limit = select->child(K::limit_clause), *offset = select->child(K::offset_clause);
    if ((limit || offset) && !select->child(K::orderby_clause))
      run.find(limit ? limit : offset, "Without ORDER BY chance decides which rows are taken.");
  }
}

}  // namespace weir::lint
