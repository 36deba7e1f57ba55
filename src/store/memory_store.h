// A store in memory, for tests. Its clock stamps modified_ms (the system's if none is given; it must outlive the
// store).
#pragma once

#include <map>
#include <mutex>

#include "store/clock.h"
#include "store/object_store.h"

namespace weir::store {

class MemoryStore final : public ObjectStore {
 public:
  explicit MemoryStore(std::string name = "test", Clock* clock = nullptr) : name_(std::move(name)), clock_(clock) {}
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
  std::string uri() const override { return "memory:" + name_; }
  // How often an object was placed or removed so far.
  uint64_t changes();

 private:
  friend class MemoryWriter;
  struct Object {
    std::shared_ptr<const std::string> bytes;  // shared with readers, so that they copy outside of the lock
    int64_t modified_ms;
    uint64_t generation;
  };
  static uint64_t first_generation();
  int64_t now_ms();
  void place(const std::string& key, std::string bytes);
  Object find(const std::string& key);
  static ObjectInfo describe(const std::string& key, const Object& object);

  std::string name_;
  Clock* clock_;
  std::mutex mutex_;
  std::map<std::string, Object> objects_;
  uint64_t next_generation_ = first_generation();
  uint64_t removals_ = 0;
};

}  // namespace weir::store
