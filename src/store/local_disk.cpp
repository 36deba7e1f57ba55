#include "store/local_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/text.h"

namespace weir::store {

namespace {

int result(long returned) { return returned < 0 ? errno : 0; }

int64_t ns_of(const timespec& time) { return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec; }

int64_t floor_ms(int64_t ns) { return ns >= 0 ? ns / 1'000'000 : -((-ns + 999'999) / 1'000'000); }

// False if it is no regular file.
bool describe(const std::string& key, const struct stat& status, ObjectInfo& info) {
  if (!S_ISREG(status.st_mode)) return false;
  const int64_t modified_ns = ns_of(status.st_mtim);
  info.key = key;
  info.size = static_cast<uint64_t>(status.st_size);
  info.modified_ms = floor_ms(modified_ns);
  info.etag = std::to_string(status.st_ino) + "-" + std::to_string(modified_ns) + "-" + std::to_string(status.st_size);
  return true;
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return 0;
}

}  // namespace

std::string_view name(DiskOperation operation) {
  constexpr std::string_view names[disk_operation_count] = {"create", "write",  "sync",        "link",
                                                            "rename", "unlink", "make_folder", "sync_folder"};
  return names[static_cast<size_t>(operation)];
}

std::string folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

LocalDisk::LocalDisk(const std::filesystem::path& root, std::shared_ptr<DiskGate> gate)
    : root_(std::filesystem::absolute(root).lexically_normal()), gate_(std::move(gate)) {
  if (!root_.has_filename() && root_.has_relative_path()) root_ = root_.parent_path();  // "/a/" -> "/a"
}

FileDescriptor LocalDisk::open(const std::string& path, int flags) const {
  const FileDescriptor top(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return top ? open_beneath(top.get(), path, flags) : FileDescriptor();
}

FileDescriptor LocalDisk::open_object(const std::string& key, ObjectInfo& info) const {
  // Without O_NONBLOCK a FIFO in the folder would stop us for ever.
  FileDescriptor file = open(key, O_RDONLY | O_NONBLOCK);
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (!file) fail("read", key, errno);
  struct stat status;
  if (fstat(file.get(), &status) != 0) fail("read", key, errno);
  return describe(key, status, info) ? std::move(file) : FileDescriptor();
}

bool LocalDisk::look_up(const FileDescriptor& folder, const std::string& key, ObjectInfo& info) const {
  struct stat status;
  if (fstatat(folder.get(), name_of(key).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return false;
    fail("read", key, errno);
  }
  if (S_ISLNK(status.st_mode)) return static_cast<bool>(open_object(key, info));
  return describe(key, status, info);
}

FileDescriptor LocalDisk::folder_for_writing(const std::string& folder) {
  {
    const std::lock_guard lock(mutex_);
    if (folder.empty() || durable_.contains(folder)) {
      if (auto opened = open(folder, O_RDONLY | O_DIRECTORY)) return opened;
      durable_.clear();  // somebody removed it
    }
  }
  make_root();
  FileDescriptor at = open("", O_RDONLY | O_DIRECTORY);
  if (!at) fail("open", root_.string(), errno);
  if (folder.empty()) return at;
  std::string path;
  for (const auto& part : split(folder, '/')) {
    const std::string child = path.empty() ? part : path + "/" + part;
    at = open_or_make_folder(at, path, child);
    path = child;
  }
  return at;
}

FileDescriptor LocalDisk::open_or_make_folder(const FileDescriptor& parent, const std::string& parent_path,
                                              const std::string& path) {
  FileDescriptor folder = open(path, O_RDONLY | O_DIRECTORY);
  if (!folder && errno == ENOENT) {
    if (const int cause = make_folder(parent, path); cause != 0 && cause != EEXIST)
      fail("make the folder", path, cause);
    folder = open(path, O_RDONLY | O_DIRECTORY);
  }
  if (!folder) fail("open the folder", path, errno);
  const std::lock_guard lock(mutex_);
  // Also when it was there: another process may have made it just now and not have settled it yet.
  if (!durable_.contains(path)) {
    if (const int cause = sync_folder(parent, parent_path)) fail("settle the folder", parent_path, cause);
    durable_.insert(path);
  }
  return folder;
}

void LocalDisk::make_root() const {
  std::vector<std::filesystem::path> missing;
  for (auto path = root_; !std::filesystem::exists(path) && path.has_relative_path(); path = path.parent_path())
    missing.push_back(path);
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    if (mkdir(path->c_str(), 0777) != 0 && errno != EEXIST) fail("make the folder", path->string(), errno);
    const FileDescriptor parent(::open(path->parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent || (fsync(parent.get()) != 0 && errno != EINVAL))
      fail("settle the folder", path->parent_path().string(), errno);
  }
}

int LocalDisk::pass(DiskOperation operation, const std::string& path, const std::string& to, std::string_view bytes,
                    const std::function<int(std::string_view)>& perform) const {
  return gate_ ? gate_->pass({operation, path, to, bytes}, perform) : perform(bytes);
}

int LocalDisk::create(const FileDescriptor& folder, const std::string& path, FileDescriptor& file) {
  return pass(DiskOperation::create, path, {}, {}, [&](std::string_view) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    file = FileDescriptor(openat(folder.get(), name_of(path).c_str(), flags, 0666));
    return file ? 0 : errno;
  });
}

int LocalDisk::write(const FileDescriptor& file, const std::string& path, std::string_view bytes) {
  return pass(DiskOperation::write, path, {}, bytes,
              [&](std::string_view some) { return write_all(file.get(), some); });
}

int LocalDisk::sync(const FileDescriptor& file, const std::string& path) {
  return pass(DiskOperation::sync, path, {}, {}, [&](std::string_view) { return result(fsync(file.get())); });
}

int LocalDisk::link(const FileDescriptor& folder, const std::string& from, const std::string& to) {
  return pass(DiskOperation::link, from, to, {}, [&](std::string_view) {
    return result(linkat(folder.get(), name_of(from).c_str(), folder.get(), name_of(to).c_str(), 0));
  });
}

int LocalDisk::rename(const FileDescriptor& folder, const std::string& from, const std::string& to) {
  return pass(DiskOperation::rename, from, to, {}, [&](std::string_view) {
    return result(renameat(folder.get(), name_of(from).c_str(), folder.get(), name_of(to).c_str()));
  });
}

int LocalDisk::rename_if_free(const FileDescriptor& folder, const std::string& from, const std::string& to) {
  return pass(DiskOperation::rename, from, to, {}, [&](std::string_view) {
    return result(renameat2(folder.get(), name_of(from).c_str(), folder.get(), name_of(to).c_str(), RENAME_NOREPLACE));
  });
}

int LocalDisk::unlink(const FileDescriptor& folder, const std::string& path) {
  return pass(DiskOperation::unlink, path, {}, {},
              [&](std::string_view) { return result(unlinkat(folder.get(), name_of(path).c_str(), 0)); });
}

int LocalDisk::remove_folder(const FileDescriptor& parent, const std::string& path) {
  return pass(DiskOperation::unlink, path, {}, {},
              [&](std::string_view) { return result(unlinkat(parent.get(), name_of(path).c_str(), AT_REMOVEDIR)); });
}

int LocalDisk::make_folder(const FileDescriptor& parent, const std::string& path) {
  return pass(DiskOperation::make_folder, path, {}, {},
              [&](std::string_view) { return result(mkdirat(parent.get(), name_of(path).c_str(), 0777)); });
}

int LocalDisk::sync_folder(const FileDescriptor& folder, const std::string& path) {
  const int cause =
      pass(DiskOperation::sync_folder, path, {}, {}, [&](std::string_view) { return result(fsync(folder.get())); });
  return cause == EINVAL ? 0 : cause;  // file systems that have no such thing keep folders in step by themselves
}

namespace {

Error with_remedy(Error error, int cause) {
  if (cause == ENOSPC || cause == EDQUOT)
    return std::move(error.with_hint("free some space on that disk and run again"));
  if (cause == EXDEV || cause == ELOOP)
    return std::move(error.with_hint("a symbolic link leads out of the store; links are not followed there"));
  if (cause == EIO)
    return std::move(error.with_hint("the disk failed: look at the system's messages (dmesg), then run again"));
  if (cause == EACCES || cause == EPERM || cause == EROFS)
    return std::move(error.with_hint("give this user the right to write there, or choose another folder"));
  return error;
}

}  // namespace

void LocalDisk::fail(std::string_view verb, std::string_view path, int cause) const {
  const std::string place = path.starts_with('/') ? std::string(path) : root_.string() + "/" + std::string(path);
  const std::string what = "cannot " + std::string(verb) + " " + place + ": ";
  throw with_remedy(Error(ErrorCode::store_io, what + std::strerror(cause)), cause);
}

void LocalDisk::fail_unknown(const std::string& what, int cause) {
  throw with_remedy(Error(ErrorCode::store_unknown, what + ": " + std::strerror(cause)), cause);
}

}  // namespace weir::store
