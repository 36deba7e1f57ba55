// Enough of SQL's surface to cut a text into statements and to tell questions from changes. Knows quotes, dollar quotes
// and comments; it parses nothing else, that is the engine's work.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::cli {

struct Statement {
  std::string text;  // without the ';', surrounding space removed; never empty
  int line = 1;      // where it begins in the whole text, 1-based
};

struct Statements {
  std::vector<Statement> complete;  // ended by ';'
  std::string rest;                 // after the last ';': an unfinished statement, or only space and comments
  bool rest_is_blank = true;
};
Statements split_statements(std::string_view text);

enum class StatementKind {
  query,    // SELECT, WITH … SELECT, FROM, VALUES, TABLE: can stand in a FROM clause
  look,     // SHOW, DESCRIBE, EXPLAIN, SUMMARIZE, PRAGMA, SET: gives rows or settings, changes no table
  change,   // INSERT, DELETE, CREATE, COPY, ATTACH, …
  unknown,  // no statement that SQL has: the engine says what is wrong
};
StatementKind kind_of(std::string_view statement);

}  // namespace weir::cli
