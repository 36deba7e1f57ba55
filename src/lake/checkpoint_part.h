// One Parquet object of a checkpoint, a part of it or a sidecar, read column by column (Delta protocol, "Checkpoint
// Schema"). Errors are those of checkpoint_read.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lake/file_list.h"
#include "lake/parquet_io.h"
#include "store/object_store.h"

namespace weir::lake {

struct CheckpointPart {
  std::shared_ptr<store::ObjectStore> store;
  std::string key;
  std::string shown;  // for messages
  int64_t size_bytes = 0;
};

struct PartContent {
  std::vector<FileListPart> files;  // one after the other
  std::vector<Sidecar> sidecars;    // of a V2 checkpoint, without their tags
};
// Its add actions, and the sidecars that it names. The statistics of a small part come with them; those of a larger one
// stay behind, to be read when they are asked for: `parquet` must then still be there.
PartContent read_part(const CheckpointPart& part, ParquetIo& parquet);

// Runs `read`; Arrow data that contradicts itself comes from the damaged file.
void blame_part(const std::string& shown, const std::function<void()>& read);

}  // namespace weir::lake
