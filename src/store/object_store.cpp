#include "store/object_store.h"

#include "base/json.h"
#include "base/text.h"

namespace weir::store {

namespace {

constexpr std::string_view reserved_prefix = ".tmp-";

[[noreturn]] void refuse(std::string_view key, std::string_view why) {
  std::string shown;
  append_json_string(shown, key);
  throw Error(ErrorCode::bad_key, "the path " + shown + " " + std::string(why));
}

void check_segment(std::string_view segment, std::string_view key) {
  if (segment.empty()) refuse(key, "is absolute or has an empty segment");
  if (segment == "." || segment == "..") refuse(key, "has a '.' or '..' segment");
  if (segment.starts_with(reserved_prefix))
    refuse(key, "has a segment that starts with .tmp-, which is the store's own");
}

// For stores that can only read by key.
class KeyReader final : public ObjectReader {
 public:
  KeyReader(ObjectStore& store, ObjectInfo info) : store_(store), info_(std::move(info)) {}
  const ObjectInfo& info() const override { return info_; }
  uint64_t read_into(uint64_t offset, char* out, uint64_t length) override {
    return store_.read_into(info_.key, offset, out, length);
  }

 private:
  ObjectStore& store_;
  ObjectInfo info_;
};

}  // namespace

void check_key(std::string_view key) {
  if (key.empty()) refuse(key, "is empty");
  if (key.find('\0') != std::string_view::npos) refuse(key, "has a NUL byte");
  for (const auto& segment : split(key, '/')) check_segment(segment, key);
}

void check_prefix(std::string_view prefix) {
  if (prefix.find('\0') != std::string_view::npos) refuse(prefix, "has a NUL byte");
  const auto segments = split(prefix, '/');
  // The last one is the start of a name, so it may be empty.
  for (size_t i = 0; i + 1 < segments.size(); ++i) check_segment(segments[i], prefix);
  if (segments.back() == "..") refuse(prefix, "has a '..' segment");
}

std::unique_ptr<ObjectReader> ObjectStore::open_read(const std::string& key) {
  auto found = head(key);
  if (!found) throw Error(ErrorCode::store_not_found, "there is no " + key + " in " + uri());
  return std::make_unique<KeyReader>(*this, std::move(*found));
}

void ObjectStore::remove_all(const std::vector<std::string>& keys) {
  for (const auto& key : keys) remove(key);
}

size_t ObjectStore::remove_unfinished(const std::string&, int64_t) { return 0; }

size_t ObjectStore::remove_empty_folders(const std::string&, const std::function<bool(std::string_view)>&) { return 0; }

void ObjectStore::make_durable(const std::string& key) { check_key(key); }

std::optional<std::string> read_if_exists(ObjectStore& store, const std::string& key) {
  try {
    return store.read(key);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::store_not_found) return std::nullopt;
    throw;
  }
}

std::vector<ObjectInfo> list(ObjectStore& store, const std::string& prefix, const std::string& start_after) {
  std::vector<ObjectInfo> found;
  store.list_from(prefix, start_after, [&](const ObjectInfo& info) {
    found.push_back(info);
    return true;
  });
  return found;
}

}  // namespace weir::store
