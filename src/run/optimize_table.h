// Writing files of a table anew, in commits of their own that change no row (lake/optimize.h says which files).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "engine/session.h"
#include "lake/lake.h"
#include "lake/optimize.h"

namespace weir::run {

struct OptimizeRequest {
  lake::OptimizeOptions plan;
  std::string where;       // the user's words for plan.wanted, for the table's history; "" = all partitions
  bool automatic = false;  // likewise: nobody asked for it
  std::function<void(size_t files_left)> progress = [](size_t) {};  // before each commit
};

struct Optimized {
  size_t commits = 0;
  size_t files_before = 0, files_after = 0;  // of the table
  size_t files_rewritten = 0;
  int64_t bytes_rewritten = 0;
  int64_t version = 0;  // of the table afterwards
};

// One commit moves at most 8 GB, or what must be put in order together: so much is done again at worst if it is
// stopped, or if a rival changes the same files. Then the rest is planned again.
//
// Throws the refusals of plan_optimize, Error{superseded} if rivals won again and again, Error{store_unknown} if the
// store did not answer a commit; what was committed before stays in each case.
Optimized optimize_table(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake, const lake::TableName& table,
                         const OptimizeRequest& request, const CancelToken& cancel);

}  // namespace weir::run
