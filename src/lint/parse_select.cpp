#include "lint/parser.h"

namespace weir::lint {

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

}  // namespace weir::lint
