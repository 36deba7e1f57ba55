// weir ingest: only the sources.
#include "cli/flags.h"
#include "cli/run_steps.h"

namespace weir::cli {

Verb ingest_verb() {
  Verb verb;
  verb.name = "ingest";
  verb.group = "Run";
  verb.summary = "load new files of the sources, checked, each file exactly once";
  verb.flags = together({run_flags(), {switch_flag("no-checks", 0, "publish without running the sources' checks")}});
  verb.arguments = {selector_argument()};
  verb.run = [](Call& call) { return run_steps(call, plan::Verb::ingest, !call.options.boolean("no-checks")); };
  return verb;
}

}  // namespace weir::cli
