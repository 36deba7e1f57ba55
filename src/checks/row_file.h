// Rows that leave one session for another: a Parquet file beside every table, gone with its object.
#pragma once

#include <string>
#include <vector>

#include "checks/compare.h"
#include "engine/session.h"

namespace weir::checks {

class RowFile {
 public:
  // Writes the rows of `relation`, whose columns are `columns`, into a new file in `folder`, which is made if need be.
  RowFile(engine::Session& session, const std::string& relation, std::vector<engine::ColumnInfo> columns,
          const std::string& folder);
  ~RowFile();
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;
  // What was written, under the columns' own types.
  ComparedSide side() const;

 private:
  std::string path_;
  std::vector<engine::ColumnInfo> columns_;
};

}  // namespace weir::checks
