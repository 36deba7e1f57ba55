// Section "Finalise": acknowledge the source, as far as the head allows.
#pragma once

#include "lake/publish/observed.h"

namespace weir::lake::publish {

// Looks at the newest versions and acknowledges the head's ack_floor, unless a member is behind, a foreign change is
// found or files are known to be missing. Repeatable. Returns true if the source was (or already is) acknowledged up to
// the floor, or needs nothing.
bool finalise(const Asset& asset, const Observed& newest, SourcePosition* source);

}  // namespace weir::lake::publish
