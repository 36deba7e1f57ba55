// The system calls by which LocalStore changes the disk, as a seam: tests count them, make them fail, or remember what
// a power loss would leave of them. They are exactly the calls that strace shows below the store's root:
//   create       openat with O_CREAT      of ".tmp-..." files only
//   write        write                    (a short write that is continued counts once)
//   sync         fsync of a file
//   link         linkat                   a temporary file gets its final name, if that is free
//   rename       renameat, renameat2      a temporary file replaces what had the final name
//   unlink       unlinkat                 of objects, of temporary files and of empty folders
//   make_folder  mkdirat
//   sync_folder  fsync of a folder
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace weir::store {

enum class DiskOperation { create, write, sync, link, rename, unlink, make_folder, sync_folder };
inline constexpr size_t disk_operation_count = 8;
std::string_view name(DiskOperation operation);  // "create", "make_folder", ...

struct DiskCall {
  DiskOperation operation = DiskOperation::write;
  std::string path;        // relative to the store's root; "" is the root itself
  std::string to;          // of link and rename
  std::string_view bytes;  // of write
};

class DiskGate {
 public:
  virtual ~DiskGate() = default;
  // Runs `perform` (for a write with the bytes to write, else with anything) or not, and returns what LocalStore is to
  // see: 0 or an errno. Thread-safe. May throw.
  virtual int pass(const DiskCall& call, const std::function<int(std::string_view bytes)>& perform) = 0;
};

}  // namespace weir::store
