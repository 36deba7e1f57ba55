// A folder of the local file system as an ObjectStore.
//
// Writes go to "<folder>/.tmp-<random>" in the target's folder, are fsynced, and then linked (put_if_absent: link(2), or
// renameat2 with RENAME_NOREPLACE where links are refused) or renamed (put, finish) into place; the folder (and each folder
// created on the way) is fsynced. Left-over ".tmp-" files are never listed and are swept by age (sweep_temporaries).
// Symbolic links below the root are not followed out of it.
#pragma once

#include <filesystem>

#include "store/object_store.h"

namespace weir::store {

class LocalStore final : public ObjectStore {
 public:
  explicit LocalStore(std::filesystem::path root);  // created at the first write
  std::string read(const std::string& key) override;
  std::string read(const std::string& key, uint64_t offset, uint64_t length) override;
  uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) override;
  std::optional<ObjectInfo> head(const std::string& key) override;
  void list_from(const std::string& prefix, const std::string& start_after,
                 const std::function<bool(const ObjectInfo&)>& visit) override;
  std::vector<std::string> list_folders(const std::string& prefix) override;
  void put(const std::string& key, std::string_view bytes) override;
  PutResult put_if_absent(const std::string& key, std::string_view bytes) override;
  std::unique_ptr<ObjectWriter> open_write(const std::string& key) override;
  void remove(const std::string& key) override;
  std::string uri() const override;

  // Removes ".tmp-" files older than the age, at most below `prefix`. Returns how many.
  size_t sweep_temporaries(const std::string& prefix, int64_t older_than_ms);
  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path path_of(const std::string& key) const;
  std::filesystem::path root_;
};

}  // namespace weir::store
