// Results of DuckDB as batches of the Arrow C data interface, and batches as a relation of DuckDB.
#pragma once

#include <duckdb/main/connection.hpp>
#include <duckdb/main/query_result.hpp>
#include <functional>
#include <memory>

#include "format/batch.h"

namespace weir::engine::duck {

// Throws the Error that a failed fetch means.
using RaiseError = std::function<void(const duckdb::ErrorData&)>;

// `keep` is whatever must outlive the stream (a connection of its own, registered stores).
std::unique_ptr<format::BatchStream> batches_of(duckdb::unique_ptr<duckdb::QueryResult> result,
                                                duckdb::ClientContext& context, RaiseError raise,
                                                std::shared_ptr<void> keep);

// A relation that reads the stream once, in order. The stream must outlive every use of the relation. An Error that the
// stream throws comes back from `failure` after the query has failed.
class BatchRelation {
 public:
  explicit BatchRelation(format::BatchStream& stream) : stream_(stream) {}
  duckdb::shared_ptr<duckdb::Relation> relation(duckdb::Connection& connection);
  const std::exception_ptr& failure() const { return failure_; }

 private:
  friend struct StreamShim;
  format::BatchStream& stream_;
  std::exception_ptr failure_;
};

}  // namespace weir::engine::duck
