// The rows of a checkpoint (Delta protocol, "Checkpoint Schema"), made batch by batch from a snapshot: of form V1, or
// of form V2 with all files in it and no sidecars.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "format/arrow_builder.h"
#include "lake/file_list.h"
#include "lake/parsed_columns.h"
#include "lake/snapshot.h"

namespace weir::lake {

class CheckpointRows final : public format::BatchStream {
 public:
  // Tombstones removed before `tombstones_from_ms` are left out. The snapshot must outlive the stream.
  CheckpointRows(const Snapshot& snapshot, int64_t tombstones_from_ms, bool v2 = false);

  const format::BatchSchema& schema() const override { return schema_; }
  std::optional<format::Batch> next() override;

  int64_t action_count() const;  // of the whole checkpoint
  int64_t add_count() const { return static_cast<int64_t>(files_->size()); }

 private:
  format::ArrowType row_type() const;
  void append_head();
  void append_file(size_t index);
  void append_tombstone(const Remove& remove);
  void end_row(size_t column);  // every other column is null

  const Snapshot& snapshot_;
  std::shared_ptr<const FileList> files_;
  std::vector<const Remove*> tombstones_;
  bool v2_, stats_as_json_, stats_as_struct_;
  ParsedStats parsed_stats_;
  ParsedPartitions parsed_partitions_;
  format::ArrowBuilder rows_;
  format::BatchSchema schema_;
  bool head_done_ = false;
  size_t next_file_ = 0, next_tombstone_ = 0;
};

}  // namespace weir::lake
