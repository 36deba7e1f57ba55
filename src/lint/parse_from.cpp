// FROM: tables, joins, pivots, samples.
#include "lint/parser.h"

namespace weir::lint {

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
    if (!from_element_parts()) return false;
    close();
    return true;
  });
}

bool Parser::from_element_parts() {
  return remembered(Part::from_parts, [&] { return table_with_alias(); });
}

bool Parser::table_with_alias() {
  if (duckdb_) keyword("LATERAL");
  if (duckdb_ && token() == K::word && sign(":", 1) && is_name()) {
    open(K::alias_expression);
    name();
    take(K::colon);
    close();
  }
  if (!joins_in_brackets() && !table_expression() &&
      !attempt([&] { return bracketed([&] { return table_expression(); }); }))
    return false;
  if (!is_join() && !is("TABLESAMPLE") && !(is("USING") && is("SAMPLE", 1))) alias(false, true);
  if (duckdb_ && keywords({"WITH", "ORDINALITY"})) alias();
  if (keywords({"WITH", "OFFSET"})) alias();
  if (is("TABLESAMPLE")) sample();
  return true;
}

// (a JOIN b ...): the first table's parts stand in the brackets themselves, unless it is a join in brackets.
bool Parser::joins_in_brackets() {
  if (!sign("(") || starts_query(1)) return false;
  const auto joins = [&] {
    bool any = false;
    while (attempt([&] { return join_clause(); })) any = true;
    return any && sign(")");
  };
  return remembered(Part::joins, [&] {
    return bracketed([&] {
      return attempt([&] { return !(sign("(") && !starts_query(1)) && from_element_parts() && joins(); }) ||
             (from_element() && joins());
    });
  });
}

bool Parser::table_expression() {
  return remembered(Part::table, [&] {
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
  const bool conditional = !is("NATURAL") && !(duckdb_ && is("POSITIONAL"));
  join_type();
  if (!keyword("JOIN")) return false;
  indent();
  if (!from_element()) return false;
  const bool dedent_last = !conditional || options_.indented_using_on_newline;
  if (!dedent_last) dedent();
  if (conditional && (is("ON") || is("USING"))) {
    if (options_.indented_using_on) indent(Lean::lead);
    if (is("ON") ? !join_on() : !join_using()) return false;
    if (options_.indented_using_on) dedent(Lean::tail);
  }
  if (dedent_last) dedent();
  close();
  return true;
}

// The words before JOIN.
void Parser::join_type() {
  if (keyword("NATURAL")) {
    keyword(any_keyword({"FULL", "LEFT", "RIGHT"}) ? "OUTER" : "INNER");
  } else if (duckdb_ && keyword("POSITIONAL")) {
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
}

bool Parser::join_on() {
  open(K::join_on_condition);
  take_as_keyword();
  if (options_.indented_on_contents) implicit_indent();
  if (!join_condition()) return false;
  if (options_.indented_on_contents) dedent();
  close();
  return true;
}

// Brackets around all of it stand by themselves, in no expression.
bool Parser::join_condition() {
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
}

bool Parser::join_using() {
  take_as_keyword();
  indent();
  if (!bracketed([&] { return list([&] { return name(); }); }, true)) return false;
  dedent(Lean::tail);
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
              if (sign("(") ? !bracketed([&] { return list([&] { return base_element() && (alias(), true); }, true); })
                            : !name())
                return false;
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
              if (!bracketed([&] { return list([&] { return base_element() && (alias(), true); }, true); }))
                return false;
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
      if (!keywords({"INTO", "NAME"}) || !name() || !keyword("VALUE") || !list([&] { return name(); }, true))
        return false;
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
      if (sign("(") && !bracketed([&] {
            return any_keyword({"RESERVOIR", "BERNOULLI", "SYSTEM"}) && (!comma() || amount());
          }))
        return false;
    }
    if (keyword("REPEATABLE") && !bracketed(amount)) return false;
    close();
    return true;
  });
}

}  // namespace weir::lint
