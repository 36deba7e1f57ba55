#include "base/text.h"
#include "lint/parser.h"

namespace weir::lint {

void Parser::statement() {
  open(K::statement);
  const State state = save();
  const bool known = known_statement();
  if (!known || too_deep_) restore(state);
  if (in_statement()) unparsable_until_semicolon(too_deep_ ? K::nested_too_deep : K::unparsable);
  close();
  tried_.clear();
  too_deep_ = false;
}

bool Parser::known_statement() {
  if (starts_query() || sign("(")) return query_statement();
  if (is("INSERT")) return insert();
  if (is("UPDATE")) return update();
  if (is("DELETE")) return delete_from();
  if (is("MERGE")) return merge();
  if (is("CREATE")) return create();
  if (is("DROP")) return drop();
  if (is("ALTER") && is("TABLE", 1)) return alter_table();
  if (is("EXPLAIN")) return explain();
  if (is("TRUNCATE")) return truncate();
  if (is("USE")) return use();
  if (is_one({"BEGIN", "COMMIT", "ROLLBACK", "END", "START"})) return generic(K::transaction_statement);
  if (is("SET")) return generic(K::set_statement);
  if (is_one({"GRANT", "REVOKE"})) return generic(K::access_statement);
  if (is_one({"DESCRIBE", "DESC", "SHOW", "SUMMARIZE"})) return describe();
  if (is("COPY")) return generic(K::copy_statement);
  if (duckdb_ &&
      is_one({"INSTALL", "LOAD", "FORCE", "ATTACH", "DETACH", "PRAGMA", "CALL", "CHECKPOINT", "VACUUM", "EXPORT",
              "IMPORT", "RESET", "PREPARE", "EXECUTE", "DEALLOCATE", "ANALYZE", "COMMENT", "ALTER"}))
    return generic(K::other_statement);
  if (is("ALTER")) return generic(K::other_statement);
  return false;
}

bool Parser::query_statement() {
  if (attempt([&] { return selectable() && !in_statement(); })) return true;
  if (sign("(") && attempt([&] {  // a query that has brackets of its own around it
        return bracketed([&] { return selectable(); }) && !in_statement();
      }))
    return true;
  return selectable();
}

bool Parser::explain() {
  open(K::explain_statement);
  take_as_keyword();
  if (duckdb_) keyword("ANALYZE");
  if (!(starts_query() ? selectable()
        : is("INSERT") ? insert()
        : is("UPDATE") ? update()
        : is("CREATE") ? create()
                       : delete_from()))
    return false;
  close();
  return true;
}

bool Parser::truncate() {
  open(K::truncate_table);
  take_as_keyword();
  keyword("TABLE");
  if (!table_reference()) return false;
  close();
  return true;
}

bool Parser::use() {
  open(K::use_statement);
  take_as_keyword();
  if (!reference(K::database_reference)) return false;
  close();
  return true;
}

bool Parser::describe() {
  open(K::describe_statement);
  take_as_keyword();
  if (starts_query()) {
    if (!selectable()) return false;
  } else if (in_statement()) {
    while (is_one({"ALL", "TABLES", "DATABASES", "SCHEMAS", "TABLE", "FROM", "VARIABLES"})) take_as_keyword();
    if (in_statement() && !table_reference()) return false;
  }
  close();
  return true;
}

bool Parser::insert() {
  if (!is("INSERT")) return false;
  return attempt([&] {
    open(K::insert_statement);
    take_as_keyword();
    keyword("OVERWRITE");
    if (duckdb_ && !keywords({"OR", "REPLACE"})) keywords({"OR", "IGNORE"});
    if (!keyword("INTO") || !table_reference()) return false;
    if (duckdb_ && is("AS")) alias(true);
    if (sign("(") && !starts_query(1)) attempt([&] { return column_list(); });
    if (duckdb_ && !keywords({"BY", "NAME"})) keywords({"BY", "POSITION"});
    if (!keywords({"DEFAULT", "VALUES"}) && !selectable()) return false;
    if (duckdb_ && keywords({"ON", "CONFLICT"})) {
      if (sign("(") && !column_list()) return false;
      if (conditional_clause(K::where_clause, "WHERE")) {
      }
      if (!keyword("DO")) return false;
      if (!keyword("NOTHING")) {
        if (!keyword("UPDATE") || !set_clauses()) return false;
        conditional_clause(K::where_clause, "WHERE");
      }
    }
    if (duckdb_ && keyword("RETURNING")) {
      if (!list([&] { return (sign("*") ? (take(K::star), true) : expression()) && (alias(), true); })) return false;
    }
    close();
    return true;
  });
}

bool Parser::set_clauses() {
  return attempt([&] {
    open(K::set_clause_list);
    if (!keyword("SET")) return false;
    indent();
    if (!list([&] {
          return attempt([&] {
            open(K::set_clause);
            if (sign("(") ? !column_list() : !reference(K::column_reference)) return false;
            if (!sign("=") || !comparison_operator()) return false;
            if (!keyword("DEFAULT") && !base_element()) return false;
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

bool Parser::update() {
  if (!is("UPDATE")) return false;
  return attempt([&] {
    open(K::update_statement);
    take_as_keyword();
    indent();
    if (!table_reference()) return false;
    if (!is("SET")) alias();
    dedent();
    if (!set_clauses()) return false;
    if (is("FROM") && !from_clause()) return false;
    conditional_clause(K::where_clause, "WHERE");
    if (duckdb_ && keyword("RETURNING") &&
        !list([&] { return (sign("*") ? (take(K::star), true) : expression()) && (alias(), true); }))
      return false;
    close();
    return true;
  });
}

bool Parser::delete_from() {
  if (!is("DELETE")) return false;
  return attempt([&] {
    open(K::delete_statement);
    take_as_keyword();
    if (!from_clause()) return false;
    if (duckdb_ && keyword("USING")) {
      if (!list([&] { return from_element(); })) return false;
    }
    conditional_clause(K::where_clause, "WHERE");
    if (duckdb_ && keyword("RETURNING") &&
        !list([&] { return (sign("*") ? (take(K::star), true) : expression()) && (alias(), true); }))
      return false;
    close();
    return true;
  });
}

// WHEN [NOT] MATCHED ... THEN ...
bool Parser::merge_clause() {
  const bool inserts = is("NOT", 1) && !is("SOURCE", 4);
  open(is("NOT", 1) ? K::merge_when_not_matched_clause : K::merge_when_matched_clause);
  take_as_keyword();
  keyword("NOT");
  if (!keyword("MATCHED")) return false;
  if (keyword("BY")) any_keyword({"SOURCE", "TARGET"});
  if (keyword("AND") && !expression()) return false;
  if (!keyword("THEN")) return false;
  indent();
  if (is("UPDATE")) {
    open(K::merge_update_clause);
    take_as_keyword();
    indent();
    if (is("SET") && !set_clauses()) return false;
    dedent();
    close();
  } else if (is("DELETE")) {
    open(K::merge_delete_clause);
    take_as_keyword();
    close();
  } else if (inserts && is("INSERT")) {
    open(K::merge_insert_clause);
    take_as_keyword();
    indent();
    if (sign("(") && !column_list()) return false;
    dedent();
    if (is("VALUES") && !values()) return false;
    close();
  } else if (!keywords({"DO", "NOTHING"})) {
    return false;
  }
  dedent();
  close();
  return true;
}

bool Parser::merge() {
  if (!is("MERGE")) return false;
  return attempt([&] {
    open(K::merge_statement);
    take_as_keyword();
    if (!keyword("INTO")) return false;
    indent();
    if (!table_reference()) return false;
    if (!is("USING")) alias();
    dedent();
    if (!keyword("USING")) return false;
    indent();
    if (sign("(") ? !bracketed([&] { return selectable(); })
                  : !(attempt([&] { return function(); }) || table_reference()))
      return false;
    if (!is("ON")) alias();
    dedent();
    if (options_.indented_using_on) indent();
    open(K::join_on_condition);
    if (!keyword("ON")) return false;
    if (options_.indented_on_contents) implicit_indent();
    if (!expression()) return false;
    if (options_.indented_on_contents) dedent();
    close();
    if (options_.indented_using_on) dedent();
    open(K::merge_match);
    while (is("WHEN"))
      if (!merge_clause()) return false;
    close();
    close();
    return true;
  });
}

bool Parser::drop() {
  const bool table = is("TABLE", 1) || is("VIEW", 1);
  if (!table) return generic(K::drop_statement);
  return attempt([&] {
    open(is("TABLE", 1) ? K::drop_table_statement : K::drop_statement);
    take_as_keyword();
    take_as_keyword();
    keywords({"IF", "EXISTS"});
    if (!list([&] { return table_reference(); })) return false;
    any_keyword({"CASCADE", "RESTRICT"});
    close();
    return true;
  });
}

bool Parser::alter_table() {
  return attempt([&] {
    open(K::alter_table_statement);
    take_as_keyword();
    take_as_keyword();
    keywords({"IF", "EXISTS"});
    if (!table_reference()) return false;
    while (in_statement()) generic_word();
    close();
    return true;
  });
}

// A statement whose parts no rule looks at: words are keywords, or names.
bool Parser::generic(K kind) {
  open(kind);
  take_as_keyword();
  while (in_statement()) generic_word();
  close();
  return true;
}

void Parser::generic_word() {
  if (starts_query() && attempt([&] { return selectable(); })) return;
  if (sign("(")) {
    if (remembered(Part::generic_bracket, [&] {
          return bracketed([&] {
            if (starts_query()) return selectable();
            while (in_statement() && !sign(")")) generic_word();
            return true;
          });
        }))
      return;
    return take(K::symbol);
  }
  if (token() == K::word && is_known_keyword(upper(text()), options_.dialect) && !sign(".", 1))
    return take_as_keyword();
  if (attempt([&] { return reference(K::object_reference); })) return;
  if (sign(",")) return take(K::comma);
  if (literal(false)) return;
  if (comparison_operator() || binary_operator()) return;
  if (token() == K::word) return take_as_keyword();
  take(sign(";") ? K::statement_terminator : token());
}

}  // namespace weir::lint
