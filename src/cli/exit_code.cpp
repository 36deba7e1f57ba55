#include "cli/exit_code.h"

#include <array>

#include "cli/error_text.h"

namespace weir::cli {

namespace {

struct Rule {
  int first, last;  // error numbers
  Blame blame;
  int exit_code;
};

// First row that fits. What a person must write differently is 2; what happened to data or the machine is 1.
constexpr std::array<Rule, 4> rules = {{
    {0, 499, Blame::user, exit_usage},     // options, store addresses, project, templates
    {500, 599, Blame::user, exit_usage},   // a table or version that does not exist, a feature not supported
    {800, 1099, Blame::user, exit_usage},  // declarations of sources, state folder, SQL
    {600, 799, Blame::user, exit_failed},  // checks and refusals of the publish protocol
}};

}  // namespace

int exit_code_of(const Error& error) {
  if (error.code() == ErrorCode::cancelled) return exit_interrupted;
  if (error.code() == ErrorCode::state_locked || error.code() == ErrorCode::superseded ||
      error.code() == ErrorCode::superseded_too_often)
    return exit_conflict;
  const int number = static_cast<int>(error.code());
  for (const auto& rule : rules)
    if (number >= rule.first && number <= rule.last && error.blame() == rule.blame) return rule.exit_code;
  return exit_failed;
}

}  // namespace weir::cli
