// Which objects of a table's folder VACUUM may look at at all.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

class VacuumScope {
 public:
  VacuumScope() = default;
  explicit VacuumScope(const Snapshot& snapshot);
  // Leaves the folders alone that hold a log of their own; `relative`: any key below the table's folder.
  void note(std::string_view relative);
  bool holds(std::string_view relative) const;         // of a file
  bool holds_folder(std::string_view relative) const;  // without trailing '/'

 private:
  bool is_marked(std::string_view segment, bool folder) const;
  std::vector<std::string> partition_prefixes_;  // "part="
  bool iceberg_ = false;
  std::set<std::string, std::less<>> other_tables_;  // "sub/"
};

}  // namespace weir::lake
