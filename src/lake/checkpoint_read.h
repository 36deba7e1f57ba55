// Reading checkpoints (Delta protocol, "Checkpoint Schema"): V1 in one or several parts, V2 as Parquet or JSON, with or
// without sidecars; Parquet through ParquetIo.
//
// A damaged part (unreadable, or columns of a wrong type) is Error{bad_parquet} naming it, a missing one
// Error{store_not_found}: another way to the version may exist. What the parts say is not judged here.
#pragma once

#include <optional>
#include <vector>

#include "lake/file_list.h"
#include "lake/log_listing.h"

namespace weir::lake {

// Everything but the files; reads no file columns.
struct CheckpointHead {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<Txn> txns;
  std::vector<DomainMetadata> domains;
};
CheckpointHead read_checkpoint_head(const TableLocation& table, const LogCheckpoint& checkpoint, ParquetIo& parquet);

std::shared_ptr<const FileList> read_checkpoint_files(const TableLocation& table, const LogCheckpoint& checkpoint,
                                                      ParquetIo& parquet);
std::vector<Remove> read_checkpoint_tombstones(const TableLocation& table, const LogCheckpoint& checkpoint,
                                               ParquetIo& parquet);
// As the checkpoint gives them.
std::vector<Sidecar> read_sidecars(const TableLocation& table, const LogCheckpoint& checkpoint, ParquetIo& parquet);
// Keys of the sidecars that hold a part of its files.
std::vector<std::string> checkpoint_sidecars(const TableLocation& table, const LogCheckpoint& checkpoint,
                                             ParquetIo& parquet);

}  // namespace weir::lake
