// The files of a lake table that a scan reads: those that filters leave. Planning opens none of them.
#pragma once

#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/function/table_function.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "engine/duckdb/change_feed.h"
#include "engine/duckdb/lake_scan.h"
#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/lake_transaction.h"
#include "lake/predicate.h"

namespace weir::engine::duck {

// What a scan function knows of its scan.
struct ScanInfo final : public duckdb::TableFunctionInfo {
  StatePtr state;
  duckdb::optional_ptr<duckdb::TableCatalogEntry> entry;
  ScanPart part;
  std::shared_ptr<const ChangedRows> changed;  // of a change feed, else nullptr
  std::shared_ptr<ReadMark> mark;              // nullptr for rewrites: what they read was read before
  duckdb::table_function_init_global_t parquet_init_global = nullptr;
  duckdb::table_function_t parquet_scan = nullptr;
};

class LakeFileList final : public duckdb::MultiFileList {
 public:
  // `keep`: numbers in the state's files, ascending; `predicate`: what has left the others out.
  LakeFileList(duckdb::ClientContext& context, duckdb::shared_ptr<ScanInfo> info, std::vector<size_t> keep,
               lake::Predicate predicate)
      : context_(context), info_(std::move(info)), keep_(std::move(keep)), predicate_(std::move(predicate)) {}
  static duckdb::shared_ptr<LakeFileList> whole(duckdb::ClientContext& context,
                                                const duckdb::shared_ptr<ScanInfo>& info);

  const std::vector<size_t>& kept() const { return keep_; }
  const TableState& state() const { return *info_->state; }
  const DataFile& file(size_t number) const { return *state().files()[number]; }
  bool whole_table() const { return keep_.size() == state().files().size() && predicate_.everything(); }

  void note_read() const;    // in the transaction's read set
  void report_read() const;  // called when a plan is shown: these files are what is left of the table in the end
  bool file_excluded(duckdb::ClientContext& context, size_t number, duckdb::column_t column,
                     const duckdb::TableFilter& filter) const;

  duckdb::unique_ptr<duckdb::MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options, duckdb::MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(duckdb::ClientContext& context,
                                                                  const duckdb::MultiFileOptions& options,
                                                                  const duckdb::vector<duckdb::string>& names,
                                                                  const duckdb::vector<duckdb::LogicalType>& types,
                                                                  const duckdb::vector<duckdb::column_t>& ids,
                                                                  duckdb::TableFilterSet& filters) const override;
  duckdb::vector<duckdb::OpenFileInfo> GetAllFiles() const override;
  duckdb::FileExpandResult GetExpandResult() const override;
  duckdb::idx_t GetTotalFileCount() const override { return keep_.size(); }
  duckdb::unique_ptr<duckdb::NodeStatistics> GetCardinality(duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> Copy() const override;

 protected:
  duckdb::OpenFileInfo GetFile(duckdb::idx_t i) const override;

 private:
  using ColumnOf = std::function<duckdb::column_t(duckdb::idx_t position)>;
  // Each condition alone, one after the other: what a plan decides together is told apart here.
  void explain(duckdb::ClientContext& context, duckdb::MultiFilePushdownInfo& info,
               const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters, ScanReport& report) const;
  void prune(duckdb::ClientContext& context, const duckdb::TableFilterSet& set, std::vector<size_t>& keep,
             lake::Predicate& predicate, const ColumnOf& column_of) const;
  std::vector<size_t> files_of_part() const;
  // A condition on partition columns alone is decided for each file, whatever its form.
  void prune_by_partition(duckdb::ClientContext& context, duckdb::MultiFilePushdownInfo& info,
                          const duckdb::Expression& filter, std::vector<size_t>& keep) const;

  duckdb::ClientContext& context_;
  duckdb::shared_ptr<ScanInfo> info_;
  std::vector<size_t> keep_;
  lake::Predicate predicate_;
};

}  // namespace weir::engine::duck
