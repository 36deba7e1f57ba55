// Damaged data files, named: what DuckDB's Parquet reader throws over one often tells no name.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <new>
#include <string>

#include "base/text.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/lake_table.h"

namespace weir::engine::duck {

// Runs `call`, a part of the Parquet reader, for a table. If Thrift throws, or DuckDB an exception of one of these
// kinds that names no file and does not come from our side of the border, it becomes Error{bad_parquet} about the file
// that `file_read` gives, a const DataFile* (nullptr: not known; the exception goes on as it is).
template <class FileRead, class Call>
auto naming_damaged_file(ErrorPark& park, const lake::TableName& table,
                         std::initializer_list<duckdb::ExceptionType> kinds, FileRead file_read, Call call)
    -> decltype(call()) {
  const DataFile* file = nullptr;
  std::string what;
  try {
    return call();
  } catch (const duckdb::Exception& failure) {
    const duckdb::ErrorData data(failure);
    what = data.RawMessage();
    file = std::find(kinds.begin(), kinds.end(), data.Type()) != kinds.end() ? file_read() : nullptr;
    if (!file || what.find(file->add().path) != std::string::npos || park.holds(what)) throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& failure) {
    what = failure.what();
    file = file_read();
    if (!file) throw;
  }
  return across(&park, [&]() -> decltype(call()) {
    throw Error(ErrorCode::bad_parquet,
                "data file " + file->add().path + " of " + table.text() + " is damaged: " + valid_utf8(what));
  });
}

}  // namespace weir::engine::duck
