// Parquet files, read and written by whoever has an engine: lake/ decides what, engine/ does how.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "format/arrow_view.h"
#include "format/batch.h"
#include "lake/schema.h"
#include "lake/stats_writer.h"
#include "store/object_store.h"

namespace weir::lake {

// What the footer of a file tells.
struct ParquetFacts {
  std::vector<Field> columns;  // every one nullable
  int64_t rows = 0;
  std::map<std::string, LeafStats> leaves;  // of those that have statistics, by dotted path through structs
};

// Which part of an object is read: fields of structs too, each by its names from the top ({"add", "path"}).
struct ParquetSelection {
  using Path = std::vector<std::string>;
  struct Rows {
    int64_t first = 0, last = 0;  // positions in the object, both included
  };
  std::vector<Path> fields;
  std::vector<Path> present;  // rows in which all of these are null may be left out; empty = no matter
  std::optional<Rows> rows;   // rows outside may be left out; nullopt = all
};

class ParquetIo {
 public:
  virtual ~ParquetIo() = default;

  // All rows of the object, top-level columns in the file's order or, if `columns` is not empty, those of them that
  // exist. Throws Error{bad_parquet} naming the key if the file is damaged or not Parquet.
  virtual std::unique_ptr<format::BatchStream> read(store::ObjectStore& store, const std::string& key,
                                                    const std::vector<std::string>& columns = {}) = 0;
  // The selected fields as columns of their own: "0", "1", … by their place in `selection.fields`, those that the
  // object does not have left out, and "row", the row's position in the object. Rows come in the object's order. A
  // field is null where the struct that holds it is. nullptr if the object has none of the fields. Throws as read()
  // does. May be called by several threads at once.
  virtual std::unique_ptr<format::BatchStream> select(store::ObjectStore& store, const std::string& key,
                                                      const ParquetSelection& selection) = 0;
  // The same, handed over as it is read: `take` is called by several threads at once, for rows in any order; those of
  // one call follow each other as in the object. False if the object has none of the fields. What `take` throws comes
  // back, once. This one calls select().
  virtual bool scan(store::ObjectStore& store, const std::string& key, const ParquetSelection& selection,
                    const std::function<void(const format::ArrowView& rows)>& take);
  // Reads the footer only. Throws Error{bad_parquet}, and Error{sql_type_not_in_delta} naming the column if a type has
  // no counterpart in Delta that every engine reads from such a file.
  virtual ParquetFacts facts(store::ObjectStore& store, const std::string& key) = 0;
  // Writes all batches as one durable object (zstd). Returns its size in bytes.
  virtual uint64_t write(store::ObjectStore& store, const std::string& key, format::BatchStream& rows) = 0;
};

}  // namespace weir::lake
