// What a version of a Delta table does to the files that an Iceberg snapshot names.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lake/action.h"
#include "lake/snapshot.h"

namespace weir::lake::iceberg {

// It refers to the actions that it was made of. Files are known by their URIs (file_uri).
struct Change {
  int64_t version = 0;
  int64_t time_ms = 0;
  std::vector<const Add*> added;    // files that the snapshot names anew
  std::set<std::string> gone;       // of removed files, and of those that are added again
  std::vector<const Add*> vectors;  // files that get a deletion vector
  std::set<std::string> bare;       // of files whose deletion vector, if they had one, is no more
  std::optional<int64_t> highest_row_id = std::nullopt;
  bool removes = false, data_change = false;
  bool whole = false;  // `added` is all that is live
};

// `format_version`: from version 3 on a file that gets another deletion vector stays as it is.
Change change_of(const TableLocation& table, const CommitFile& commit, int64_t format_version);
// To the files of a snapshot, whatever was before.
Change change_to(const Snapshot& snapshot);

}  // namespace weir::lake::iceberg
