// Expressions are flat: `a + b = c` is one segment with five parts. Rules see only what is in brackets, functions,
// casts and CASE as segments of their own.
#include "base/text.h"
#include "lint/parser.h"

namespace weir::lint {

bool Parser::expression() {
  const State state = save();
  open(K::expression);
  if (!expression_a()) {
    restore(state);
    return false;
  }
  close();
  return true;
}

bool Parser::expression_a() {
  const Deeper deeper(*this);
  return remembered(Part::expression, [&] {
    while (unary()) {
    }
    if (is("SELECT")) return select_statement(true) && operators_and_terms();
    return term() && operators_and_terms();
  });
}

bool Parser::unary() {
  if ((sign("+") || sign("-")) && !(token(1) == K::numeric_literal)) {
    take(K::sign_indicator);
    return true;
  }
  if (token() == K::like_operator && text() == "~") return take(K::tilde), true;
  if (duckdb_ && sign("@")) return take(K::sign_indicator), true;
  if (is("NOT") || (is("PRIOR") && !duckdb_ && is_name(1))) return take_as_keyword(), true;
  return false;
}

// What may follow a term; each alternative is taken whole or not at all.
bool Parser::operators_and_terms() {
  while (in_statement() && attempt([&] { return operator_and_term(); })) {
  }
  return true;
}

bool Parser::operator_and_term() {
  if (is("NOT") && is_one({"LIKE", "ILIKE", "RLIKE", "IN", "BETWEEN", "GLOB", "SIMILAR", "NULL"}, 1)) take_as_keyword();
  if (any_keyword({"LIKE", "ILIKE", "RLIKE", "GLOB"}) || keywords({"SIMILAR", "TO"})) {
    if (!expression_a()) return false;
    return !keyword("ESCAPE") || term();
  }
  if (keyword("IN")) return members();
  if (keyword("BETWEEN")) {
    any_keyword({"SYMMETRIC"});
    return expression_b() && keyword("AND") && signed_term();
  }
  if (duckdb_ && (keyword("ISNULL") || keyword("NOTNULL") || keywords({"NOT", "NULL"}) || keyword("NULL"))) return true;
  if (keyword("IS")) return truth();
  if (keyword("COLLATE")) return reference(K::collation_reference);
  if (is("AT") && is("TIME", 1)) {
    open(K::time_zone_grammar);
    if (!keywords({"AT", "TIME", "ZONE"}) || !expression()) return false;
    close();
    return true;
  }
  return binary_operator() && operand();
}

bool Parser::signed_term() {
  while (unary()) {
  }
  return term();
}

// Behind IN.
bool Parser::members() {
  if (sign("("))
    return bracketed(
        [&] {
          if (starts_query()) return selectable();
          return list([&] { return expression_a(); }, duckdb_);
        },
        true);
  return duckdb_ ? primary() : function();
}

// Behind IS.
bool Parser::truth() {
  keyword("NOT");
  if (keyword("DISTINCT")) return keyword("FROM") && signed_term();
  if (is("NULL") || is("NAN")) return take(K::null_literal), true;
  if (is("TRUE") || is("FALSE")) return take(K::boolean_literal), true;
  return any_keyword({"UNKNOWN"});
}

// Behind a binary operator.
bool Parser::operand() {
  if (is_one({"ALL", "ANY", "SOME"}) && sign("(", 1)) {
    take_as_keyword();
    return bracketed([&] { return starts_query() ? selectable() : expression(); }, true);
  }
  while (unary()) {
  }
  return is("SELECT") ? select_statement(true) : term();
}

// Of BETWEEN: without AND, OR and NOT.
bool Parser::expression_b() {
  do {
    while (sign("+") || sign("-") || (token() == K::like_operator && text() == "~")) {
      if (token(1) == K::numeric_literal) break;
      take(K::sign_indicator);
    }
    if (!term()) return false;
  } while (!is("AND") && !is("OR") && attempt([&] { return binary_operator(); }));
  return true;
}

bool Parser::term() {
  return remembered(Part::term, [&] { return term_parts(); });
}

bool Parser::term_parts() {
  if (keyword("EXISTS")) return bracketed([&] { return selectable(); });
  const size_t cast = open(K::none);
  const State inner = save();
  if (is("CASE") ? !case_expression() : !primary()) {
    restore(inner);
    return false;
  }
  accessors();
  if (token() == K::casting_operator) {
    set(cast, K::cast_expression);
    while (token() == K::casting_operator) {
      take(K::casting_operator);
      if (!data_type()) return false;
    }
    close();
    const State state = save();
    if (sign("[") || (sign(".") && duckdb_)) {
      if (!accessors()) restore(state);
    }
  }
  if (duckdb_ && sign("!") && !(text(1) == "=" && touching(1))) take(K::factorial_operator);
  while (is("AT") && is("TIME", 1)) {
    if (!attempt([&] {
          open(K::time_zone_grammar);
          if (!keywords({"AT", "TIME", "ZONE"}) || !expression()) return false;
          close();
          return true;
        }))
      break;
  }
  return true;
}

bool Parser::accessors() {
  bool any = false;
  while (true) {
    if (sign("[")) {
      if (!attempt([&] {
            open(K::array_accessor);
            take(K::start_square_bracket);
            indent(Lean::tail);
            while (!sign("]")) {
              if (sign(":"))
                take(K::slice);
              else if (token() == K::numeric_literal && (text(1) == "]" || text(1) == ":"))
                take(K::numeric_literal);
              else if (sign("-") && (text(1) == ":" || text(1) == "]"))
                take(K::sign_indicator);
              else if (!expression())
                return false;
            }
            dedent(Lean::lead);
            take(K::end_square_bracket);
            close();
            return true;
          }))
        return any;
    } else if (duckdb_ && sign(".") && touching(0) && touching(1) &&
               (token(1) == K::word || token(1) == K::double_quote)) {
      take(K::dot);
      if (sign("(", 1)) {
        if (!function()) return any;
      } else {
        take(token() == K::word ? K::naked_identifier : K::quoted_identifier);
      }
    } else {
      return any;
    }
    any = true;
  }
}

bool Parser::signed_number() {
  if (!(sign("+") || sign("-")) || token(1) != K::numeric_literal) return false;
  open(K::numeric_literal);
  take(K::sign_indicator);
  take(K::numeric_literal);
  close();
  return true;
}

bool Parser::literal(bool typed_date) {
  if (token() == K::single_quote || token() == K::dollar_quote) return take(K::quoted_literal), true;
  if (token() == K::numeric_literal) return take(K::numeric_literal), true;
  if (is("TRUE") || is("FALSE")) return take(K::boolean_literal), true;
  if (is("NULL")) return take(K::null_literal), true;
  if (signed_number()) return true;
  if (typed_date && is_one({"DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL"}) && token(1) == K::single_quote) {
    take_as_keyword();
    take(K::date_constructor_literal);
    return true;
  }
  return false;
}

namespace {

bool is_date_unit(std::string_view word, bool duckdb) {
  static constexpr std::string_view plain[] = {"DAY",     "DAYOFYEAR", "HOUR", "MILLISECOND", "MINUTE", "MONTH",
                                               "QUARTER", "SECOND",    "WEEK", "WEEKDAY",     "YEAR"};
  static constexpr std::string_view more[] = {"DAYS",     "HOURS",        "MICROSECOND", "MINUTES",      "MONTHS",
                                              "QUARTERS", "SECONDS",      "WEEKS",       "YEARS",        "CENTURY",
                                              "DECADE",   "DOW",          "DOY",         "EPOCH",        "ISODOW",
                                              "ISOYEAR",  "MICROSECONDS", "MILLENNIUM",  "MILLISECONDS", "TIMEZONE"};
  for (std::string_view unit : plain)
    if (iequals(unit, word)) return true;
  if (duckdb)
    for (std::string_view unit : more)
      if (iequals(unit, word)) return true;
  return false;
}

}  // namespace

bool Parser::interval() {
  if (!is("INTERVAL")) return false;
  return attempt([&] {
    open(K::interval_expression);
    take_as_keyword();
    if (token() == K::numeric_literal)
      take(K::numeric_literal);
    else if (token() == K::single_quote)
      take(K::quoted_literal);
    else if (!duckdb_ || !expression())
      return false;
    if (token() == K::word && is_date_unit(text(), duckdb_))
      take(K::date_part);
    else if (token() == K::single_quote)
      take(K::quoted_literal);
    close();
    return true;
  });
}

// [x + 1 FOR x IN list IF x > 2]
bool Parser::list_comprehension() {
  if (!duckdb_) return false;
  return attempt([&] {
    open(K::list_comprehension);
    take(K::start_square_bracket);
    indent(Lean::tail);
    if (!expression() || !keyword("FOR")) return false;
    take(K::parameter);
    if (comma()) take(K::parameter);
    if (!keyword("IN") || !expression()) return false;
    if (keyword("IF") && !expression()) return false;
    if (!sign("]")) return false;
    dedent(Lean::lead);
    take(K::end_square_bracket);
    close();
    return true;
  });
}

// ARRAY[1, 2], ARRAY(SELECT ...)
bool Parser::array_expression() {
  open(K::array_expression);
  take_as_keyword();
  if (!(sign("[") ? square_list(K::array_literal) : bracketed([&] { return selectable(); }))) return false;
  close();
  return true;
}

bool Parser::primary() {
  if (sign("(")) return bracketed_primary();
  if (is("INTERVAL") && (token(1) != K::single_quote || (token(2) == K::word && is_date_unit(text(2), duckdb_))) &&
      interval())
    return true;
  if (literal(true)) return true;
  if (sign("[")) return list_comprehension() || square_list(K::array_literal);
  if (sign("{")) return object_literal();
  if (duckdb_ && is("MAP") && sign("{", 1)) return map_literal();
  if (sign("?") || (sign("$") && touching(1))) {
    if (sign("$")) {
      take(K::symbol);
      take(K::parameter);
    } else {
      take(K::parameter);
    }
    return true;
  }
  if (token() == K::column_index_raw) {
    open(K::column_index);
    take(K::column_index_raw);
    close();
    return true;
  }
  if (duckdb_ && is("ARRAY") && (sign("[", 1) || sign("(", 1))) return array_expression();
  if (is_one({"CURRENT_TIMESTAMP", "CURRENT_TIME", "CURRENT_DATE"}) && !(sign("(", 1)) && !sign(".", 1))
    return take(K::bare_function), true;
  if (duckdb_ &&
      is_one({"CURRENT_CATALOG", "CURRENT_ROLE", "CURRENT_SCHEMA", "CURRENT_USER", "LOCALTIME", "LOCALTIMESTAMP",
              "SESSION_USER", "SYSTEM_USER"}) &&
      !sign("(", 1) && !sign(".", 1))
    return take(K::bare_function), true;
  if (attempt([&] { return function(); })) return true;
  if (attempt([&] { return reference(K::wildcard_identifier, true); })) return true;
  if (is_name() || (token() == K::word && sign(".", 1) && touching(1))) {
    // A typed text: type 'value'.
    if (token() == K::word && token(1) == K::single_quote && is_name()) {
      if (attempt([&] { return data_type() && literal(false); })) return true;
    }
    return reference(K::column_reference);
  }
  return false;
}

bool Parser::bracketed_primary() {
  return bracketed(
      [&] {
        const auto closed = [&] { return sign(")"); };
        if (starts_query()) {
          const bool single = is("SELECT");
          if (single && attempt([&] { return expression() && closed(); })) return true;
          if (attempt([&] { return selectable() && closed(); })) return true;
        }
        if (sign("(")) {
          if (attempt([&] { return expression() && closed(); })) return true;
          if (attempt([&] { return selectable() && closed(); })) return true;
        }
        const State state = save();
        if (attempt([&] { return expression(); }) && closed()) return true;
        restore(state);
        // Rows: (a, 1, f(x)) hold their elements bare.
        if (list([&] { return base_element(); }, duckdb_) && closed()) return true;
        return closed();
      },
      true);
}

// A single thing stands bare, everything else is in an `expression`.
bool Parser::base_element() {
  const State state = save();
  const size_t wrapper = open(K::none);
  const size_t first = events_.size(), before = at_;
  if (!expression_a()) {
    restore(state);
    return false;
  }
  if (!is_bare(first, before)) {
    set(wrapper, K::expression);
    close();
  }
  return true;
}

// One thing: a word (or a dated literal's two), or one segment of a bare kind over all words.
bool Parser::is_bare(size_t first, size_t before) const {
  size_t begin = first;
  while (begin < events_.size() && events_[begin].what == ParseEvent::open && events_[begin].kind == K::none) ++begin;
  const bool one_word = at_ - before == 1;
  if (begin >= events_.size()) return one_word && events_[first].what != ParseEvent::mark;
  const K kind = events_[begin].kind;
  if (events_[begin].what == ParseEvent::word) {
    const bool dated = at_ - before == 2 && kind == K::keyword && events_.back().kind == K::date_constructor_literal;
    return dated || (one_word && (kind == K::bare_function || kind == K::numeric_literal || kind == K::quoted_literal ||
                                  kind == K::null_literal || kind == K::boolean_literal));
  }
  if (events_[begin].what != ParseEvent::open) return one_word && events_[first].what != ParseEvent::mark;
  int depth = 0;
  size_t end = begin;
  for (; end < events_.size(); ++end) {
    if (events_[end].what == ParseEvent::open && events_[end].kind != K::none) ++depth;
    if (events_[end].what == ParseEvent::close && --depth == 0) break;
  }
  return end + 1 == events_.size() &&
         (kind == K::function || kind == K::column_reference || kind == K::interval_expression ||
          kind == K::numeric_literal || kind == K::array_literal || kind == K::object_literal ||
          kind == K::map_literal || kind == K::column_index);
}

}  // namespace weir::lint
