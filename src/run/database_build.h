// A node built on a database, in one transaction: compiled, its hooks, its materialization. A batch of a microbatch
// model is built in the same way, each in a transaction of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "project/render.h"
#include "run/database.h"
#include "run/parts.h"

namespace weir::run {

struct Batch {
  project::TimeWindow window;
  bool first = true, last = true;  // of the run: the hooks before the model, and those after it
  bool adds = false;               // to the table that earlier batches have made, also in a full refresh
};

// Filled as it goes: after a failure it holds what came before.
struct Built {
  std::optional<std::string> compiled_code;
  std::string executed_sql;                       // what has made the relation, or tried to
  std::vector<project::EphemeralText> ephemeral;  // that it reads
  project::LogLines logged;
  int64_t started_ms = 0;  // 0 = it was not compiled
  int64_t rows = 0;
};

// `before_rollback`: it is called where the transaction would be committed, which is rolled back then.
void build_on_database(RunParts& parts, const plan::Step& step, TargetSession& target, Built& built,
                       const std::optional<Batch>& batch = std::nullopt,
                       const std::function<void()>& before_rollback = {});

struct BuiltBatch {
  project::TimeWindow window;
  Built built;
  std::optional<Error> error;
  bool done = false;  // false without an error: skipped, since the first one failed
};

// All batches of a microbatch model: the first, those between (side by side if the model allows it), the last. Throws
// Error{cancelled}.
std::vector<BuiltBatch> build_batches(RunParts& parts, const plan::Step& step, TargetSession& target);

}  // namespace weir::run
