// Which rows of a file a scan passes, by their positions; asked by DuckDB's Parquet reader for each batch.
#pragma once

#include <duckdb/common/multi_file/multi_file_data.hpp>
#include <memory>

#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/row_set.h"

namespace weir::engine::duck {

using RowFilter = duckdb::unique_ptr<duckdb::DeleteFilter>;

// Without what the file's deletion vector names, and without what a rewrite of the file leaves out; one of the two may
// be nullptr. `file` keeps the vector.
RowFilter rows_left(FilePtr file, const format::RowBitmap* deleted, std::shared_ptr<const RowSet> without,
                    size_t number);
// The rows of a set, all of which are live.
RowFilter rows_only(std::shared_ptr<const RowSet> rows, size_t number);
// The rows of one vector that are not in another (nullptr: all of them). The two files keep the vectors.
RowFilter rows_within(FilePtr within, const format::RowBitmap& changed, FilePtr file,
                      const format::RowBitmap* unchanged);

}  // namespace weir::engine::duck
