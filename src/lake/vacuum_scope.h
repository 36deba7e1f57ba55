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
  // Files that the snapshot names by an address outside of the folder: the address may be another spelling of it (a
  // link, another mount), so files of their names are left alone.
  void note_addresses(const Snapshot& snapshot);
  // Leaves the folders alone that hold a log of their own; `relative`: any key below the table's folder.
  void note(std::string_view relative);
  bool holds(std::string_view relative) const;         // of a file
  bool holds_folder(std::string_view relative) const;  // without trailing '/'

 private:
  bool is_marked(std::string_view segment, bool folder) const;
  std::vector<std::string> partition_prefixes_;  // "part="
  bool iceberg_ = false;
  std::set<std::string, std::less<>> other_tables_;     // "sub/"
  std::set<std::string, std::less<>> named_elsewhere_;  // names without folders
};

}  // namespace weir::lake
