#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/ids.h"

namespace weir {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(std::string_view what, const std::filesystem::path& path, int cause) {
  throw Error(ErrorCode::store_io, std::string(what) + " " + path.string() + ": " + std::strerror(cause));
}

std::string read_all(int fd, const std::filesystem::path& path) {
  struct stat status;
  if (fstat(fd, &status) != 0) fail("cannot read", path, errno);
  std::string content;
  // One byte more than the size shows the end in the same read; a pipe has no size.
  content.resize(static_cast<size_t>(status.st_size) + 1);
  size_t done = 0;
  while (true) {
    const ssize_t got = read(fd, content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read", path, errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
    if (done == content.size()) content.resize(content.size() * 2 + 4096);
  }
  content.resize(done);
  return content;
}

void write_all(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t wrote = write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail("cannot write", path, errno);
    content.remove_prefix(static_cast<size_t>(wrote));
  }
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail("cannot read", path, errno);
  return read_all(file.get(), path);
}

std::optional<std::string> read_file_if_exists(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (file.get() < 0) fail("cannot read", path, errno);
  return read_all(file.get(), path);
}

namespace {

void replace_file(const std::filesystem::path& path, std::string_view content, bool durable) {
  // A link stays a link: what it points to is replaced.
  std::error_code no_link;
  const auto resolved = std::filesystem::canonical(path, no_link);
  const auto& target = no_link ? path : resolved;
  auto temporary = target;
  temporary.replace_filename("." + target.filename().string() + "." + uuid_v4().substr(0, 8) + ".tmp");
  {
    const Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() < 0) fail("cannot write", path, errno);
    try {
      write_all(file.get(), content, path);
      if (const mode_t mode = mode_of(target); mode != 0 && fchmod(file.get(), mode) != 0)
        fail("cannot write", path, errno);
      if (durable && fsync(file.get()) != 0) fail("cannot write", path, errno);
      if (rename(temporary.c_str(), target.c_str()) != 0) fail("cannot write", path, errno);
    } catch (...) {
      unlink(temporary.c_str());
      throw;
    }
  }
  if (!durable) return;
  const auto folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || fsync(opened.get()) != 0) fail("cannot write", folder, errno);
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view content) { replace_file(path, content, true); }

void write_artifact(const std::filesystem::path& path, std::string_view content) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  replace_file(path, content, false);
}

void append_artifact(const std::filesystem::path& path, std::string_view content) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (file.get() < 0) fail("cannot write", path, errno);
  write_all(file.get(), content, path);
}

}  // namespace weir
