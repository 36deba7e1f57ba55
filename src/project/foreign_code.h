// What in a project can do more on this machine than its target's tables: Python models, statements that reach beyond
// the target (foreign_statement.h), and files outside of its folder that it reads or writes. Sources with
// config.meta.weir.ingest are not among it: their files become rows and nothing else.
#pragma once

#include <string>
#include <vector>

#include "project/project.h"

namespace weir::project {

struct ForeignCode {
  std::string kind;    // "Python model", "ATTACH", "file outside the project", …
  std::string owner;   // unique_id of the node or macro; "" = a hook of the run, "target" = the profile
  std::string text;    // the statement or file, one line; "" for Python models
  std::string digest;  // of its content and place: another one asks again
  Span span;
};

// All of it, in the order of places.
std::vector<ForeignCode> foreign_code(const Project& project);

struct ToRun {
  std::vector<const Node*> nodes;
  bool hooks = false;          // on-run-start and on-run-end too
  std::string operation = {};  // a macro, "name" or "package.name"; "" = none
};
// Those of it that a command may reach, through macros too.
std::vector<ForeignCode> reached_code(const Project& project, std::vector<ForeignCode> all, const ToRun& to_run);

}  // namespace weir::project
