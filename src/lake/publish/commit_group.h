// Sections "Guard" and "Commit": a prepared attempt becomes the next commit of each table of its group, or is
// abandoned.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lake/commit.h"
#include "lake/publish/asset.h"
#include "lake/publish/manifest.h"
#include "lake/publish/store_clock.h"

namespace weir::lake::publish {

// A prepared attempt on its way into its tables. The vectors are parallel to manifest.tables.
struct GroupAttempt {
  Manifest manifest;  // with its actions
  std::vector<TableLocation> locations;
  std::vector<std::shared_ptr<const Snapshot>> snapshots;  // the newest seen so far; nullptr = did not exist
  std::vector<ReadSet> reads;                              // what the step read, without the appId
  bool error_on_change = false;                            // on_foreign_change: error
  bool resumed = false;                                    // taken up after another runner, or after a crash
  // For rollback and takeback: the actions that bring a member where the anchor went, as of `newest`. A text says why
  // the member cannot follow.
  std::function<std::variant<std::vector<Action>, std::string>(size_t table, std::shared_ptr<const Snapshot> newest)>
      member_actions;
};

struct TableDone {
  int64_t version = 0;                     // that carries the attempt
  int64_t commit_ms = 0;                   // the store's time
  bool unknown = false;                    // an answer was lost on the way
  std::shared_ptr<const Snapshot> before;  // what the commit was put upon; nullptr: created, or found already done
  bool put_here = false;                   // by this call
};
struct Abandoned {
  enum class Why {
    superseded,  // the txn is not what it must be, or history since the plan is foreign: look again
    conflict,    // Delta's conflict rules, or the actions cannot be built any more: this table cannot take the attempt
    too_old,     // past the deadline
  };
  Why why = Why::superseded;
  std::string text;
};
using TableOutcome = std::variant<TableDone, Abandoned>;

// One table of the group; 0 is the anchor, whose commit is the decision. Throws Error{store_unknown} if the store never
// tells.
TableOutcome commit_table(GroupAttempt& attempt, size_t table, const StoreClock& clock, ParquetIo& parquet,
                          store::Clock& wait);

}  // namespace weir::lake::publish
