// lake::ParquetIo by DuckDB.
#pragma once

#include <functional>
#include <memory>

#include "lake/parquet_io.h"

namespace weir::engine::duck {

class Instance;

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
  std::function<std::shared_ptr<Instance>()> instance_;
};

}  // namespace weir::engine::duck
