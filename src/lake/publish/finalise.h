// Section "Finalise": acknowledge the source, as far as the head allows.
#pragma once

#include <string>
#include <vector>

#include "lake/publish/observed.h"

namespace weir::lake::publish {

// Files that the head's commits added, that nobody removed since, and that the store does not have.
std::vector<std::string> missing_of_head(const Observed& seen);

// Acknowledges the ack_floor of the head that `newest` shows, unless a member is behind or a foreign change is found.
// Whoever calls it has made sure that the files of that head are there. Repeatable. Returns true if the source was (or
// already is) acknowledged up to the floor, or needs nothing.
bool finalise(const Asset& asset, const Observed& newest, SourcePosition* source);

}  // namespace weir::lake::publish
