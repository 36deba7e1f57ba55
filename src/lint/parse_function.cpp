#include <algorithm>

#include "base/text.h"
#include "lint/parser.h"

namespace weir::lint {

namespace {

// Words before a bracket that make no function.
bool is_no_function(std::string_view upper_word, bool duckdb) {
  static constexpr std::string_view words[] = {
      "SELECT", "FROM",   "WHERE", "AND",    "OR",      "NOT",  "IN",        "AS",      "ON",
      "USING",  "JOIN",   "OVER",  "CASE",   "WHEN",    "THEN", "ELSE",      "END",     "IS",
      "VALUES", "VALUE",  "UNION", "EXISTS", "BETWEEN", "LIKE", "ILIKE",     "ALL",     "BY",
      "EXCEPT", "HAVING", "LIMIT", "SET",    "WITH",    "INTO", "INTERSECT", "INTERVAL"};
  static constexpr std::string_view more[] = {"STRUCT",  "ENUM",      "ANY",     "SOME",  "ARRAY",
                                              "LATERAL", "RETURNING", "QUALIFY", "ORDER", "GROUP"};
  if (std::find(std::begin(words), std::end(words), upper_word) != std::end(words)) return true;
  return duckdb && std::find(std::begin(more), std::end(more), upper_word) != std::end(more);
}

bool is_unit(std::string_view word) {
  static constexpr std::string_view units[] = {
      "DAY",     "DAYOFYEAR", "HOUR",         "MILLISECOND", "MINUTE",       "MONTH",       "QUARTER", "SECOND",
      "WEEK",    "WEEKDAY",   "YEAR",         "DAYS",        "HOURS",        "MICROSECOND", "MINUTES", "MONTHS",
      "SECONDS", "WEEKS",     "YEARS",        "CENTURY",     "DECADE",       "DOW",         "DOY",     "EPOCH",
      "ISODOW",  "ISOYEAR",   "MICROSECONDS", "MILLENNIUM",  "MILLISECONDS", "TIMEZONE"};
  return std::any_of(std::begin(units), std::end(units), [&](std::string_view unit) { return iequals(unit, word); });
}

}  // namespace

bool Parser::function() {
  return remembered(Part::function, [&] { return function_parts(); });
}

bool Parser::function_parts() {
  // How far the name goes: a.b.f(
  const bool star = duckdb_ && sign("*") && is("COLUMNS", 1);
  size_t last = star ? 1 : 0;
  while ((token(last) == K::word || token(last) == K::double_quote) && sign(".", last + 1) && touching(last + 1) &&
         touching(last + 2))
    last += 2;
  if (token(last) != K::word && token(last) != K::double_quote) return false;
  if (!sign("(", last + 1)) return false;
  if (last == 0 && token() == K::word && is_no_function(upper(text()), duckdb_)) return false;
  const bool dateadd = !duckdb_ && is("DATEADD") && token(2) == K::word && is_unit(text(2));
  const bool columns = duckdb_ && is("COLUMNS", star ? 1 : 0);
  open(K::function);
  open(K::function_name);
  if (star) take(K::unpacking_operator);
  for (size_t i = star ? 1 : 0; i < last; i += 2) {
    take(token() == K::double_quote ? K::quoted_identifier : K::naked_identifier);
    take(K::dot);
  }
  if (columns)
    take(K::keyword);
  else
    take(token() == K::double_quote ? K::quoted_identifier : K::function_name_identifier);
  close();
  open(K::function_contents);
  const bool good = bracketed([&] {
    if (sign(")")) return true;
    if (dateadd) {
      take(K::date_part);
      if (!comma()) return false;
    }
    if (columns) return wildcard() || lambda() || base_element();
    return function_contents();
  });
  if (!good) return false;
  close();
  after_function();
  close();
  return true;
}

bool Parser::function_contents() {
  any_keyword({"BOTH", "LEADING", "TRAILING"});
  if (is("DISTINCT") && !sign("(", 1)) {
    take_as_keyword();
  } else if (is("DISTINCT") && sign("(", 1)) {
    // DISTINCT(a): in plain SQL as a function of that name, else as a word before a bracket.
    if (duckdb_) take_as_keyword();
  } else if (duckdb_ && is("ALL") && !sign("(", 1)) {
    take_as_keyword();
  }
  while (!sign(")") && in_statement()) {
    if (keyword("FROM")) continue;
    if (sign("*") && (text(1) == ")" || text(1) == ",")) {
      take(K::star);
    } else if (is("ORDER") && is("BY", 1)) {
      open(K::aggregate_order_by);
      if (!order_by()) return false;
      close();
    } else if (is_one({"IGNORE", "RESPECT"}) && is("NULLS", 1)) {
      take_as_keyword();
      take_as_keyword();
    } else if (keyword("SEPARATOR")) {
      if (!literal(false)) return false;
    } else if (token() == K::word && is("FROM", 1) && is_unit(text())) {
      take(K::date_part);
    } else if (keyword("AS") || keyword("USING")) {
      if (!data_type()) return false;
    } else if (keyword("FOR")) {
      if (!expression()) return false;
    } else if (starts_query() && !is("FROM") && !is("VALUES") && !is("VALUE")) {
      if (!(is("SELECT") ? attempt([&] { return expression() && sign(")"); }) : false) && !selectable()) return false;
    } else if (!function_argument()) {
      return false;
    }
    if (!comma()) {
      if (is_one({"FROM", "AS", "USING", "FOR", "ORDER", "IGNORE", "RESPECT", "SEPARATOR", "ASC", "DESC"}) ||
          sign(")")) {
        any_keyword({"ASC", "DESC"});
        continue;
      }
      return false;
    }
  }
  return sign(")");
}

bool Parser::function_argument() {
  if (duckdb_) {
    if (lambda()) return true;
    if (token() == K::word && (sign(":=", 1) || sign("=>", 1))) {
      open(K::named_argument);
      take(K::naked_identifier);
      take(K::assigner);
      if (!expression()) return false;
      close();
      return true;
    }
    if (attempt([&] { return wildcard(); })) return true;
  }
  return expression();
}

bool Parser::after_function() {
  while (in_statement()) {
    if (is("FILTER") && sign("(", 1)) {
      if (!attempt([&] {
            take_as_keyword();
            return bracketed([&] {
              if (!keyword("WHERE") && !duckdb_) return false;
              return expression();
            });
          }))
        return true;
    } else if (is("WITHIN") && is("GROUP", 1)) {
      if (!attempt([&] {
            open(K::withingroup_clause);
            if (!keywords({"WITHIN", "GROUP"}) || !bracketed([&] { return order_by(); })) return false;
            close();
            return true;
          }))
        return true;
    } else if (is("OVER") || (is_one({"IGNORE", "RESPECT"}) && is("NULLS", 1))) {
      if (!over_clause()) return true;
    } else {
      return true;
    }
  }
  return true;
}

bool Parser::over_clause() {
  return attempt([&] {
    open(K::over_clause);
    indent();
    if (any_keyword({"IGNORE", "RESPECT"})) keyword("NULLS");
    if (!keyword("OVER")) return false;
    if (sign("(") ? !bracketed([&] { return sign(")") || window_specification(); }, true) : !name()) return false;
    dedent();
    close();
    return true;
  });
}

bool Parser::window_specification() {
  return attempt([&] {
    open(K::window_specification);
    if (!is("PARTITION") && !is_one({"ROWS", "RANGE", "GROUPS"})) attempt([&] { return name(); });
    if (is("PARTITION")) {
      open(K::partitionby_clause);
      if (!keywords({"PARTITION", "BY"})) return false;
      indent();
      const auto partitions = [&] { return list([&] { return expression(); }); };
      if (!(sign("(") && attempt([&] {
              return bracketed(partitions) && (sign(")") || is("ORDER") || is_one({"ROWS", "RANGE", "GROUPS"}));
            })) &&
          !partitions())
        return false;
      dedent();
      close();
    }
    if (is("ORDER") && !order_by()) return false;
    frame_clause();
    close();
    return sign(")");
  });
}

bool Parser::frame_clause() {
  if (!is_one({"ROWS", "RANGE", "GROUPS"})) return false;
  return attempt([&] {
    open(K::frame_clause);
    take_as_keyword();
    const auto extent = [&] {
      if (keywords({"CURRENT", "ROW"})) return true;
      if (!keyword("UNBOUNDED") && !interval() &&
          !(token() == K::numeric_literal ? (take(K::numeric_literal), true) : literal(true)) && !expression())
        return false;
      return any_keyword({"PRECEDING", "FOLLOWING"});
    };
    if (keyword("BETWEEN") ? !(extent() && keyword("AND") && extent()) : !extent()) return false;
    if (keyword("EXCLUDE")) {
      if (!keywords({"CURRENT", "ROW"}) && !keywords({"NO", "OTHERS"}) && !any_keyword({"GROUP", "TIES"})) return false;
    }
    close();
    return true;
  });
}

// (10, 2) behind the name of a type; or nothing.
bool Parser::type_arguments() {
  if (!sign("(")) return true;
  open(K::bracketed_arguments);
  if (!bracketed([&] { return sign(")") || list([&] { return literal(false) || name(); }); })) return false;
  close();
  return true;
}

// STRUCT(a int), UNION(a int), MAP(int, text)
bool Parser::nested_type() {
  const bool map = is("MAP");
  open(map ? K::map_type : K::struct_type);
  take_as_keyword();
  open(map ? K::map_type_schema : K::struct_type_schema);
  if (!bracketed([&] {
        return list([&] {
          if (!map && !(token() == K::word || token() == K::double_quote)) return false;
          if (!map) take(K::parameter);
          return data_type();
        });
      }))
    return false;
  close();
  close();
  return true;
}

bool Parser::data_type() {
  if (token() == K::double_quote) {
    open(K::data_type);
    take(K::quoted_identifier);
    close();
    return true;
  }
  if (token() != K::word || is("NOT")) return false;
  return attempt([&] {
    open(K::data_type);
    if (duckdb_ && is_one({"STRUCT", "MAP", "UNION"}) && sign("(", 1)) {
      if (!nested_type()) return false;
    } else if (is_one({"TIME", "TIMESTAMP"})) {
      take_as_keyword();
      if (!type_arguments()) return false;
      if (is_one({"WITH", "WITHOUT"}) && is("TIME", 1)) {
        take_as_keyword();
        if (!keywords({"TIME", "ZONE"})) return false;
      }
    } else if (is("DOUBLE") && is("PRECISION", 1)) {
      take_as_keyword();
      take_as_keyword();
    } else if (is_one({"CHARACTER", "BINARY"}) && is("VARYING", 1)) {
      take_as_keyword();
      take_as_keyword();
      if (!type_arguments()) return false;
    } else {
      if (sign(".", 1) && touching(1) && token(2) == K::word) {
        take(K::naked_identifier);
        take(K::dot);
      }
      if (duckdb_ &&
          is_one({"INTERVAL", "BIGINT",  "INTEGER", "SMALLINT", "BOOLEAN", "REAL",        "DATE", "VARCHAR",
                  "NUMERIC",  "DECIMAL", "TEXT",    "FLOAT",    "CHAR",    "TIMESTAMPTZ", "JSON", "UUID",
                  "BYTEA",    "INT8",    "INT4",    "INT2",     "INT",     "MONEY",       "BIT",  "CHARACTER"}))
        take_as_keyword();
      else
        take(K::data_type_identifier);
      if (!type_arguments()) return false;
      while (any_keyword({"UNSIGNED"})) {
      }
    }
    while (duckdb_ && sign("[") && (text(1) == "]" || (token(1) == K::numeric_literal && text(2) == "]"))) {
      open(K::array_type);
      take(K::start_square_bracket);
      indent(Lean::tail);
      if (token() == K::numeric_literal) take(K::numeric_literal);
      dedent(Lean::lead);
      take(K::end_square_bracket);
      close();
    }
    if (duckdb_ && keyword("ARRAY")) {
    }
    close();
    return true;
  });
}

}  // namespace weir::lint
