// table_changes('schema.table', from [, to]): the rows that a table's commits inserted, changed and deleted, with
// _change_type, _commit_version and _commit_timestamp (lake/change_feed.h says what counts as a change).
//
// A feed is scanned like a table: its files are those of the changes, and the three columns are partition columns of
// them, so that filters on them leave files out. Only in change data files _change_type is a column like others. From
// and to are versions (whole numbers) or times; staged changes of the transaction are not part of it.
#pragma once

#include <duckdb/common/multi_file/multi_file_data.hpp>
#include <duckdb/main/connection.hpp>
#include <memory>
#include <vector>

#include "engine/duckdb/lake_table.h"
#include "lake/change_feed.h"

namespace weir::engine::duck {

// Which rows of the files of a feed changed.
class ChangedRows {
 public:
  explicit ChangedRows(const lake::ChangeFeed& feed);
  // Passes the changed rows of a file; nullptr = all rows that its deletion vector leaves. Reads deletion vectors.
  duckdb::unique_ptr<duckdb::DeleteFilter> within(const TableState& feed, size_t number) const;
  // A file of the feed could not be opened: Error{files_gone} if it is not there any more.
  void check_there(const TableState& feed, size_t number) const;

 private:
  std::vector<FilePtr> within_;  // by file number, with the vector that names the rows; nullptr = all rows
  std::vector<int64_t> versions_;
};

// The feed as something to scan: the table at the last version, with the feed's files and columns.
StatePtr state_of(const TableState& table, const lake::ChangeFeed& feed);

// Once per database, before the first statement.
void register_change_feed(duckdb::Connection& connection);

}  // namespace weir::engine::duck
