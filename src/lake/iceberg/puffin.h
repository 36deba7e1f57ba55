// Puffin files of deletion vectors (Iceberg's Puffin specification, blob type "deletion-vector-v1"), whose blobs are
// what Delta has as vectors. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::lake::iceberg {

// The deletion vector of one data file.
struct VectorBlob {
  std::string data_file;    // absolute URI
  int64_t cardinality = 0;  // rows that are gone
  std::string frame;        // size, magic and bitmap, checksum (deletion_vector_frame)
};

struct PuffinFile {
  std::string bytes;
  std::vector<int64_t> offsets;  // of each blob, in their order
};
// The same for the same blobs.
PuffinFile puffin_of(const std::vector<VectorBlob>& blobs);

}  // namespace weir::lake::iceberg
