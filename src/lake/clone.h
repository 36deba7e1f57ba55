// Shallow clones: a new table that begins with the data files of another one, without a copy of them.
//
// Its first commit names the files, and the deletion vectors, by absolute URIs. What is written to the clone later lies
// in its own folder, and neither table knows of the other: a vacuum of the source removes files that only the clone
// still needs.
#pragma once

#include <cstdint>
#include <string>

#include "lake/commit.h"
#include "lake/snapshot.h"

namespace weir::lake {

struct Clone {
  CommitDraft draft;  // of version 0
  int64_t files = 0, bytes = 0;
};

// Schema, properties, features and clustering are the source's; id, row ids and the progress of applications (txn) are
// not. `source_name` is for the history.
//
// A clone is made only of files that whoever opens it may open: Error{path_outside} if one lies outside of `lake_uri`.
Clone plan_clone(const Snapshot& source, const std::string& source_name, const std::string& lake_uri, int64_t now_ms);

}  // namespace weir::lake
