// --warn-error and --warn-error-options: which warnings stop the call, and which are not told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/verb.h"
#include "project/load.h"

namespace weir::cli {

class WarningRule {
 public:
  enum class Action { warn, error, silence };

  // Of the command line, else of `flags:` in dbt_project.yml. Throws Error{bad_option_value}.
  WarningRule(const Call& call, const Json& project_flags);
  // `event` is the name that dbt gives the warning; "" = it has none.
  Action of(std::string_view event) const;
  // Throws Error{bad_config} for a warning that is an error. True: it is to be told.
  bool tells(const project::Diagnostic& warning) const;
  // A warning of old names in the options themselves.
  std::optional<project::Diagnostic> old_names() const;

 private:
  bool is_dbt_ = false, all_ = false, version_is_checked_ = false;
  bool rules_all_ = true;  // false: as dbt, which by default tells some warnings whatever is said of warnings
  std::vector<std::string> error_, warn_, silence_;
  bool include_ = false, exclude_ = false;  // the old names of error and warn
};

}  // namespace weir::cli
