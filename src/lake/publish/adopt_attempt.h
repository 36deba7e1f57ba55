// Attempts of kind adopt: a new beginning for the progress of an asset, without data.
#pragma once

#include "lake/publish/observed.h"
#include "lake/publish/publisher.h"
#include "lake/publish/tools.h"

namespace weir::lake::publish {

// A manifest of kind adopt over all tables of the asset that exist, as they are now. Cursor, floor, source, code and
// run are left to the caller. Error{adopt_refused} if the asset's first table does not exist.
Manifest adopt_plan(const Asset& asset, const Observed& seen);

// Prepares it and commits it to all tables.
Outcome commit_adoption(const Asset& asset, const Observed& seen, Manifest plan, SourcePosition* source,
                        const Tools& tools);

}  // namespace weir::lake::publish
