// weir seed: the CSV files of the project as tables.
#include "cli/flags.h"
#include "cli/run_steps.h"

namespace weir::cli {

Verb seed_verb() {
  Verb verb;
  verb.name = "seed";
  verb.group = "Run";
  verb.summary = "load the project's seeds, without their checks (as dbt's seed)";
  verb.flags = run_flags();
  verb.arguments = {selector_argument()};
  verb.in_dbt = true;
  verb.run = [](Call& call) { return run_steps(call, plan::Verb::seed, false); };
  return verb;
}

}  // namespace weir::cli
