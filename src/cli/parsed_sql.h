// SQL that the engine parses and does not bind: whether it is SQL to it at all, and the functions and types it names
// that the engine does not have. No table needs to exist.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "engine/session.h"

namespace weir::cli {

struct SqlProblem {
  enum class Kind { syntax, function, type, date_part };
  Kind kind = Kind::syntax;
  std::string name;     // of the function or type; of a date part the function's
  std::string message;  // syntax: the engine's
  size_t offset = 0;    // bytes into the SQL
};

class SqlParser {
 public:
  explicit SqlParser(engine::Session& session);
  // In the order of their places; of one name only the first.
  std::vector<SqlProblem> problems(const std::string& sql);

 private:
  void walk(const Json& node, bool is_table_function, std::vector<SqlProblem>& out) const;
  void call(const Json& node, bool is_table_function, std::vector<SqlProblem>& out) const;

  engine::Session& session_;
  std::set<std::string, std::less<>> functions_, table_functions_;
};

}  // namespace weir::cli
