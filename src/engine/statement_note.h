// What goes with each statement of a session's: a comment for those who watch the database, and who is told of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace weir::engine {

struct StatementNote {
  std::string comment;  // without /* */; "" = none
  bool append = false;  // behind the statement and before its last semicolon, else before it
  // Gets each statement with its comment before it is run; empty: nobody is told.
  std::function<void(const std::string& sql)> sent;

  std::string around(std::string_view sql) const;
  int lines_before() const;  // that around() puts before the statement
};

}  // namespace weir::engine
