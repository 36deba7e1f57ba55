// What of a foreign dbt project runs here as it stands, and what does not: all findings in one go. Reads the project's
// files, asks the engine to parse, and touches no target and no file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "engine/session.h"
#include "project/load.h"

namespace weir::cli {

enum class Verdict {
  runs,
  noted,    // runs; something of it has no effect here, or needs a look
  unsure,   // what it compiles to depends on what tables hold
  blocked,  // does not run as it is
};
std::string_view verdict_text(Verdict verdict);  // "runs", "runs, with notes", …

struct Finding {
  Verdict verdict = Verdict::blocked;
  std::string code;  // "function", "syntax", "config", "package", …, or an error's slug
  std::string message, remedy;
  Span span;
};

struct Assessed {
  std::string kind;  // model, seed, snapshot, test, unit_test, analysis, macro, project
  std::string name, file;
  std::vector<Finding> findings;
  Verdict verdict() const;
};

struct Assessment {
  std::string project, adapter, target;  // of the project's own profile; "" = none was found
  std::vector<Assessed> items;           // by file and name; what merely runs too
  size_t count(std::string_view kind, Verdict verdict) const;
};

// `loaded` with LoadFlags::keep_partial. `session` parses only.
Assessment assess(const std::string& root, const project::LoadFlags& flags, const project::Loaded& loaded,
                  engine::Session& session);

Json assessment_json(const Assessment& assessment);

}  // namespace weir::cli
