// A folder of a container of Azure Blob Storage, or of Azure Data Lake Storage Gen2 through the same API, as an
// ObjectStore.
//
// put_if_absent is a Put Blob with If-None-Match: *. It is never sent twice when the first sending may have been
// carried out: then Error{store_unknown} is thrown, and the caller looks. Of other servers than Azure's it is proven
// once, before the first such put, that they honour the condition; one that does not is refused (Error{store_scheme}).
// A put, and the finish of a writer, may be sent again, since the last one wins with the same bytes.
//
// Objects above Config::block_bytes are written as blocks and a block list: invisible until finish(); blocks that no
// list names are gone after a week.
//
// An open reader reads the object that it opened (If-Match), or throws Error{store_io} when that was replaced. Keys
// that this store would refuse ("a//b", "folder/") are not listed; it refuses (Error{bad_key}) also names that Azure
// does not keep: with a backslash, or with a dot at the end of a segment.
//
// Of abfss:// the listing goes folder by folder, since accounts with a hierarchical namespace list in another order
// than that of keys; az:// lists flat and refuses such an account.
#pragma once

#include "base/once.h"
#include "store/azure/container.h"
#include "store/object_store.h"

namespace weir::store::azure {

class AzureStore final : public ObjectStore {
 public:
  explicit AzureStore(std::unique_ptr<Container> container) : container_(std::move(container)) {}
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
  std::string uri() const override { return container_->config().uri(); }
  bool is_remote() const override { return true; }

 private:
  PutResult put_once(const std::string& key, std::string_view bytes);
  void remove_object(const std::string& key);
  std::unique_ptr<Container> container_;
  Once conditions_proven_;
};

// The store of a URI, configured by the environment. Nothing is sent before the first use. The clock must outlive it.
std::unique_ptr<ObjectStore> open_azure(const std::string& uri, const Environment& environment, Clock& clock);

}  // namespace weir::store::azure
