// weir test: checks on what is published.
#include "cli/flags.h"
#include "cli/run_steps.h"

namespace weir::cli {

Verb test_verb() {
  Verb verb;
  verb.name = "test";
  verb.group = "Run";
  verb.summary = "run the checks on the published tables";
  verb.detail = "Publishes nothing and takes nothing back; `weir build` checks before it publishes.";
  verb.flags = together({run_flags(), type_flags()});
  verb.arguments = {selector_argument()};
  verb.in_dbt = true;
  verb.run = [](Call& call) { return run_steps(call, plan::Verb::test, true); };
  return verb;
}

}  // namespace weir::cli
