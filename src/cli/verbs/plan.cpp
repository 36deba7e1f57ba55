// weir plan: weir build --plan.
#include <algorithm>

#include "cli/flags.h"
#include "cli/run_steps.h"

namespace weir::cli {

namespace {

int run_plan(Call& call) {
  const auto& all = verbs();
  const auto build = std::find_if(all.begin(), all.end(), [](const Verb& verb) { return verb.name == "build"; });
  // What depends on the verb (flags.WHICH, the selector of a default) is as in the build itself.
  Call as_build{*build, call.program, call.options, call.arguments, call.terminal, call.words};
  as_build.options.set("plan", "true", "weir plan");
  return run_steps(as_build, plan::Verb::build, true);
}

}  // namespace

Verb build_verb();

Verb plan_verb() {
  Verb verb;
  verb.name = "plan";
  verb.group = "Run";
  verb.summary = "what a build would run and why, and what it would skip and why";
  verb.detail = "As `weir build --plan`: reads the lake, and changes nothing.";
  verb.flags = build_verb().flags;
  for (Flag& flag : verb.flags) {
    if (flag.spec.name == "output") flag.spec.doc = "form of the answer";
    for (const char* of_the_run : {"plan", "dry-run", "fail-fast", "verify-deterministic"})
      flag.hidden = flag.hidden || flag.spec.name == of_the_run;
  }
  verb.arguments = {selector_argument()};
  verb.run = run_plan;
  return verb;
}

}  // namespace weir::cli
