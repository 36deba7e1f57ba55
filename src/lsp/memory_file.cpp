#include "lsp/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace weir::lsp {

MemoryFile::MemoryFile(std::string_view text) : fd_(memfd_create("weir", MFD_CLOEXEC)) {
  bool written = fd_ >= 0;
  while (written && !text.empty()) {
    const ssize_t count = ::write(fd_, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    written = count > 0;
    if (written) text.remove_prefix(static_cast<size_t>(count));
  }
  if (written) return;
  const int cause = errno;
  if (fd_ >= 0) ::close(fd_);
  throw Error(ErrorCode::store_io, std::string("cannot keep a text in memory: ") + std::strerror(cause));
}

MemoryFile::~MemoryFile() { ::close(fd_); }

std::string MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(fd_); }

}  // namespace weir::lsp
