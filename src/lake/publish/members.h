// How a table of a group takes an attempt that other tables already hold.
#pragma once

#include "lake/publish/commit_group.h"
#include "lake/publish/observed.h"
#include "lake/publish/publisher.h"
#include "lake/publish/tools.h"

namespace weir::lake::publish {

// The attempt of the head, ready to go on in the tables that are behind: places and newest versions from `seen`,
// actions loaded, reads as careful as the manifest allows (what was not a blind append counts as having read the whole
// table).
GroupAttempt attempt_of(const Asset& asset, const Observed& seen, Manifest manifest);

// Gives GroupAttempt::member_actions for a rollback or takeback.
void set_member_actions(GroupAttempt& attempt, const Tools& tools);

struct Followed {};
struct CannotFollow {
  std::string why;
};
struct LookAgain {};  // somebody else moved the table meanwhile
// Brings every table that is behind to the head's attempt. `restage` (may be empty) is asked for members whose staged
// files are gone.
std::variant<Followed, CannotFollow, LookAgain> follow(const Asset& asset, const Observed& seen,
                                                       const Publisher::Restage& restage, const Tools& tools);

}  // namespace weir::lake::publish
