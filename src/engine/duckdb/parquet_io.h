// lake::ParquetIo by DuckDB.
#pragma once

#include <deque>
#include <duckdb/common/types.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lake/parquet_io.h"

namespace weir::engine::duck {

class Instance;
class OpenObject;

class DuckParquetIo final : public lake::ParquetIo {
 public:
  // `instance` opens DuckDB when it is first needed.
  explicit DuckParquetIo(std::function<std::shared_ptr<Instance>()> instance) : instance_(std::move(instance)) {}
  std::unique_ptr<format::BatchStream> read(store::ObjectStore& store, const std::string& key,
                                            const std::vector<std::string>& columns) override;
  std::unique_ptr<format::BatchStream> select(store::ObjectStore& store, const std::string& key,
                                              const lake::ParquetSelection& selection) override;
  bool scan(store::ObjectStore& store, const std::string& key, const lake::ParquetSelection& selection,
            const std::function<void(const format::ArrowView& rows)>& take) override;
  lake::ParquetFacts facts(store::ObjectStore& store, const std::string& key) override;  // parquet_facts.cpp
  uint64_t write(store::ObjectStore& store, const std::string& key, format::BatchStream& rows) override;

 private:
  // The columns of an object that was opened lately, as `SELECT *` gives them: a checkpoint is read several times.
  struct Columns {
    std::string object;  // where it is, and its etag
    std::vector<std::string> names;
    std::vector<duckdb::LogicalType> types;
  };
  std::shared_ptr<const Columns> columns_of(const OpenObject& object, const std::string& key);

  std::function<std::shared_ptr<Instance>()> instance_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const Columns>> lately_;
};

}  // namespace weir::engine::duck
