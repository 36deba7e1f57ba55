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
  if (is("SELECT") || (duckdb_ && is("FROM"))) return select_statement(false);
  if (is("VALUES") || is("VALUE")) return values();
  if (duckdb_ && is_one({"PIVOT", "UNPIVOT", "PIVOT_WIDER", "PIVOT_LONGER"})) return simplified_pivot();
  if (sign("(")) return bracketed([&] { return selectable(); });
  return false;
}

bool Parser::selectable_not_with() {
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
  return attempt([&] {
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
  return attempt([&] {
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
        if (sign("(") ? !bracketed([&] { return list([&] { return literal(true); }); }) : !reference(K::column_reference)) return false;
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

bool Parser::select_clause() {
  return attempt([&] {
    open(K::select_clause);
    if (!keyword("SELECT")) return false;
    if (is_one({"DISTINCT", "ALL"})) {
      open(K::select_clause_modifier);
      const bool distinct = is("DISTINCT");
      take_as_keyword();
      if (duckdb_ && distinct && is("ON") && sign("(", 1)) {
        take_as_keyword();
        if (!bracketed([&] { return list([&] { return expression(); }); })) return false;
      }
      close();
    }
    indent();
    bool any = false;
    while (select_element()) {
      any = true;
      if (!comma()) break;
    }
    if (!any) return false;
    dedent();
    close();
    return true;
  });
}

bool Parser::select_element() {
  if (!in_statement() || sign(")")) return false;
  // Behind a comma at the end there is no further element.
  if (is_one({"FROM", "WHERE", "UNION", "EXCEPT", "INTERSECT", "LIMIT"}) && !sign("(", 1)) return false;
  if ((is("ORDER") || is("GROUP")) && is("BY", 1)) return false;
  return attempt([&] {
    open(K::select_clause_element);
    if (duckdb_ && token() == K::word && sign(":", 1) && is_name() && !sign(":", 2)) {
      open(K::alias_expression);
      name();
      take(K::colon);
      close();
      if (!base_element()) return false;
    } else if (!attempt([&] { return wildcard(); })) {
      if (!base_element()) return false;
      alias();
    }
    close();
    return true;
  });
}

// *, a.*, with EXCLUDE and the like.
bool Parser::wildcard() {
  open(K::wildcard_expression);
  if (sign("*")) {
    open(K::wildcard_identifier);
    take(K::star);
    close();
  } else if (!reference(K::wildcard_identifier, true)) {
    return false;
  }
  if (duckdb_) {
    const auto part = [&](K kind, std::string_view word, bool columns) {
      if (!is(word)) return true;
      return attempt([&] {
        open(kind);
        take_as_keyword();
        const auto element = [&] {
          if (columns) return reference(K::column_reference);
          return base_element() && (alias(), true);
        };
        if (sign("(") ? !bracketed([&] { return list(element, true); }) : !element()) return false;
        close();
        return true;
      });
    };
    part(K::wildcard_exclude, "EXCLUDE", true);
    part(K::wildcard_replace, "REPLACE", false);
    part(K::wildcard_rename, "RENAME", false);
    if (is_one({"LIKE", "ILIKE", "GLOB", "SIMILAR"}) || (is("NOT") && is_one({"LIKE", "ILIKE", "SIMILAR"}, 1)))
      attempt([&] {
        open(K::wildcard_pattern_matching);
        keyword("NOT");
        if (!any_keyword({"LIKE", "ILIKE", "GLOB"}) && !keywords({"SIMILAR", "TO"})) return false;
        if (!expression_a()) return false;
        close();
        return true;
      });
  }
  // 2 * 3 is no wildcard.
  const bool ends = !in_statement() || sign(",") || sign(")") || is_name() || token() == K::word || sign("]");
  if (!ends) return false;
  close();
  return true;
}

bool Parser::from_clause() {
  return attempt([&] {
    open(K::from_clause);
    if (!keyword("FROM")) return false;
    if (!list([&] { return from_expression(); }, duckdb_)) return false;
    close();
    return true;
  });
}

bool Parser::from_expression() {
  return attempt([&] {
    open(K::from_expression);
    implicit_indent();
    if (!from_element()) return false;
    dedent();
    if (options_.indented_joins) indent();
    while (in_statement()) {
      if (attempt([&] { return join_clause(); })) continue;
      if (duckdb_ && pivots()) continue;
      break;
    }
    if (options_.indented_joins) dedent();
    close();
    return true;
  });
}

bool Parser::from_element() {
  return attempt([&] {
    open(K::from_expression_element);
    if (duckdb_) keyword("LATERAL");
    if (duckdb_ && token() == K::word && sign(":", 1) && is_name()) {
      open(K::alias_expression);
      name();
      take(K::colon);
      close();
    }
    const bool table_in_brackets = sign("(") && !starts_query(1) && attempt([&] {
      return bracketed([&] {
        if (sign("(") && starts_query(1)) return false;
        return from_element() && [&] {
          bool any = false;
          while (attempt([&] { return join_clause(); })) any = true;
          return any;
        }();
      });
    });
    if (!table_in_brackets && !table_expression() && !attempt([&] { return bracketed([&] { return table_expression(); }); })) return false;
    if (!is_join() && !is_one({"TABLESAMPLE"}) && !(is("USING") && is("SAMPLE", 1))) alias();
    if (duckdb_ && keywords({"WITH", "ORDINALITY"})) alias();
    if (is("WITH") && is("OFFSET", 1)) {
      take_as_keyword();
      take_as_keyword();
      alias();
    }
    if (is("TABLESAMPLE")) sample();
    close();
    return true;
  });
}

bool Parser::table_expression() {
  return attempt([&] {
    open(K::table_expression);
    bool good = false;
    if (is("VALUES") && sign("(", 1))
      good = values();
    else if (sign("("))
      good = bracketed([&] { return selectable() || merge(); });
    else
      good = attempt([&] { return function(); }) || table_reference();
    if (!good) return false;
    close();
    return true;
  });
}

bool Parser::is_join() const {
  if (is_one({"JOIN", "CROSS", "NATURAL", "INNER"})) return true;
  if (is_one({"LEFT", "RIGHT", "FULL"})) return is_one({"JOIN", "OUTER", "SEMI", "ANTI"}, 1);
  if (duckdb_ && is_one({"SEMI", "ANTI", "ASOF", "POSITIONAL"})) return true;
  return false;
}

bool Parser::join_clause() {
  if (!is_join()) return false;
  open(K::join_clause);
  bool unconditional = false;
  if (keyword("NATURAL")) {
    unconditional = true;
    if (any_keyword({"FULL", "LEFT", "RIGHT"}))
      keyword("OUTER");
    else
      keyword("INNER");
  } else if (duckdb_ && keyword("POSITIONAL")) {
    unconditional = true;
  } else if (duckdb_ && keyword("ASOF")) {
    if (any_keyword({"FULL", "LEFT", "RIGHT"}))
      keyword("OUTER");
    else
      any_keyword({"INNER", "ANTI", "SEMI"});
  } else if (any_keyword({"FULL", "LEFT", "RIGHT"})) {
    keyword("OUTER");
  } else {
    any_keyword({"INNER", "CROSS", "SEMI", "ANTI"});
  }
  if (!keyword("JOIN")) return false;
  indent();
  if (!from_element()) return false;
  if (unconditional) {
    dedent();
    close();
    return true;
  }
  if (!options_.indented_using_on_newline) dedent();
  if (is("ON") || is("USING")) {
    if (options_.indented_using_on) indent(Lean::lead);
    if (is("ON")) {
      open(K::join_on_condition);
      take_as_keyword();
      if (options_.indented_on_contents) implicit_indent();
      const auto whole = [&] {
        const State state = save();
        if (sign("(") && bracketed([&] { return expression(); })) {
          const State behind = save();
          if (!binary_operator() && !is_one({"IN", "IS", "NOT", "LIKE", "BETWEEN"}) && token() != K::casting_operator) {
            restore(behind);
            return true;
          }
        }
        restore(state);
        return expression();
      };
      if (!whole()) return false;
      if (options_.indented_on_contents) dedent();
      close();
    } else {
      take_as_keyword();
      indent();
      if (!bracketed([&] { return list([&] { return name(); }); }, true)) return false;
      dedent(Lean::tail);
    }
    if (options_.indented_using_on) dedent(Lean::tail);
  }
  if (options_.indented_using_on_newline) dedent();
  close();
  return true;
}

bool Parser::pivots() {
  if (is("PIVOT") && sign("(", 1))
    return attempt([&] {
      open(K::from_pivot_expression);
      take_as_keyword();
      if (!bracketed([&] {
            if (!list([&] { return function() && (alias(), true); }, true) || !keyword("FOR")) return false;
            while (is_name() && is("IN", 1)) {
              name();
              take_as_keyword();
              if (sign("(") ? !bracketed([&] { return list([&] { return base_element() && (alias(), true); }, true); }) : !name()) return false;
            }
            group_by();
            order_by();
            limit();
            return true;
          }))
        return false;
      close();
      alias();
      return true;
    });
  if (is("UNPIVOT") && (sign("(", 1) || is("INCLUDE", 1)))
    return attempt([&] {
      open(K::from_unpivot_expression);
      take_as_keyword();
      keywords({"INCLUDE", "NULLS"});
      if (!bracketed([&] {
            if (sign("(") ? !bracketed([&] { return list([&] { return name(); }, true); }) : !name()) return false;
            if (!keyword("FOR")) return false;
            while (is_name() && is("IN", 1)) {
              name();
              take_as_keyword();
              if (!bracketed([&] { return list([&] { return base_element() && (alias(), true); }, true); })) return false;
            }
            return true;
          }))
        return false;
      close();
      alias();
      return true;
    });
  return false;
}

bool Parser::simplified_pivot() {
  const bool unpivot = is_one({"UNPIVOT", "PIVOT_LONGER"});
  return attempt([&] {
    open(unpivot ? K::simplified_unpivot : K::simplified_pivot);
    take_as_keyword();
    if (!table_expression()) return false;
    if (keyword("ON")) {
      if (!list([&] { return base_element() && (alias(), true); }, true)) return false;
      if (keyword("IN") && !bracketed([&] { return list([&] { return literal(true); }, true); })) return false;
    }
    if (!unpivot && keyword("USING") && !list([&] { return function() && (alias(), true); }, true)) return false;
    if (unpivot && is("INTO")) {
      if (!keywords({"INTO", "NAME"}) || !name() || !keyword("VALUE") || !list([&] { return name(); }, true)) return false;
    }
    group_by();
    order_by();
    limit();
    close();
    return true;
  });
}

bool Parser::sample() {
  if (!is("TABLESAMPLE") && !(is("USING") && is("SAMPLE", 1))) return false;
  return attempt([&] {
    open(K::sample_expression);
    if (!keyword("TABLESAMPLE") && !keywords({"USING", "SAMPLE"})) return false;
    const auto amount = [&] {
      if (token() != K::numeric_literal) return false;
      take(K::numeric_literal);
      if (sign("%"))
        take(K::binary_operator);
      else
        any_keyword({"PERCENT", "ROWS"});
      return true;
    };
    if (any_keyword({"RESERVOIR", "BERNOULLI", "SYSTEM"})) {
      if (!bracketed(amount)) return false;
    } else {
      if (!amount()) return false;
      if (sign("(") && !bracketed([&] { return any_keyword({"RESERVOIR", "BERNOULLI", "SYSTEM"}) && (!comma() || amount()); })) return false;
    }
    if (keyword("REPEATABLE") && !bracketed(amount)) return false;
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
      whole = !(binary_operator() || is_one({"IN", "IS", "NOT", "LIKE", "ILIKE", "BETWEEN", "RLIKE"}) || token() == K::casting_operator || sign("["));
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

bool Parser::group_by() {
  if (!is("GROUP") || !is("BY", 1)) return false;
  return attempt([&] {
    open(K::groupby_clause);
    take_as_keyword();
    take_as_keyword();
    indent();
    const auto cube = [&] {
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
    };
    const auto sets = [&] {
      if (!is("GROUPING") || !is("SETS", 1)) return false;
      return attempt([&] {
        open(K::grouping_sets_clause);
        take_as_keyword();
        take_as_keyword();
        if (!bracketed([&] {
              return list([&] {
                if (cube()) return true;
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
    };
    const auto element = [&] {
      if (is("ALL") && !sign("(", 1)) return take_as_keyword(), true;
      if (cube() || sets()) return true;
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
          if (!sign("(") && !sign("[") && token() != K::casting_operator && !binary_operator() && !is_one({"IS", "IN", "NOT", "LIKE", "BETWEEN", "AT", "COLLATE"})) return true;
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
                 (token() == K::word && !is_one({"AND", "OR", "IS", "IN", "NOT", "LIKE", "BETWEEN", "ILIKE", "COLLATE", "AT"}));
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
      }) || expression();
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
