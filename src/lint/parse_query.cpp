#include "base/text.h"
#include "lint/parser.h"

namespace weir::lint {

bool Parser::starts_query(size_t ahead) const {
  if (is("SELECT", ahead) || is("WITH", ahead)) return true;
  if (is("VALUES", ahead) || (!duckdb_ && is("VALUE", ahead))) return sign("(", ahead + 1);
  if (!duckdb_) return false;
  return (is("FROM", ahead)) || (is_one({"PIVOT", "UNPIVOT", "PIVOT_WIDER", "PIVOT_LONGER"}, ahead));
}

// WITH, a set of queries, SELECT, VALUES, or one of these in brackets.
bool Parser::selectable() {
  if (is("WITH")) return with_statement(true) || with_statement(false);
  return selectable_not_with();
}

bool Parser::set_operand() {
  return remembered(Part::set_operand, [&] {
    if (is("SELECT") || (duckdb_ && is("FROM"))) return select_statement(false);
    if (is("VALUES") || is("VALUE")) return values();
    if (duckdb_ && is_one({"PIVOT", "UNPIVOT", "PIVOT_WIDER", "PIVOT_LONGER"})) return simplified_pivot();
    if (sign("(")) return bracketed([&] { return selectable(); });
    return false;
  });
}

bool Parser::selectable_not_with() {
  return remembered(Part::selectable, [&] { return set_or_single(); });
}

bool Parser::set_or_single() {
  // A set: operand, operator, operand, ... and its order and limit.
  const State state = save();
  const size_t set_opened = open(K::none);
  if (set_operand()) {
    const State before = save();
    if (attempt([&] { return set_operator(); })) {
      restore(before);
      set(set_opened, K::set_expression);
      while (attempt([&] { return set_operator() && set_operand(); })) {
      }
      order_by();
      limit();
      if (duckdb_) offset();
      named_window();
      close();
      return true;
    }
  }
  restore(state);
  if (is("SELECT") || (duckdb_ && is("FROM"))) return select_statement(true);
  return set_operand();
}

bool Parser::with_statement(bool select) {
  return remembered(select ? Part::with_query : Part::with_change, [&] {
    open(K::with_compound_statement);
    if (!keyword("WITH")) return false;
    keyword("RECURSIVE");
    if (options_.indented_ctes) indent();
    const bool good = list(
        [&] {
          return attempt([&] {
            open(K::common_table_expression);
            if (!name()) return false;
            if (sign("(") && !starts_query(1)) {
              if (!attempt([&] {
                    open(K::cte_column_list);
                    if (!bracketed([&] {
                          open(K::identifier_list);
                          if (!list([&] { return name(); })) return false;
                          close();
                          return true;
                        }))
                      return false;
                    close();
                    return true;
                  }))
                return false;
            }
            keyword("AS");
            if (duckdb_ && !keywords({"NOT", "MATERIALIZED"})) keyword("MATERIALIZED");
            if (!bracketed(
                    [&] {
                      if (selectable()) return true;
                      return insert() || update() || delete_from();
                    },
                    true))
              return false;
            close();
            return true;
          });
        },
        duckdb_);
    if (!good) return false;
    if (options_.indented_ctes) dedent();
    if (select ? !selectable_not_with() : !(update() || insert() || delete_from() || merge())) return false;
    close();
    return true;
  });
}

bool Parser::set_operator() {
  const State state = save();
  open(K::set_operator);
  if (keyword("UNION")) {
    if (!keyword("ALL")) keyword("DISTINCT");
    if (duckdb_) keywords({"BY", "NAME"});
  } else if (any_keyword({"INTERSECT", "EXCEPT"})) {
    keyword("ALL");
  } else if (!keyword("MINUS")) {
    restore(state);
    return false;
  }
  close();
  return true;
}

// `ordered`: with ORDER BY, LIMIT and the like, which inside of a set belong to the set.
bool Parser::select_statement(bool ordered) {
  return remembered(ordered ? Part::select_ordered : Part::select, [&] {
    open(K::select_statement);
    if (duckdb_ && is("FROM")) {
      if (!from_clause()) return false;
      if (is("SELECT") && !select_clause()) return false;
    } else {
      if (!select_clause()) return false;
      if (is("FROM") && !from_clause()) return false;
    }
    conditional_clause(K::where_clause, "WHERE");
    group_by();
    conditional_clause(K::having_clause, "HAVING");
    if (is("OVERLAPS"))
      attempt([&] {
        open(K::overlaps_clause);
        take_as_keyword();
        if (sign("(") ? !bracketed([&] { return list([&] { return literal(true); }); })
                      : !reference(K::column_reference))
          return false;
        close();
        return true;
      });
    named_window();
    if (duckdb_) conditional_clause(K::qualify_clause, "QUALIFY");
    if (duckdb_) sample();
    if (ordered) {
      order_by();
      if (duckdb_) {
        limit();
        offset();
        limit();
        fetch();
      } else {
        offset();
        fetch();
        limit();
      }
      named_window();
      if (duckdb_) sample();
    }
    close();
    return true;
  });
}

bool Parser::conditional_clause(K kind, std::string_view word) {
  if (!is(word)) return false;
  return attempt([&] {
    open(kind);
    take_as_keyword();
    implicit_indent();
    // The whole condition in brackets stands there without an expression around them.
    const State state = save();
    bool whole = false;
    if (sign("(") && !starts_query(1) && bracketed([&] { return expression(); })) {
      const State behind = save();
      whole = !(binary_operator() || is_one({"IN", "IS", "NOT", "LIKE", "ILIKE", "BETWEEN", "RLIKE"}) ||
                token() == K::casting_operator || sign("["));
      restore(behind);
    }
    if (!whole) {
      restore(state);
      if (!expression()) return false;
    }
    dedent();
    close();
    return true;
  });
}

bool Parser::cube_or_rollup() {
  if (!is_one({"CUBE", "ROLLUP"}) || !sign("(", 1)) return false;
  return attempt([&] {
    open(K::cube_rollup_clause);
    open(K::function_name);
    take(K::function_name_identifier);
    close();
    if (!bracketed([&] {
          open(K::grouping_expression_list);
          if (!list([&] { return base_element(); })) return false;
          close();
          return true;
        }))
      return false;
    close();
    return true;
  });
}

bool Parser::grouping_sets() {
  if (!is("GROUPING") || !is("SETS", 1)) return false;
  return attempt([&] {
    open(K::grouping_sets_clause);
    take_as_keyword();
    take_as_keyword();
    if (!bracketed([&] {
          return list([&] {
            if (cube_or_rollup()) return true;
            open(K::grouping_expression_list);
            if (sign("(") && sign(")", 1) ? !bracketed([] { return true; }) : !base_element()) return false;
            close();
            return true;
          });
        }))
      return false;
    close();
    return true;
  });
}

bool Parser::group_by() {
  if (!is("GROUP") || !is("BY", 1)) return false;
  return attempt([&] {
    open(K::groupby_clause);
    take_as_keyword();
    take_as_keyword();
    indent();
    const auto element = [&] {
      if (is("ALL") && !sign("(", 1)) return take_as_keyword(), true;
      if (cube_or_rollup() || grouping_sets()) return true;
      if (sign("(") && sign(")", 1)) return bracketed([] { return true; });
      return attempt([&] {
        const State state = save();
        if (token() == K::numeric_literal) {
          take(K::numeric_literal);
          if (!in_statement() || sign(",") || sign(")") || token() == K::word) return true;
          restore(state);
        }
        if (is_name() && reference(K::column_reference)) {
          const State behind = save();
          if (!sign("(") && !sign("[") && token() != K::casting_operator && !binary_operator() &&
              !is_one({"IS", "IN", "NOT", "LIKE", "BETWEEN", "AT", "COLLATE"}))
            return true;
          restore(behind);
        }
        restore(state);
        return expression();
      });
    };
    if (!list(element, duckdb_)) return false;
    dedent();
    close();
    return true;
  });
}

void Parser::ordering_tail() {
  any_keyword({"ASC", "DESC"});
  if (keyword("NULLS")) any_keyword({"FIRST", "LAST"});
}

bool Parser::order_by() {
  if (!is("ORDER") || !is("BY", 1)) return false;
  return attempt([&] {
    open(K::orderby_clause);
    take_as_keyword();
    take_as_keyword();
    indent();
    const auto element = [&] {
      return attempt([&] {
        const State state = save();
        const auto ends = [&] {
          return !in_statement() || sign(",") || sign(")") ||
                 (token() == K::word &&
                  !is_one({"AND", "OR", "IS", "IN", "NOT", "LIKE", "BETWEEN", "ILIKE", "COLLATE", "AT"}));
        };
        if (duckdb_ && is("ALL")) {
          take_as_keyword();
          return ordering_tail(), true;
        }
        if (token() == K::numeric_literal) {
          take(K::numeric_literal);
          if (ends()) return ordering_tail(), true;
          restore(state);
        }
        if (is_name() && reference(K::column_reference)) {
          if (ends()) return ordering_tail(), true;
          restore(state);
        }
        if (!expression()) return false;
        ordering_tail();
        return true;
      });
    };
    if (!list(element, duckdb_)) return false;
    dedent();
    close();
    return true;
  });
}

bool Parser::limit() {
  if (!is("LIMIT")) return false;
  return attempt([&] {
    open(K::limit_clause);
    take_as_keyword();
    indent();
    const auto amount = [&] {
      if (keyword("ALL")) return true;
      if (!base_element()) return false;
      if (duckdb_ && (sign("%") || is("PERCENT"))) take(sign("%") ? K::binary_operator : K::keyword);
      return true;
    };
    if (!amount()) return false;
    if (keyword("OFFSET")) {
      if (!base_element()) return false;
    } else if (sign(",") && token(1) == K::numeric_literal) {
      comma();
      take(K::numeric_literal);
    }
    dedent();
    close();
    return true;
  });
}

bool Parser::offset() {
  if (!is("OFFSET")) return false;
  return attempt([&] {
    open(duckdb_ ? K::limit_clause : K::offset_clause);
    take_as_keyword();
    if (duckdb_) indent();
    if (!base_element()) return false;
    any_keyword({"ROW", "ROWS"});
    if (duckdb_) dedent();
    close();
    return true;
  });
}

bool Parser::fetch() {
  if (!is("FETCH")) return false;
  return attempt([&] {
    open(K::fetch_clause);
    take_as_keyword();
    if (!any_keyword({"FIRST", "NEXT"})) return false;
    if (!is_one({"ROW", "ROWS"}) && !base_element()) return false;
    if (!any_keyword({"ROW", "ROWS"})) return false;
    if (!keyword("ONLY") && !keywords({"WITH", "TIES"})) return false;
    close();
    return true;
  });
}

bool Parser::named_window() {
  if (!is("WINDOW")) return false;
  return attempt([&] {
    open(K::named_window);
    take_as_keyword();
    indent();
    if (!list([&] {
          return attempt([&] {
            open(K::named_window_expression);
            if (!name() || !keyword("AS")) return false;
            if (sign("(") ? !bracketed([&] { return window_specification(); }, true) : !name()) return false;
            close();
            return true;
          });
        }))
      return false;
    dedent();
    close();
    return true;
  });
}

bool Parser::values() {
  return attempt([&] {
    open(K::values_clause);
    if (!any_keyword({"VALUES", "VALUE"})) return false;
    const auto element = [&] {
      if (keyword("DEFAULT")) return true;
      if (duckdb_) return expression();
      return attempt([&] {
               // Single literals stand bare.
               return literal(true) && (sign(",") || sign(")"));
             }) ||
             expression();
    };
    if (!list(
            [&] {
              if (!duckdb_) keyword("ROW");
              return bracketed([&] { return list(element, duckdb_); }, true);
            },
            duckdb_))
      return false;
    if (duckdb_) {
      alias();
      order_by();
      limit();
    }
    close();
    return true;
  });
}

}  // namespace weir::lint
