// INSERT statements that replace rows, in Spark's words, which DuckDB's parser does not take:
//
//   INSERT INTO [TABLE] t [(columns) | BY NAME] REPLACE WHERE condition query
//   INSERT OVERWRITE [TABLE | INTO] t [PARTITION (p, …)] [(columns) | BY NAME] query
//
// `query` begins, behind REPLACE WHERE, with SELECT, WITH, VALUES or TABLE. They are cut into statements that DuckDB
// does take; each is as long as the whole text, with blanks for what is not of it, so that places in errors stay true.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace weir::engine::duck {

struct OverwriteSql {
  std::string insert;                   // INSERT INTO t [(columns) | BY NAME] query
  std::string query;                    // the query alone
  std::string remove;                   // DELETE FROM t [WHERE condition]; of partitions "DELETE FROM t"
  std::string condition;                // of REPLACE WHERE, as written; "" = none
  std::vector<std::string> partitions;  // the names behind PARTITION; empty = none
  bool operator==(const OverwriteSql&) const = default;
};
using SqlPiece = std::variant<std::string, OverwriteSql>;

// The text's statements in order: one piece with all of them where none of these is among them. Throws
// Error{sql_syntax} for one of these that is not whole.
std::vector<SqlPiece> sql_pieces(const std::string& sql);

}  // namespace weir::engine::duck
