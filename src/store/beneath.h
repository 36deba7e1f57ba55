// Opening files below a folder without ever leaving it, whatever ".." or symbolic links stand in the way.
#pragma once

#include <string>

namespace weir::store {

// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

// As openat(2) with `flags`, O_CLOEXEC and O_NOCTTY, for an existing file. Symbolic links are followed only while they
// stay below `folder` (on kernels before 5.6: not at all); else it fails with EXDEV or ELOOP. "" opens the folder
// itself. On failure the descriptor is empty and errno is set.
FileDescriptor open_beneath(int folder, const std::string& path, int flags);

}  // namespace weir::store
