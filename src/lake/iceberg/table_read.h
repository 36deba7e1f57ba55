// An Iceberg table of any writer at one of its snapshots, in the lake's own terms: its columns mapped by id, its files
// as a Delta log would tell of them, and what takes rows of them away.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/once.h"
#include "format/avro.h"
#include "format/row_bitmap.h"
#include "lake/action.h"
#include "lake/iceberg/metadata_read.h"
#include "lake/parquet_io.h"

namespace weir::lake::iceberg {

// A data file, or a file of equality deletes.
struct ReadFile {
  Add add;           // with statistics and, where a deletion vector is for it, that
  std::string uri;   // to be opened by; "" if it lies in the table's folder
  std::string path;  // as the metadata has it
  int64_t sequence_number = 0;
  std::string partition;  // spec and values: equal texts for equal partitions
  bool unpartitioned = false;
  std::vector<size_t> position_deletes;  // places in ReadTable::position_deletes
  // What its partition says of columns, by their names: their value where the file does not hold them.
  std::map<std::string, format::avro::Value> partition_values;
};

// Rows are gone that equal, in these fields, a row of a file that is newer than theirs and of their partition, or of
// none.
struct EqualityDeletes {
  Schema key;  // the fields, each by its id
  std::vector<ReadFile> files;
};

struct ReadTable {
  ReadMetadata source;
  int64_t snapshot_id = -1;  // -1: none yet
  Metadata metadata;  // columns mapped by id; partition columns are those whose value every file's partition tells
  std::vector<ReadFile> files;
  std::vector<std::string> position_deletes;  // Parquet files, as the metadata has their paths
  std::vector<EqualityDeletes> equality_deletes;
};

// Throws Error{bad_iceberg}, Error{bad_avro}, Error{iceberg_unsupported} naming the file, Error{no_such_version}.
// `path`, `version` and `guard` as read_metadata takes them.
ReadTable read_table(const std::string& path, const SnapshotSpec& spec, const std::string& version = {},
                     PlaceGuard guard = {});

// The rows that position delete files take away; each file is read when first asked for. Thread-safe.
class PositionDeletes {
 public:
  PositionDeletes(ReadMetadata source, const std::vector<std::string>& files, ParquetIo& parquet);
  // Of the data file of this path, by the files at these places.
  format::RowBitmap of(const std::string& path, const std::vector<size_t>& places) const;

 private:
  struct File {
    std::string path;
    Once read;
    std::map<std::string, format::RowBitmap> rows;  // by data file
  };
  const std::map<std::string, format::RowBitmap>& rows_of(File& file) const;

  ReadMetadata source_;
  std::vector<std::unique_ptr<File>> files_;
  ParquetIo& parquet_;
};

}  // namespace weir::lake::iceberg
