// `build --verify-deterministic`: a table built once more, from the same inputs, and compared with what is published.
//
// The one that is compared with is built first, in a transaction of its own on the target, which is rolled back: its
// rows are kept in a file beside every table until then. What is published is built afterwards, as always. Views have
// no rows; seeds and sources are read, not computed; snapshots note the time at which they run: none of these is built
// twice. On a database neither are models whose statements cannot be taken back: custom materialisations, external
// ones, batches, hooks outside of the transaction.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "checks/row_file.h"
#include "plan/plan.h"
#include "run/parts.h"

namespace weir::run {

// Whether the run asks for it and the step is one that can be built twice.
bool is_built_twice(const RunParts& parts, const plan::Step& step);

class SecondBuild {
 public:
  SecondBuild(const RunParts& parts, const project::Node& node) : parts_(parts), node_(node) {}
  // The rows of the node's relation as the session sees them.
  void keep(engine::Session& session);
  // In place of rows: why there are none.
  void failed(const std::string& why) { failure_ = why; }
  // The same relation now, built again. Notes in the result what came of it.
  void compare(engine::Session& session, StepResult& result) const;

 private:
  const RunParts& parts_;
  const project::Node& node_;
  std::unique_ptr<checks::RowFile> rows_;
  std::optional<std::string> failure_;
};

}  // namespace weir::run
