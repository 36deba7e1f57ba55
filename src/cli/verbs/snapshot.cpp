// weir snapshot: snapshots only, without their checks, as in dbt.
#include "cli/flags.h"
#include "cli/input_flags.h"
#include "cli/run_steps.h"

namespace weir::cli {

Verb snapshot_verb() {
  Verb verb;
  verb.name = "snapshot";
  verb.group = "Run";
  verb.summary = "take snapshots only, without their checks (as dbt's snapshot)";
  verb.flags = together({run_flags(), empty_flags()});
  verb.arguments = {selector_argument()};
  verb.in_dbt = true;
  verb.run = [](Call& call) { return run_steps(call, plan::Verb::snapshot, false); };
  return verb;
}

}  // namespace weir::cli
