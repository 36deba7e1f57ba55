// on_restore: follow — another engine restored the table to an older version, and weir takes its cursor along.
#pragma once

#include "lake/publish/observed.h"
#include "lake/publish/publisher.h"
#include "lake/publish/tools.h"

namespace weir::lake::publish {

// If the last destructive commit is a RESTORE to a version that was clean and whose manifest is kept, writes an adopt
// attempt with that manifest's cursor; the rows after it are read again. Returns why it cannot, or "" when it did (or
// was overtaken: look again in both cases).
std::string follow_restore(const Asset& asset, const Observed& seen, SourcePosition* source, const Tools& tools);

}  // namespace weir::lake::publish
