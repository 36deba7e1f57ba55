// Parquet files, read and written by whoever has an engine: lake/ decides what, engine/ does how.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "format/batch.h"
#include "store/object_store.h"

namespace weir::lake {

class ParquetIo {
 public:
  virtual ~ParquetIo() = default;

  // All rows of the object, top-level columns in the file's order or, if `columns` is not empty, those of them that
  // exist. Throws Error{bad_parquet} naming the key if the file is damaged or not Parquet.
  virtual std::unique_ptr<format::BatchStream> read(store::ObjectStore& store, const std::string& key,
                                                    const std::vector<std::string>& columns = {}) = 0;
  // Writes all batches as one durable object (zstd). Returns its size in bytes.
  virtual uint64_t write(store::ObjectStore& store, const std::string& key, format::BatchStream& rows) = 0;
};

}  // namespace weir::lake
