// What LocalStore asks of the operating system: opening below the root, the calls of disk_gate.h, and folders that are
// durable. Thread-safe. Paths are relative to the root.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "store/beneath.h"
#include "store/disk_gate.h"
#include "store/object_store.h"

namespace weir::store {

class LocalDisk {
 public:
  LocalDisk(const std::filesystem::path& root, std::shared_ptr<DiskGate> gate);
  const std::filesystem::path& root() const { return root_; }

  // Opens an existing file or folder. Empty with errno set on failure.
  FileDescriptor open(const std::string& path, int flags) const;
  // A regular file and its data; empty if there is none (or it is no file). Throws Error{store_io} for other failures.
  FileDescriptor open_object(const std::string& key, ObjectInfo& info) const;
  // As open_object without opening, of a file in an open folder. False if there is none. Links are opened.
  bool look_up(const FileDescriptor& folder, const std::string& key, ObjectInfo& info) const;
  // The folder, made if it is missing, with every folder on the way durable. Throws Error{store_io}.
  FileDescriptor folder_for_writing(const std::string& folder);

  // Each returns 0 or an errno and goes through the gate. `folder` is the open folder, `path` names the same for the
  // gate.
  int create(const FileDescriptor& folder, const std::string& path, FileDescriptor& file);
  int write(const FileDescriptor& file, const std::string& path, std::string_view bytes);
  int sync(const FileDescriptor& file, const std::string& path);
  int link(const FileDescriptor& folder, const std::string& from, const std::string& to);
  int rename(const FileDescriptor& folder, const std::string& from, const std::string& to);
  int rename_if_free(const FileDescriptor& folder, const std::string& from, const std::string& to);
  int unlink(const FileDescriptor& folder, const std::string& path);
  int remove_folder(const FileDescriptor& parent, const std::string& path);  // ENOTEMPTY if it holds anything
  int sync_folder(const FileDescriptor& folder, const std::string& path);

  [[noreturn]] void fail(std::string_view verb, std::string_view path, int cause) const;
  // The same for a write that may have happened: Error{store_unknown}.
  [[noreturn]] static void fail_unknown(const std::string& what, int cause);

 private:
  int make_folder(const FileDescriptor& parent, const std::string& path);
  void make_root() const;
  FileDescriptor open_or_make_folder(const FileDescriptor& parent, const std::string& parent_path,
                                     const std::string& path);
  int pass(DiskOperation operation, const std::string& path, const std::string& to, std::string_view bytes,
           const std::function<int(std::string_view)>& perform) const;

  std::filesystem::path root_;
  std::shared_ptr<DiskGate> gate_;
  std::mutex mutex_;
  std::set<std::string> durable_;  // folders whose entry in their parent is known to be on disk
};

// "a/b/c" -> "a/b" and "c"; "c" -> "" and "c".
std::string folder_of(std::string_view path);
std::string name_of(std::string_view path);

inline constexpr std::string_view temporary_prefix = ".tmp-";

// One temporary file on its way to its final name. Removed on destruction unless it was placed. Not thread-safe.
class PendingFile {
 public:
  PendingFile(LocalDisk& disk, std::string key);  // throws Error{store_io}, as all here
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  void append(std::string_view bytes);
  void replace();             // durable under its key, whatever was there
  PutResult place_if_free();  // durable under its key, or `exists` (and what exists is durable)
  void discard() noexcept;

 private:
  void settle();
  [[noreturn]] void fail_placing(int cause);
  LocalDisk& disk_;
  std::string key_, path_;
  FileDescriptor folder_, file_;
  bool exists_ = false;
  uint64_t written_ = 0, written_back_ = 0;
};

}  // namespace weir::store
