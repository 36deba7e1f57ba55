// One SQL statement after another over the lake, each in a transaction of its own.
#pragma once

#include <optional>
#include <string>

#include "cli/query_output.h"
#include "cli/workspace.h"

namespace weir::cli {

class SqlRunner {
 public:
  // Without `write` every statement that could change a table is refused, and what a statement might have staged is
  // thrown away.
  SqlRunner(const Call& call, Workspace& workspace, bool write, std::optional<int64_t> limit, CancelToken cancel = {});

  // Writes rows to standard output and notes (rows cut off, versions committed) to standard error. Throws Error.
  void run(const std::string& statement);
  void set_output(const std::string& output) { form_.output = output; }
  engine::Session& session() { return *session_; }

 private:
  void note(const std::string& text) const;
  void commit(int64_t changed);

  const Call& call_;
  std::unique_ptr<engine::Session> session_;
  TableForm form_;
  bool write_;
  std::optional<int64_t> limit_;
};

// Rows that a table on the screen shows unless --limit says otherwise.
inline constexpr int64_t rows_on_screen = 1000;

}  // namespace weir::cli
