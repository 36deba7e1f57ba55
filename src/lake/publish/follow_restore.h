// on_restore: follow — another engine restored the tables to an older state, and weir takes its cursor along.
#pragma once

#include <optional>
#include <string>

#include "lake/publish/observed.h"
#include "lake/publish/publisher.h"
#include "lake/publish/tools.h"

namespace weir::lake::publish {

struct NotFollowed {
  std::string why;
  std::string hint;  // the way out if it is another than for any change by other writers; else ""
};

// If every table of the asset stands at the same attempt n, writes an adopt attempt over all of them with the cursor of
// n; the rows after it are read again. A table stands at n if its last destructive commit is a RESTORE to a version of
// attempt n that was clean, or if none came over it and it holds the files that attempt n left in it. The manifest of n
// must be kept, and the source must still have what follows. Tables that lack the head's attempt, and that nobody
// touched, take it first.
//
// Returns why it cannot; nullopt when it did something or was overtaken: look again.
std::optional<NotFollowed> follow_restore(const Asset& asset, const Observed& seen, SourcePosition* source,
                                          const Publisher::Restage& restage, const Tools& tools);

}  // namespace weir::lake::publish
