// weir build: everything that the selection needs, each table checked before it is published.
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/run_steps.h"

namespace weir::cli {

Verb build_verb() {
  Verb verb;
  verb.name = "build";
  verb.group = "Run";
  verb.summary = "load sources, build seeds and models, test them, publish what passes";
  verb.detail =
      "In order of dependencies. Each table is staged, checked as staged, and published by one commit; if a check with "
      "severity error fails, the version that was public stays. What is up to date is skipped.\n"
      "--plan says what would run and why.";
  verb.flags =
      together({run_flags(),
                type_flags(),
                empty_flags(),
                time_flags(),
                {switch_flag("verify-deterministic", 0,
                             "build each table twice, from the same inputs, and fail if the rows differ; the table is "
                             "published all the same")}});
  verb.arguments = {selector_argument()};
  verb.in_dbt = true;
  verb.run = [](Call& call) { return run_steps(call, plan::Verb::build, true); };
  return verb;
}

}  // namespace weir::cli
