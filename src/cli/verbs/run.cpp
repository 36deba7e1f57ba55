// weir run: models only, without checks, as in dbt.
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/run_steps.h"

namespace weir::cli {

Verb run_verb() {
  Verb verb;
  verb.name = "run";
  verb.group = "Run";
  verb.summary = "build models only, without their checks (as dbt's run)";
  verb.flags = together({run_flags(), empty_flags(), time_flags()});
  verb.arguments = {selector_argument()};
  verb.in_dbt = true;
  verb.run = [](Call& call) { return run_steps(call, plan::Verb::run, false); };
  return verb;
}

}  // namespace weir::cli
