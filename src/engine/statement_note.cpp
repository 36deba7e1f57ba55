#include "engine/statement_note.h"

#include <algorithm>

namespace weir::engine {

std::string StatementNote::around(std::string_view sql) const {
  if (comment.empty()) return std::string(sql);
  const std::string marked = "/* " + comment + " */";
  if (!append) return marked + "\n" + std::string(sql);
  sql = sql.substr(0, sql.find_last_not_of(" \t\r\n") + 1);
  const bool ended = sql.ends_with(';');
  if (ended) sql.remove_suffix(1);
  return std::string(sql) + "\n" + marked + (ended ? ";" : "");
}

int StatementNote::lines_before() const {
  if (comment.empty() || append) return 0;
  return 1 + static_cast<int>(std::count(comment.begin(), comment.end(), '\n'));
}

}  // namespace weir::engine
