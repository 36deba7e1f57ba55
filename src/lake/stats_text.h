// Statistics texts of many files (Delta protocol, "Per-file Statistics"), read for a few columns: what is not wanted is
// skipped, not built.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lake/bounds_column.h"

namespace weir::lake {

class StatsTextReader {
 public:
  explicit StatsTextReader(const std::vector<StatsLeaf>& leaves);
  struct Found {
    int64_t num_records = -1;          // -1 = unknown
    std::vector<ColumnBounds> bounds;  // one for each leaf
  };
  // A text that is no JSON, or "", has no statistics. The answer is valid until the next call.
  const Found& read(std::string_view text);

 private:
  friend class StatsScan;
  struct Node {  // of the tree of the names of the wanted leaves
    std::string name;
    int leaf = -1;
    std::vector<Node> children;
  };
  std::vector<StatsLeaf> leaves_;
  Node root_;
  Found found_;
};

}  // namespace weir::lake
