// Rows of a lake table into Parquet files: its data files, or its change data files (_change_data/, with the column
// _change_type behind the others).
//
// Files are zstd level 1, V1 pages, row groups of 122,880 rows, and a new file is begun after delta.targetFileSize (128
// MiB). Threads share one file; rows of a partitioned table come sorted by partition and each thread has at most one
// file open, so memory does not grow with the number of partitions.
#pragma once

#include <atomic>
#include <duckdb/function/copy_function.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/duckdb/lake_transaction.h"

namespace weir::engine::duck {

enum class FilesHold { data, changes };

class RowFiles {
 public:
  // `columns` and `schema` are the table's, in the same order. `tracked`: rows carry row id and row commit version.
  RowFiles(duckdb::ClientContext& context, std::vector<LakeColumn> columns, lake::Schema schema,
           std::map<std::string, std::string> configuration, FilesHold hold, bool tracked);
  ~RowFiles();
  // The rows come in an order that their files should have, and are all of one partition: one file after the other is
  // filled, as for an unpartitioned table. Threads take turns, so the rows about a file's end may be on either side of
  // it. The files belong to the cube, if there is one.
  void keep_order(std::optional<lake::Cube> cube);

  struct OpenFile;
  struct Global {
    LakeTransaction* transaction = nullptr;
    StatePtr state;
    std::mutex mutex;
    std::shared_ptr<OpenFile> current;        // that threads share
    duckdb::vector<duckdb::Value> partition;  // of all rows, if threads share a file of a partitioned table
    std::vector<FilePtr> written;             // as adds of the log
    uint64_t bytes = 0;
  };
  struct Local {
    duckdb::unique_ptr<duckdb::LocalFunctionData> rows;
    duckdb::DataChunk data;             // the columns that go into the file
    std::shared_ptr<OpenFile> current;  // of a partitioned table
    duckdb::vector<duckdb::Value> partition;
  };
  void start(duckdb::ExecutionContext& context, Local& local) const;
  // Columns of `rows`: the table's; where rows carry them row id and row commit version (BIGINT, NULL = new); where
  // they carry it the kind of change (VARCHAR), always the last one.
  void sink(duckdb::ExecutionContext& context, Global& global, Local& local, duckdb::DataChunk& rows) const;
  void combine(duckdb::ExecutionContext& context, Global& global, Local& local) const;
  void finish(duckdb::ClientContext& context, Global& global) const;

 private:
  std::shared_ptr<OpenFile> open(duckdb::ClientContext& context, Global& global,
                                 const duckdb::vector<duckdb::Value>& partition) const;
  void close(duckdb::ClientContext& context, Global& global, OpenFile& file) const;
  void note_nan(OpenFile& file, duckdb::DataChunk& data) const;
  void with_shared_file(duckdb::ClientContext& context, Global& global,
                        const std::function<void(OpenFile&)>& use) const;
  duckdb::vector<duckdb::Value> partition_of(duckdb::DataChunk& rows, duckdb::idx_t row) const;
  bool shares_files() const { return partition_.empty() || ordered_; }
  void close_partition(duckdb::ExecutionContext& context, Global& global, Local& local) const;
  void sink_partitioned(duckdb::ExecutionContext& context, Global& global, Local& local, duckdb::DataChunk& rows) const;
  std::string stats_of(OpenFile& file) const;
  bool is_full(OpenFile& file) const;
  duckdb::FunctionData& bind() const { return const_cast<duckdb::FunctionData&>(*bind_); }

  std::vector<LakeColumn> columns_;
  lake::Schema schema_, stored_;
  std::map<std::string, std::string> configuration_;
  FilesHold hold_;
  duckdb::CopyFunction function_;
  duckdb::unique_ptr<duckdb::FunctionData> bind_;
  std::vector<size_t> data_, partition_;  // places in the rows
  duckdb::vector<duckdb::LogicalType> data_types_;
  uint64_t target_bytes_;
  bool ordered_ = false;
  std::optional<lake::Cube> cube_;
};

}  // namespace weir::engine::duck
