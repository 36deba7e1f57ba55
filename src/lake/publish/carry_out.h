// From a prepared attempt to its end: guard, commit, next table, verify, finalise.
#pragma once

#include "lake/publish/commit_group.h"
#include "lake/publish/observed.h"
#include "lake/publish/publisher.h"
#include "lake/publish/tools.h"

namespace weir::lake::publish {

// The anchor took the attempt, but a member did not, or files turned out to be missing: inspect() must sort it out.
struct NeedsInspect {
  std::string why;
};

// `attempt.member_actions` must be set where its kind needs it. Throws what inspect() would throw if a foreign change
// is met after the anchor's commit.
std::variant<Published, Superseded, NeedsInspect> carry_out(const Asset& asset, GroupAttempt& attempt,
                                                            const StoreClock& clock, SourcePosition* source,
                                                            const Tools& tools);

// Versions in the order of the asset's tables (-1: the table is not part of the attempt).
std::vector<int64_t> versions_of(const Asset& asset, const Manifest& manifest, const std::vector<int64_t>& by_entry);

}  // namespace weir::lake::publish
