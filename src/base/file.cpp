#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

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

// A file written beside another, whose place it takes in the end.
class Replacement {
 public:
  explicit Replacement(const std::filesystem::path& path) : path_(path) {
    // A link stays a link: what it points to is replaced.
    std::error_code no_link;
    const auto resolved = std::filesystem::canonical(path, no_link);
    target_ = temporary_ = no_link ? path : resolved;
    temporary_.replace_filename("." + target_.filename().string() + "." + uuid_v4().substr(0, 8) + ".tmp");
    file_.emplace(open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file_->get() < 0) fail("cannot write", path, errno);
  }
  ~Replacement() {
    if (file_ && file_->get() >= 0) unlink(temporary_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  void write(std::string_view piece) { write_all(file_->get(), piece, path_); }
  void finish(bool durable) {
    if (const mode_t mode = mode_of(target_); mode != 0 && fchmod(file_->get(), mode) != 0)
      fail("cannot write", path_, errno);
    if (durable && fsync(file_->get()) != 0) fail("cannot write", path_, errno);
    if (rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot write", path_, errno);
    file_.reset();
    if (!durable) return;
    const auto folder = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
    const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || fsync(opened.get()) != 0) fail("cannot write", folder, errno);
  }

 private:
  const std::filesystem::path path_;
  std::filesystem::path target_, temporary_;
  std::optional<Descriptor> file_;
};

bool holds(const std::filesystem::path& path, std::string_view content) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  return file.get() >= 0 && fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<size_t>(status.st_size) == content.size() && read_all(file.get(), path) == content;
}

void make_folders_of(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view content) {
  Replacement file(path);
  file.write(content);
  file.finish(true);
}

std::string resolved_path(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path out = std::filesystem::weakly_canonical(path, error);
  if (error) out = std::filesystem::absolute(path, error).lexically_normal();
  if (!out.is_absolute()) out = std::filesystem::absolute(out, error).lexically_normal();
  std::string text = out.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

bool lies_outside(std::string_view path, const std::vector<std::string>& folders) {
  if (path.starts_with("file:")) {
    path.remove_prefix(5);
    if (path.starts_with("//localhost/")) path.remove_prefix(11);
    while (path.starts_with("//")) path.remove_prefix(1);
  }
  if (path.starts_with("~")) return true;  // of a home
  if (path.find("://") != std::string_view::npos) return false;
  const std::string full = resolved_path(std::filesystem::path(path));
  return std::none_of(folders.begin(), folders.end(), [&](const std::string& folder) {
    return full == folder || folder == "/" || (full.starts_with(folder) && full[folder.size()] == '/');
  });
}

void write_artifact(const std::filesystem::path& path, std::string_view content) {
  if (holds(path, content)) return;
  make_folders_of(path);
  Replacement file(path);
  file.write(content);
  file.finish(false);
}

struct ArtifactFile::State : Replacement {
  using Replacement::Replacement;
};

ArtifactFile::ArtifactFile(const std::filesystem::path& path) {
  make_folders_of(path);
  state_ = std::make_unique<State>(path);
}
ArtifactFile::~ArtifactFile() = default;
void ArtifactFile::write(std::string_view piece) { state_->write(piece); }
void ArtifactFile::finish() { state_->finish(false); }

}  // namespace weir
