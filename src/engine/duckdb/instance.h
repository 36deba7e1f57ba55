// One open DuckDB: the process's budget of memory, threads and spill space.
#pragma once

#include <atomic>
#include <duckdb/main/database.hpp>
#include <memory>

#include "base/once.h"
#include "engine/duckdb/object_fs.h"
#include "engine/session.h"

namespace weir::engine::duck {

class Instance {
 public:
  Instance(const EngineOptions& options, std::shared_ptr<StoreRegistry> stores);
  duckdb::DuckDB& db() { return *db_; }
  const std::shared_ptr<StoreRegistry>& stores() const { return stores_; }
  // An internal error of DuckDB closes the instance for good.
  bool broken() const;
  // Opens the hidden database of kept_reads.h, once.
  void open_kept();
  std::atomic<int64_t> kept_bytes{0};  // of the rows that are kept
  std::atomic<uint64_t> kept_number{0};

 private:
  Once kept_opened_;
  std::shared_ptr<StoreRegistry> stores_;
  std::unique_ptr<duckdb::DuckDB> db_;
};

}  // namespace weir::engine::duck
