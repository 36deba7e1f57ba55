// The border between DuckDB's exceptions and weir::Error.
//
// DuckDB flattens foreign exceptions to text, so an Error that leaves one of our callbacks is parked here first;
// whoever called DuckDB gets it back whole. DuckDB's own errors become Errors with a code per class, the place in the
// SQL and candidates.
#pragma once

#include <duckdb/common/error_data.hpp>
#include <duckdb/common/exception.hpp>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace weir::engine::duck {

// Thread-safe: callbacks run on DuckDB's worker threads, where several may fail at once; which of their errors DuckDB
// reports is chance.
class ErrorPark {
 public:
  void put(const Error& error);
  void clear();
  bool holds(std::string_view message);  // an error that `message`, what DuckDB reports, came from
  // The parked error that `message`, what DuckDB reports, came from; forgets all others too.
  std::optional<Error> take(std::string_view message);

 private:
  std::mutex mutex_;
  std::vector<Error> errors_;
};

// Runs `call` inside a callback of DuckDB: an Error is parked (if there is a park) and goes on as an exception DuckDB
// knows.
template <class Call>
auto across(ErrorPark* park, Call&& call) -> decltype(call()) {
  try {
    return std::forward<Call>(call)();
  } catch (const Error& error) {
    if (park) park->put(error);
    throw duckdb::IOException(duckdb::string(error.message()));
  }
}

// DuckDB's error as ours. `sql` is the text that positions refer to ("" = no place is given); `park` may be nullptr.
Error translated(const duckdb::ErrorData& data, std::string_view sql, ErrorPark* park);
Error translated(const std::exception& exception, std::string_view sql, ErrorPark* park);

// Line and column of a byte in a text, with the line itself.
Span span_at(std::string_view text, size_t offset);

}  // namespace weir::engine::duck
