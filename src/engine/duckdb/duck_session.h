// Session over one DuckDB connection.
#pragma once

#include <functional>
#include <memory>

#include "engine/duckdb/instance.h"
#include "engine/session.h"

namespace weir::engine::duck {

// `instance` gives the open DuckDB, a new one after an internal error: a session reconnects before its next statement,
// unless it is inside a transaction, which is lost with the old one.
std::unique_ptr<Session> make_session(std::function<std::shared_ptr<Instance>()> instance,
                                      std::shared_ptr<lake::Lake> lake, std::shared_ptr<StoreRegistry> stores,
                                      lake::ParquetIo& parquet, CancelToken cancel);

}  // namespace weir::engine::duck
