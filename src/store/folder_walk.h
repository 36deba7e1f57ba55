// Walking the folders below a LocalStore's root in the order of keys.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/local_disk.h"

namespace weir::store {

struct FolderEntry {
  enum class Kind { file, folder, temporary };
  std::string name;
  Kind kind = Kind::file;
};

// In no order; empty if there is no such folder. Links count as files; whether they lead to one is seen when they are
// opened.
std::vector<FolderEntry> folder_entries(const LocalDisk& disk, const std::string& folder);

// ObjectStore::list_from. Folders that cannot hold a wanted key are not entered, and only wanted files are looked up.
class FolderWalk {
 public:
  FolderWalk(const LocalDisk& disk, const std::string& prefix, const std::string& start_after,
             const std::function<bool(const ObjectInfo&)>& visit)
      : disk_(disk), prefix_(prefix), start_after_(start_after), visit_(visit) {}
  void run();

 private:
  bool walk(const std::string& folder);
  bool visit_file(const FileDescriptor& folder, const std::string& key);
  bool may_hold_keys(const std::string& folder_key) const;
  const LocalDisk& disk_;
  const std::string& prefix_;
  const std::string& start_after_;
  const std::function<bool(const ObjectInfo&)>& visit_;
};

// Paths of the temporary files below `prefix` last written before `before_ms`.
std::vector<std::string> temporaries_below(const LocalDisk& disk, const std::string& prefix, int64_t before_ms);

}  // namespace weir::store
