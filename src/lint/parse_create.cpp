#include "lint/parser.h"

namespace weir::lint {

bool Parser::create() {
  size_t ahead = 1;
  while (is_one({"OR", "REPLACE", "TEMP", "TEMPORARY", "TRANSIENT", "UNIQUE", "PERSISTENT", "RECURSIVE"}, ahead))
    ++ahead;
  if (is("TABLE", ahead)) return create_table();
  if (is("VIEW", ahead)) return attempt([&] { return create_view(); });
  if (is("SCHEMA", ahead))
    return attempt([&] {
      begin_create(K::create_schema_statement);
      if (!reference(K::schema_reference)) return false;
      close();
      return true;
    });
  if (is("INDEX", ahead)) return attempt([&] { return create_index(); });
  if (duckdb_ && is_one({"MACRO", "FUNCTION"}, ahead)) return attempt([&] { return create_macro(); });
  if (is("TYPE", ahead) && duckdb_) return generic(K::create_type_statement);
  if (is("SEQUENCE", ahead)) return generic(K::create_sequence_statement);
  return generic(K::create_statement);
}

// CREATE OR REPLACE ... WHAT IF NOT EXISTS
void Parser::begin_create(K kind) {
  open(kind);
  take_as_keyword();
  while (is_one({"OR", "REPLACE", "TEMP", "TEMPORARY", "TRANSIENT", "UNIQUE", "RECURSIVE"})) take_as_keyword();
  take_as_keyword();
  keywords({"IF", "NOT", "EXISTS"});
}

// A query that may have brackets around it.
bool Parser::query_behind_as() {
  if (!sign("(")) return selectable();
  return attempt([&] { return selectable() && !in_statement(); }) || bracketed([&] { return selectable(); });
}

bool Parser::create_view() {
  begin_create(K::create_view_statement);
  if (!table_reference()) return false;
  if (sign("(") && !column_list()) return false;
  if (!keyword("AS") || !query_behind_as()) return false;
  keywords({"WITH", "NO", "SCHEMA", "BINDING"});
  close();
  return true;
}

bool Parser::create_index() {
  begin_create(K::create_index_statement);
  if (!reference(K::index_reference) || !keyword("ON") || !table_reference()) return false;
  if (keyword("USING")) name();
  const auto element = [&] {
    if (!is_name() || sign("(", 1)) return expression();
    open(K::index_column_definition);
    name();
    any_keyword({"ASC", "DESC"});
    close();
    return true;
  };
  if (!bracketed([&] { return list(element); })) return false;
  close();
  return true;
}

bool Parser::create_macro() {
  begin_create(K::create_function_statement);
  open(K::function_name);
  while (sign(".", 1)) {
    name();
    take(K::dot);
  }
  if (token() != K::word) return false;
  take(K::function_name_identifier);
  close();
  open(K::function_parameter_list);
  const auto parameter = [&] {
    if (token() != K::word) return false;
    take(K::parameter);
    if (!sign(":=")) return true;
    take(K::assigner);
    return expression();
  };
  if (!bracketed([&] { return sign(")") || list(parameter); })) return false;
  close();
  if (!keyword("AS")) return false;
  if (keyword("TABLE")) {
    indent();
    if (!query_behind_as()) return false;
    dedent();
  } else if (!expression()) {
    return false;
  }
  close();
  return true;
}

bool Parser::create_table() {
  return attempt([&] {
    open(K::create_table_statement);
    take_as_keyword();
    while (is_one({"OR", "REPLACE", "TEMP", "TEMPORARY", "TRANSIENT"})) take_as_keyword();
    if (!keyword("TABLE")) return false;
    keywords({"IF", "NOT", "EXISTS"});
    if (!table_reference()) return false;
    if (keyword("AS")) {
      if (!query_behind_as()) return false;
      if (is("WITH")) keywords({"WITH", "NO", "DATA"}) || keywords({"WITH", "DATA"});
    } else if (keyword("LIKE")) {
      if (!table_reference()) return false;
    } else {
      if (!bracketed([&] { return list([&] { return constraints(false) || column_definition(); }); })) return false;
      if (is("COMMENT") && token(1) == K::single_quote) {
        open(K::comment_clause);
        take_as_keyword();
        take(K::quoted_literal);
        close();
      }
    }
    close();
    return true;
  });
}

bool Parser::column_definition() {
  return attempt([&] {
    if (duckdb_) {
      if (!reference(K::column_reference)) return false;
    } else {
      open(K::column_definition);
      if (!name()) return false;
    }
    if (!is("AS") && !is("GENERATED") && !data_type()) return false;
    if (is("GENERATED") || is("AS")) {
      keywords({"GENERATED", "ALWAYS"});
      if (!keyword("AS") || !bracketed([&] { return expression(); })) return false;
      any_keyword({"STORED", "VIRTUAL"});
    }
    while (constraints(true)) {
    }
    if (!duckdb_) close();
    return sign(",") || sign(")");
  });
}

bool Parser::constraints(bool column) {
  return attempt([&] {
    open(column ? K::column_constraint_segment : K::table_constraint);
    if (keyword("CONSTRAINT") && !reference(K::object_reference)) return false;
    const auto references = [&] {
      if (!keyword("REFERENCES") || !table_reference()) return false;
      if (sign("(") && !column_list()) return false;
      while (is("ON") && is_one({"DELETE", "UPDATE"}, 1)) {
        take_as_keyword();
        take_as_keyword();
        if (!any_keyword({"RESTRICT", "CASCADE"}) && !keywords({"SET", "NULL"}) && !keywords({"NO", "ACTION"}) &&
            !keywords({"SET", "DEFAULT"}))
          return false;
      }
      return true;
    };
    if (!column) {
      if (keyword("UNIQUE") || keywords({"PRIMARY", "KEY"})) {
        if (!column_list()) return false;
      } else if (keywords({"FOREIGN", "KEY"})) {
        if (!column_list() || !references()) return false;
      } else if (!keyword("CHECK") || !bracketed([&] { return expression(); })) {
        return false;
      }
    } else if (is("NULL") || (is("NOT") && is("NULL", 1))) {
      keyword("NOT");
      take_as_keyword();
    } else if (keyword("CHECK")) {
      if (!bracketed([&] { return expression(); })) return false;
    } else if (keyword("DEFAULT")) {
      if (!base_element()) return false;
    } else if (is("COMMENT") && token(1) == K::single_quote) {
      open(K::comment_clause);
      take_as_keyword();
      take(K::quoted_literal);
      close();
    } else if (is("REFERENCES")) {
      if (!references()) return false;
    } else if (keyword("COLLATE")) {
      if (!reference(K::collation_reference)) return false;
    } else if (!keywords({"PRIMARY", "KEY"}) && !keyword("UNIQUE") && !keyword("AUTO_INCREMENT")) {
      return false;
    }
    close();
    return true;
  });
}

}  // namespace weir::lint
