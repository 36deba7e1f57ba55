#include "store/local_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/text.h"
#include "store/clock.h"
#include "store/folder_walk.h"
#include "store/local_disk.h"

namespace weir::store {

namespace {

constexpr size_t write_buffer_bytes = 1U << 20;

class LocalReader final : public ObjectReader {
 public:
  LocalReader(LocalDisk& disk, const std::string& key) : disk_(disk), file_(disk.open_object(key, info_)) {
    if (!file_) throw Error(ErrorCode::store_not_found, "there is no " + (disk.root() / key).string());
  }
  const ObjectInfo& info() const override { return info_; }
  uint64_t read_into(uint64_t offset, char* out, uint64_t length) override {
    uint64_t done = 0;
    while (done < length) {
      const ssize_t got = pread(file_.get(), out + done, length - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) disk_.fail("read", info_.key, errno);
      if (got == 0) break;
      done += static_cast<uint64_t>(got);
    }
    return done;
  }
  std::string read(uint64_t offset, uint64_t length) {
    if (offset >= info_.size) return {};
    std::string bytes(std::min(length, info_.size - offset), '\0');
    bytes.resize(read_into(offset, bytes.data(), bytes.size()));
    return bytes;
  }

 private:
  LocalDisk& disk_;
  ObjectInfo info_;
  FileDescriptor file_;
};

class LocalWriter final : public ObjectWriter {
 public:
  LocalWriter(LocalDisk& disk, std::string key) : file_(disk, std::move(key)) {}

  void append(std::string_view bytes) override {
    require(open_, "an ObjectWriter is written to before finish and abort");
    size_ += bytes.size();
    if (buffer_.size() + bytes.size() > write_buffer_bytes) flush();
    if (bytes.size() >= write_buffer_bytes)
      file_.append(bytes);
    else
      buffer_ += bytes;
  }
  uint64_t size() const override { return size_; }
  void finish() override {
    require(open_, "an ObjectWriter is finished once");
    flush();
    open_ = false;
    file_.replace();
  }
  void abort() noexcept override {
    open_ = false;
    file_.discard();
  }

 private:
  void flush() {
    file_.append(buffer_);
    buffer_.clear();
  }
  PendingFile file_;
  std::string buffer_;
  uint64_t size_ = 0;
  bool open_ = true;
};

}  // namespace

LocalStore::LocalStore(const std::filesystem::path& root, std::shared_ptr<DiskGate> gate)
    : disk_(std::make_unique<LocalDisk>(root, std::move(gate))) {}
LocalStore::~LocalStore() = default;

const std::filesystem::path& LocalStore::root() const { return disk_->root(); }
std::string LocalStore::uri() const { return "file://" + percent_encode(root().string(), "/-._~!$&'()*+,;=:@"); }

std::string LocalStore::read(const std::string& key) { return read(key, 0, UINT64_MAX); }

std::string LocalStore::read(const std::string& key, uint64_t offset, uint64_t length) {
  check_key(key);
  return LocalReader(*disk_, key).read(offset, length);
}

uint64_t LocalStore::read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) {
  check_key(key);
  return LocalReader(*disk_, key).read_into(offset, out, length);
}

std::unique_ptr<ObjectReader> LocalStore::open_read(const std::string& key) {
  check_key(key);
  return std::make_unique<LocalReader>(*disk_, key);
}

std::optional<ObjectInfo> LocalStore::head(const std::string& key) {
  check_key(key);
  ObjectInfo info;
  return disk_->open_object(key, info) ? std::optional(std::move(info)) : std::nullopt;
}

void LocalStore::list_from(const std::string& prefix, const std::string& start_after,
                           const std::function<bool(const ObjectInfo&)>& visit) {
  check_prefix(prefix);
  FolderWalk(*disk_, prefix, start_after, visit).run();
}

std::vector<std::string> LocalStore::list_folders(const std::string& prefix) {
  check_prefix(prefix);
  std::vector<std::string> folders;
  for (const auto& entry : folder_entries(*disk_, folder_of(prefix)))
    if (entry.kind == FolderEntry::Kind::folder && entry.name.starts_with(name_of(prefix)))
      folders.push_back(entry.name);
  std::sort(folders.begin(), folders.end());
  return folders;
}

