// What a step has written but not published: files that nobody sees yet, and the actions that would publish them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lake/commit.h"
#include "lake/lake.h"

namespace weir::lake {

enum class WriteMode { append, overwrite, merge, metadata_only };

struct StagedTable {
  TableName name;
  TableLocation location;
  std::shared_ptr<const Snapshot> base;  // nullptr: the table does not exist yet
  CommitDraft draft;                     // actions, reads, operation
  WriteMode mode = WriteMode::append;
  int64_t rows_added = 0, rows_removed = 0;
  uint64_t bytes_added = 0;
  int64_t oldest_file_ms = 0;  // the store's time of the oldest staged file; 0 = none
};

struct StagedView {
  TableName name;
  std::optional<ViewEntry> entry;  // nullopt = drop
  bool function = false;           // it is one, and no view
};

struct Staged {
  std::vector<StagedTable> tables;
  std::vector<StagedView> views;
};

}  // namespace weir::lake
