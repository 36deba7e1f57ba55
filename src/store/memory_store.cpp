#include "store/memory_store.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace weir::store {

// Holds its bytes until it is finished; then they appear at once.
class MemoryWriter final : public ObjectWriter {
 public:
  MemoryWriter(MemoryStore& store, std::string key) : store_(store), key_(std::move(key)) {}
  void append(std::string_view bytes) override {
    require(open_, "an ObjectWriter is written to before finish and abort");
    bytes_ += bytes;
    size_ += bytes.size();
  }
  uint64_t size() const override { return size_; }
  void finish() override {
    require(open_, "an ObjectWriter is finished once");
    open_ = false;
    store_.place(key_, std::move(bytes_));
  }
  void abort() noexcept override { open_ = false; }

 private:
  MemoryStore& store_;
  std::string key_, bytes_;
  uint64_t size_ = 0;
  bool open_ = true;
};

// An etag tells contents apart, those of two stores too, which have one and the same URI.
uint64_t MemoryStore::first_generation() {
  constexpr uint64_t of_one_store = uint64_t{1} << 32;
  static std::atomic<uint64_t> stores{0};
  return of_one_store * stores++ + 1;
}

int64_t MemoryStore::now_ms() { return clock_ ? clock_->now_ms() : SystemClock().now_ms(); }

void MemoryStore::place(const std::string& key, std::string bytes) {
  const int64_t now = now_ms();
  const std::lock_guard lock(mutex_);
  objects_[key] = Object{std::make_shared<const std::string>(std::move(bytes)), now, next_generation_++};
}

ObjectInfo MemoryStore::describe(const std::string& key, const Object& object) {
  return {key, object.bytes->size(), object.modified_ms, std::to_string(object.generation)};
}

MemoryStore::Object MemoryStore::find(const std::string& key) {
  check_key(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) throw Error(ErrorCode::store_not_found, "there is no " + key + " in " + uri());
  return found->second;
}

std::string MemoryStore::read(const std::string& key) { return *find(key).bytes; }

std::string MemoryStore::read(const std::string& key, uint64_t offset, uint64_t length) {
  const auto bytes = find(key).bytes;
  return offset >= bytes->size() ? std::string() : bytes->substr(offset, length);
}

uint64_t MemoryStore::read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) {
  const auto bytes = find(key).bytes;
  if (offset >= bytes->size()) return 0;
  const uint64_t count = std::min<uint64_t>(length, bytes->size() - offset);
  std::memcpy(out, bytes->data() + offset, count);
  return count;
}

std::optional<ObjectInfo> MemoryStore::head(const std::string& key) {
  check_key(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  return found == objects_.end() ? std::nullopt : std::optional(describe(key, found->second));
}

void MemoryStore::list_from(const std::string& prefix, const std::string& start_after,
                            const std::function<bool(const ObjectInfo&)>& visit) {
  check_prefix(prefix);
  std::vector<ObjectInfo> found;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix); ++at)
      if (at->first > start_after) found.push_back(describe(at->first, at->second));
  }
  for (const auto& info : found)
    if (!visit(info)) return;
}

std::vector<std::string> MemoryStore::list_folders(const std::string& prefix) {
  check_prefix(prefix);
  std::vector<std::string> folders;
  const std::lock_guard lock(mutex_);
  for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix); ++at) {
    const size_t slash = at->first.find('/', prefix.size());
    if (slash == std::string::npos) continue;
    std::string name = at->first.substr(prefix.size(), slash - prefix.size());
    if (folders.empty() || folders.back() != name) folders.push_back(std::move(name));
  }
  return folders;
}

void MemoryStore::put(const std::string& key, std::string_view bytes) {
  check_key(key);
  place(key, std::string(bytes));
}

PutResult MemoryStore::put_if_absent(const std::string& key, std::string_view bytes) {
  check_key(key);
  Object object{std::make_shared<const std::string>(bytes), now_ms(), 0};
  const std::lock_guard lock(mutex_);
  object.generation = next_generation_++;
  return objects_.try_emplace(key, std::move(object)).second ? PutResult::done : PutResult::exists;
}

std::unique_ptr<ObjectWriter> MemoryStore::open_write(const std::string& key) {
  check_key(key);
  return std::make_unique<MemoryWriter>(*this, key);
}

void MemoryStore::remove(const std::string& key) {
  check_key(key);
  const std::lock_guard lock(mutex_);
  removals_ += objects_.erase(key);
}

uint64_t MemoryStore::changes() {
  const std::lock_guard lock(mutex_);
  return next_generation_ + removals_;
}

}  // namespace weir::store
