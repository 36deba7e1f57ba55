#include "store/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/text.h"

namespace weir::store {

namespace {

// The kernel refuses O_NOCTTY beside O_PATH, which needs it no more than a folder does.
int complete(int flags) { return flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY); }

// Component by component, following no link: for kernels (and sandboxes) without openat2.
FileDescriptor walk(int folder, const std::string& path, int flags) {
  const auto parts = split(path, '/');
  FileDescriptor at;
  int current = folder;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    const int how = last ? flags : O_PATH | O_DIRECTORY;
    if (parts[i] == "..") {
      errno = EXDEV;
      return {};
    }
    FileDescriptor next(openat(current, parts[i].c_str(), complete(how | O_NOFOLLOW)));
    if (!next) return {};
    at = std::move(next);
    current = at.get();
  }
  return at;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int FileDescriptor::release() { return std::exchange(fd_, -1); }

void FileDescriptor::reset() {
  const int saved = errno;
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  errno = saved;
}

FileDescriptor open_beneath(int folder, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(complete(flags));
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const std::string& relative = path.empty() ? "." : path;
  while (true) {
    const long fd = syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof how);
    if (fd >= 0) return FileDescriptor(static_cast<int>(fd));
    // EAGAIN: something was renamed while the kernel was looking. EPERM: old sandboxes say so for unknown calls.
    if (errno == EAGAIN || errno == EINTR) continue;
    if (errno == ENOSYS || errno == EPERM) return walk(folder, relative, flags);
    return {};
  }
}

}  // namespace weir::store
