// Statements that reach beyond the target, found in SQL with or without Jinja in it: LOAD, INSTALL, ATTACH, EXPORT and
// IMPORT DATABASE, COPY … TO, and files outside of the project's folder that a statement reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::project {

struct ForeignStatement {
  std::string kind;  // "ATTACH", "COPY TO", "file outside the project"
  std::string text;  // the statement up to its end, or the file's name
  size_t at = 0;     // byte in the text that was searched
};

// `root`: the project's folder. In Jinja the texts in quotes are searched too: run_query('attach …').
std::vector<ForeignStatement> foreign_statements(std::string_view text, const std::string& root);

// Is it a path of this machine that leads out of `root`? (Places in stores, "s3://…", do not.)
bool leads_outside(std::string_view path, const std::string& root);

}  // namespace weir::project
