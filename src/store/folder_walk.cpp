#include "store/folder_walk.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace weir::store {

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::string child_of(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// DT_UNKNOWN comes from file systems that do not keep the kind in the folder.
bool is_folder(const LocalDisk& disk, const std::string& path, unsigned char type) {
  if (type != DT_UNKNOWN) return type == DT_DIR;
  return static_cast<bool>(disk.open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW));
}

}  // namespace

std::vector<FolderEntry> folder_entries(const LocalDisk& disk, const std::string& folder) {
  FileDescriptor opened = disk.open(folder, O_RDONLY | O_DIRECTORY);
  if (!opened && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (!opened) disk.fail("list", folder, errno);
  const std::unique_ptr<DIR, CloseFolder> stream(fdopendir(opened.get()));
  if (!stream) disk.fail("list", folder, errno);
  opened.release();
  std::vector<FolderEntry> entries;
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    auto kind = FolderEntry::Kind::file;
    if (name.starts_with(temporary_prefix))
      kind = FolderEntry::Kind::temporary;
    else if (is_folder(disk, child_of(folder, name), entry->d_type))
      kind = FolderEntry::Kind::folder;
    entries.push_back({name, kind});
    errno = 0;
  }
  if (errno != 0) disk.fail("list", folder, errno);
  return entries;
}

void FolderWalk::run() { walk(folder_of(prefix_)); }

bool FolderWalk::may_hold_keys(const std::string& folder_key) const {
  const bool near_prefix = folder_key.starts_with(prefix_) || prefix_.starts_with(folder_key);
  return near_prefix && (folder_key > start_after_ || start_after_.starts_with(folder_key));
}

bool FolderWalk::visit_file(const FileDescriptor& folder, const std::string& key) {
  ObjectInfo info;
  return !disk_.look_up(folder, key, info) || visit_(info);
}

bool FolderWalk::walk(const std::string& folder) {
  // With a '/' behind folders the order of the names is the order of the keys: "a.b" before "a/b".
  std::vector<std::string> names;
  for (const auto& entry : folder_entries(disk_, folder)) {
    if (entry.kind == FolderEntry::Kind::temporary) continue;
    const bool is_folder = entry.kind == FolderEntry::Kind::folder;
    const std::string key = child_of(folder, entry.name) + (is_folder ? "/" : "");
    if (is_folder ? may_hold_keys(key) : key.starts_with(prefix_) && key > start_after_) names.push_back(key);
  }
  if (names.empty()) return true;
  std::sort(names.begin(), names.end());
  const FileDescriptor opened = disk_.open(folder, O_PATH | O_DIRECTORY);
  if (!opened && errno == ENOENT) return true;
  if (!opened) disk_.fail("list", folder, errno);
  for (const auto& key : names) {
    const bool go_on = key.back() == '/' ? walk(key.substr(0, key.size() - 1)) : visit_file(opened, key);
    if (!go_on) return false;
  }
  return true;
}

std::vector<std::string> temporaries_below(const LocalDisk& disk, const std::string& prefix, int64_t before_ms) {
  std::vector<std::string> found, folders = {folder_of(prefix)};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    for (const auto& entry : folder_entries(disk, folder)) {
      const std::string path = child_of(folder, entry.name);
      if (!path.starts_with(prefix) && !prefix.starts_with(path + "/")) continue;
      ObjectInfo info;
      if (entry.kind == FolderEntry::Kind::folder)
        folders.push_back(path);
      else if (entry.kind == FolderEntry::Kind::temporary && disk.open_object(path, info) &&
               info.modified_ms < before_ms)
        found.push_back(path);
    }
  }
  return found;
}

}  // namespace weir::store
