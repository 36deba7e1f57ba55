// Which files a scan of a table reads, and why: the answer to "why was nothing left out?".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lake/lake.h"

namespace weir::engine {

// One of the conditions that the WHERE clause joins by AND, as the engine has rewritten it.
struct ScanStep {
  enum class By { partition_values, statistics, nothing };
  std::string condition;             // SQL
  std::vector<std::string> columns;  // that it names
  By by = By::nothing;
  size_t asked = 0;               // files that the conditions before it left
  size_t skipped = 0;             // of those, files that it left out
  size_t without_statistics = 0;  // of those, files that stay because they have no statistics of a column it names
  std::string why;                // a sentence where it left nothing out, else ""
};

struct ScanReport {
  struct File {
    std::string path;  // as in the log
    int64_t bytes = 0, deleted_rows = 0;
  };
  int64_t version = -1;
  size_t files = 0;   // live ones
  int64_t bytes = 0;  // of those
  std::vector<File> read;
  std::vector<ScanStep> steps;  // those on partition columns alone first
  bool never_true = false;      // the engine has found that no row can pass, whatever the files hold
};

}  // namespace weir::engine
