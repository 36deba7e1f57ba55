// A folder of the local file system as an ObjectStore.
//
// Writes go to "<folder>/.tmp-<random>" in the target's folder, are fsynced, and then linked (put_if_absent: link(2),
// or renameat2 with RENAME_NOREPLACE where links are refused) or renamed (put, finish) into place; the folder (and,
// once per process, each folder on the way from the root) is fsynced. When the outcome of the link or rename, or of the
// fsync of the folder after it, is not known, Error{store_unknown} is thrown. The answer `exists` is durable too.
// Left-over ".tmp-" files are never listed and are removed by age (remove_unfinished). Symbolic links below the root
// are not followed out of it (Error{store_io}); folders that are links are not listed into. An etag is inode,
// modification time in nanoseconds and size.
#pragma once

#include <filesystem>
#include <memory>

#include "store/disk_gate.h"
#include "store/object_store.h"

namespace weir::store {

class LocalDisk;

class LocalStore final : public ObjectStore {
 public:
  // The root is created at the first write. `gate`, if given, stands before every call that changes the disk.
  explicit LocalStore(const std::filesystem::path& root, std::shared_ptr<DiskGate> gate = nullptr);
  ~LocalStore() override;
  std::string read(const std::string& key) override;
  std::string read(const std::string& key, uint64_t offset, uint64_t length) override;
  uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) override;
  std::unique_ptr<ObjectReader> open_read(const std::string& key) override;
  std::optional<ObjectInfo> head(const std::string& key) override;
  void list_from(const std::string& prefix, const std::string& start_after,
                 const std::function<bool(const ObjectInfo&)>& visit) override;
  std::vector<std::string> list_folders(const std::string& prefix) override;
  void put(const std::string& key, std::string_view bytes) override;
  PutResult put_if_absent(const std::string& key, std::string_view bytes) override;
  std::unique_ptr<ObjectWriter> open_write(const std::string& key) override;
  void remove(const std::string& key) override;
  void remove_all(const std::vector<std::string>& keys) override;
  size_t remove_empty_folders(const std::string& prefix, const std::function<bool(std::string_view)>& wanted) override;
  size_t remove_unfinished(const std::string& prefix, int64_t older_than_ms) override;
  void make_durable(const std::string& key) override;
  std::string uri() const override;

  const std::filesystem::path& root() const;

 private:
  void settle(const std::string& folder);
  std::unique_ptr<LocalDisk> disk_;
};

}  // namespace weir::store
