// Temporary files on their way to a final name (declared in local_disk.h).
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/ids.h"
#include "store/local_disk.h"

namespace weir::store {

namespace {

constexpr uint64_t write_back_bytes = 16U << 20;

// After these the file certainly did not get its name; after anything else (EIO, a server that is gone) it may have.
bool surely_not_placed(int cause) {
  constexpr std::array known = {EACCES, EPERM,  EROFS,   ENOSPC, EDQUOT,      EMLINK,
                                EXDEV,  ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG};
  return std::find(known.begin(), known.end(), cause) != known.end();
}

bool links_are_refused(int cause) {
  return cause == EPERM || cause == EOPNOTSUPP || cause == ENOSYS || cause == EMLINK;
}

}  // namespace

PendingFile::PendingFile(LocalDisk& disk, std::string key) : disk_(disk), key_(std::move(key)) {
  const std::string folder = folder_of(key_);
  folder_ = disk_.folder_for_writing(folder);
  const std::string random = uuid_v4();
  path_ =
      folder + (folder.empty() ? "" : "/") + std::string(temporary_prefix) + random.substr(0, 8) + random.substr(9, 4);
  const int cause = disk_.create(folder_, path_, file_);
  exists_ = static_cast<bool>(file_);
  if (cause != 0) {
    discard();
    disk_.fail("write", key_, cause);
  }
}

PendingFile::~PendingFile() { discard(); }

void PendingFile::append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (const int cause = disk_.write(file_, path_, bytes)) disk_.fail("write", key_, cause);
  written_ += bytes.size();
  if (written_ - written_back_ >= write_back_bytes) {
    // Only a hint: the disk works while the next bytes are computed, and the sync at the end is short.
    sync_file_range(file_.get(), static_cast<off64_t>(written_back_), static_cast<off64_t>(written_ - written_back_),
                    SYNC_FILE_RANGE_WRITE);
    written_back_ = written_;
  }
}

void PendingFile::settle() {
  if (const int cause = disk_.sync_folder(folder_, folder_of(key_)))
    LocalDisk::fail_unknown("wrote " + key_ + ", but its folder could not be settled", cause);
}

void PendingFile::fail_placing(int cause) {
  if (surely_not_placed(cause)) disk_.fail("write", key_, cause);
  LocalDisk::fail_unknown("it is not known whether " + key_ + " was written", cause);
}

void PendingFile::replace() {
  if (const int cause = disk_.sync(file_, path_)) disk_.fail("write", key_, cause);
  if (const int cause = disk_.rename(folder_, path_, key_)) fail_placing(cause);
  exists_ = false;
  file_.reset();
  settle();
}

PutResult PendingFile::place_if_free() {
  if (const int cause = disk_.sync(file_, path_)) disk_.fail("write", key_, cause);
  int cause = disk_.link(folder_, path_, key_);
  if (links_are_refused(cause)) {
    cause = disk_.rename_if_free(folder_, path_, key_);
    exists_ = cause != 0;
  }
  if (cause != 0 && cause != EEXIST) fail_placing(cause);
  discard();
  settle();
  return cause == 0 ? PutResult::done : PutResult::exists;
}

void PendingFile::discard() noexcept {
  if (!exists_) return;
  exists_ = false;
  file_.reset();
  try {
    disk_.unlink(folder_, path_);  // what stays is swept by age
  } catch (...) {
  }
}

}  // namespace weir::store
