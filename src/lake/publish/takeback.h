// Undoing the head's commit: its files are gone, or a member of its group cannot follow it.
#pragma once

#include <string>

#include "lake/publish/asset.h"
#include "lake/publish/observed.h"
#include "lake/publish/tools.h"

namespace weir::lake::publish {

// Publishes the inverse of the head's commit, with the cursor and floor of the head's parent. Returns whether it
// landed; false: another runner was faster, look again. Error{data_lost} if the inverse cannot be made or the source
// can no longer give the records that it would have to give again.
bool take_back(const Asset& asset, const Observed& seen, const std::string& reason, SourcePosition* source,
               const Tools& tools);

}  // namespace weir::lake::publish