void LocalStore::put(const std::string& key, std::string_view bytes) {
  check_key(key);
  PendingFile file(*disk_, key);
  file.append(bytes);
  file.replace();
}

PutResult LocalStore::put_if_absent(const std::string& key, std::string_view bytes) {
  if (head(key)) {  // spares writing what will be refused
    settle(folder_of(key));
    return PutResult::exists;
  }
  PendingFile file(*disk_, key);
  file.append(bytes);
  return file.place_if_free();
}

std::unique_ptr<ObjectWriter> LocalStore::open_write(const std::string& key) {
  check_key(key);
  return std::make_unique<LocalWriter>(*disk_, key);
}

void LocalStore::remove(const std::string& key) { remove_all({key}); }

void LocalStore::remove_all(const std::vector<std::string>& keys) {
  for (const auto& key : keys) check_key(key);
  std::map<std::string, FileDescriptor> folders;
  for (const auto& key : keys) {
    const auto [at, is_new] = folders.try_emplace(folder_of(key));
    FileDescriptor& folder = at->second;
    if (is_new) folder = disk_->open(at->first, O_RDONLY | O_DIRECTORY);
    if (is_new && !folder && errno != ENOENT && errno != ENOTDIR) disk_->fail("remove", key, errno);
    if (!folder) continue;
    if (const int cause = disk_->unlink(folder, key); cause != 0 && cause != ENOENT) disk_->fail("remove", key, cause);
  }
  for (const auto& [path, folder] : folders)
    if (folder)
      if (const int cause = disk_->sync_folder(folder, path)) disk_->fail("settle the folder", path, cause);
}

size_t LocalStore::remove_empty_folders(const std::string& prefix,
                                        const std::function<bool(std::string_view)>& wanted) {
  check_prefix(prefix);
  size_t removed = 0;
  const std::function<void(const std::string&)> look_into = [&](const std::string& folder) {
    FileDescriptor opened;
    bool changed = false;
    for (const auto& entry : folder_entries(*disk_, folder)) {
      const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
      if (entry.kind != FolderEntry::Kind::folder || !path.starts_with(prefix)) continue;
      if (!wanted(std::string_view(path).substr(prefix.size()))) continue;
      look_into(path);
      if (!opened) opened = disk_->open(folder, O_RDONLY | O_DIRECTORY);
      const int cause = opened ? disk_->remove_folder(opened, path) : ENOENT;
      if (cause == 0) ++removed, changed = true;
      const bool stays = cause == ENOTEMPTY || cause == EEXIST || cause == ENOENT || cause == EBUSY;
      if (cause != 0 && !stays) disk_->fail("remove the folder", path, cause);
    }
    if (!changed) return;
    if (const int cause = disk_->sync_folder(opened, folder)) disk_->fail("settle the folder", folder, cause);
  };
  look_into(folder_of(prefix));
  return removed;
}

void LocalStore::make_durable(const std::string& key) {
  if (!head(key)) throw Error(ErrorCode::store_not_found, "there is no " + (root() / key).string());
  settle(folder_of(key));
}

void LocalStore::settle(const std::string& folder) {
  const FileDescriptor opened = disk_->folder_for_writing(folder);
  if (const int cause = disk_->sync_folder(opened, folder)) disk_->fail("settle the folder", folder, cause);
}

size_t LocalStore::remove_unfinished(const std::string& prefix, int64_t older_than_ms) {
  check_prefix(prefix);
  const int64_t before_ms = SystemClock().now_ms() - older_than_ms;
  size_t removed = 0;
  for (const auto& path : temporaries_below(*disk_, prefix, before_ms)) {
    const FileDescriptor folder = disk_->open(folder_of(path), O_RDONLY | O_DIRECTORY);
    if (folder && disk_->unlink(folder, path) == 0) ++removed;
  }
  return removed;
}

}  // namespace weir::store
