// The rows of a checkpoint or of a sidecar of one (Delta protocol, "Checkpoint Schema"), made batch by batch.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "format/arrow_builder.h"
#include "lake/file_list.h"
#include "lake/parsed_columns.h"
#include "lake/snapshot.h"

namespace weir::lake {

enum class CheckpointForm {
  classic,      // form V1: everything
  v2,           // form V2: everything, but no file actions where there are sidecars
  sidecar_file  // file actions only
};

struct CheckpointContent {
  CheckpointForm form = CheckpointForm::classic;
  std::vector<Sidecar> sidecars;
  std::vector<size_t> files;  // positions in the snapshot's list
  std::vector<const Remove*> tombstones;
  size_t file_actions() const { return files.size() + tombstones.size(); }
};

class CheckpointRows final : public format::BatchStream {
 public:
  // The snapshot, and the tombstones named, must outlive the stream.
  CheckpointRows(const Snapshot& snapshot, CheckpointContent content);

  const format::BatchSchema& schema() const override { return schema_; }
  std::optional<format::Batch> next() override;

 private:
  enum Column : size_t { txn, add, remove, metadata, protocol, domain, checkpoint_metadata, sidecar };
  static std::vector<Column> columns_of(CheckpointForm form);
  format::ArrowType column_type(Column column) const;
  format::ArrowType row_type() const;
  format::ArrowBuilder& at(Column column);
  void append_head();
  void append_metadata();
  void append_file(size_t index);
  void append_tombstone(const Remove& remove);
  void end_row(Column column);  // every other column is null

  const Snapshot& snapshot_;
  CheckpointContent content_;
  std::vector<Column> columns_;
  std::shared_ptr<const FileList> files_;
  bool stats_as_json_, stats_as_struct_;
  ParsedStats parsed_stats_;
  ParsedPartitions parsed_partitions_;
  format::ArrowBuilder rows_;
  format::BatchSchema schema_;
  bool head_done_;
  size_t next_file_ = 0, next_tombstone_ = 0;
};

// A text that two checkpoints have in common if the rows of their files are alike: same columns, same statistics.
std::string checkpoint_layout(const Metadata& metadata);

}  // namespace weir::lake
