#include "cli/one_file_store.h"

#include <algorithm>

#include "base/error.h"
#include "lake/action_json.h"
#include "lake/deletion_vector.h"
#include "lake/log_names.h"

namespace weir::cli {

namespace {

class OneFileStore final : public store::ObjectStore {
 public:
  OneFileStore(std::shared_ptr<store::ObjectStore> beneath, std::string key, std::string content)
      : beneath_(std::move(beneath)), key_(std::move(key)), content_(std::move(content)) {}

  std::string read(const std::string& key) override { return key == key_ ? content_ : beneath_->read(key); }
  std::string read(const std::string& key, uint64_t offset, uint64_t length) override {
    if (key != key_) return beneath_->read(key, offset, length);
    return offset < content_.size() ? content_.substr(offset, length) : std::string();
  }
  uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) override {
    if (key != key_) return beneath_->read_into(key, offset, out, length);
    const std::string part = read(key, offset, length);
    std::copy(part.begin(), part.end(), out);
    return part.size();
  }
  std::unique_ptr<store::ObjectReader> open_read(const std::string& key) override {
    return key == key_ ? ObjectStore::open_read(key) : beneath_->open_read(key);
  }
  std::optional<store::ObjectInfo> head(const std::string& key) override {
    return key == key_ ? std::optional(info()) : beneath_->head(key);
  }
  void list_from(const std::string& prefix, const std::string& start_after,
                 const std::function<bool(const store::ObjectInfo&)>& visit) override {
    if (!key_.starts_with(prefix)) return beneath_->list_from(prefix, start_after, visit);
    if (key_ > start_after) visit(info());
  }
  std::vector<std::string> list_folders(const std::string& prefix) override {
    auto folders = beneath_->list_folders(prefix);
    if (key_.starts_with(prefix)) {
      const std::string below = key_.substr(prefix.size());
      if (const size_t slash = below.find('/'); slash != std::string::npos) folders.push_back(below.substr(0, slash));
    }
    return folders;
  }
  void put(const std::string&, std::string_view) override { only_read(); }
  store::PutResult put_if_absent(const std::string&, std::string_view) override { only_read(); }
  std::unique_ptr<store::ObjectWriter> open_write(const std::string&) override { only_read(); }
  void remove(const std::string&) override { only_read(); }
  std::string uri() const override { return beneath_->uri(); }

 private:
  store::ObjectInfo info() const { return {key_, content_.size(), 1, "1"}; }
  [[noreturn]] static void only_read() { throw Error(ErrorCode::internal, "a table that is checked is only read"); }

  std::shared_ptr<store::ObjectStore> beneath_;
  std::string key_, content_;
};

std::string absolute(const lake::TableLocation& table, const std::string& key) {
  return table.store->uri() + "/" + lake::encode_path(key);
}

}  // namespace

lake::TableName file_table() { return {"weir check", "file"}; }

std::shared_ptr<lake::Lake> lake_of_file(const lake::Snapshot& snapshot, const lake::Add& add) {
  const lake::TableLocation& table = snapshot.location();
  lake::Add moved = add;
  if (!lake::is_absolute_path(add.path)) moved.path = absolute(table, table.key(lake::decoded_path(add)));
  if (moved.deletion_vector && moved.deletion_vector->storage_type == "u") {
    moved.deletion_vector->storage_type = "p";
    moved.deletion_vector->path_or_inline_dv =
        absolute(table, lake::deletion_vector_key(table, *add.deletion_vector).value());
  }
  // Statistics are what is being checked: nothing may be concluded from them.
  moved.stats.reset();
  const std::string content = lake::write_commit({snapshot.protocol(), snapshot.metadata(), moved});
  const lake::TableLocation place{table.store, lake::Lake::folder_of(file_table())};
  return std::make_shared<lake::Lake>(std::make_shared<OneFileStore>(table.store, lake::commit_key(place, 0), content));
}

}  // namespace weir::cli
