// A folder of HDFS as an ObjectStore, over WebHDFS.
//
// A file is written under a name that starts with .tmp- and is then renamed: put replaces, put_if_absent does not, and
// the namenode does either at once. A lost answer is resolved by looking whether the old name is still there, so that
// Error{store_unknown} is thrown only if the namenode cannot be asked any more. What a dead process leaves under .tmp-
// names is never listed.
//
// "Durable" means what HDFS means by a closed file: the bytes are with the datanodes. Whether those have synced their
// disks is dfs.datanode.synconclose of the cluster.
//
// An open reader reads the very file that it opened, by its number in the namespace, or throws Error{store_not_found}
// when that was replaced. Folders are real: a file cannot be one too, and empty ones stay until remove_empty_folders.
#pragma once

#include "store/hdfs/namenode.h"

namespace weir::store::hdfs {

class HdfsStore final : public ObjectStore {
 public:
  explicit HdfsStore(std::unique_ptr<Namenode> namenode) : namenode_(std::move(namenode)) {}
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
  std::string uri() const override { return namenode_->config().uri(); }
  bool is_remote() const override { return true; }

 private:
  std::unique_ptr<Namenode> namenode_;
};

// The store of a URI, configured by the environment. Nothing is sent before the first use. The clock must outlive it.
std::unique_ptr<ObjectStore> open_hdfs(const std::string& uri, const Environment& environment, Clock& clock);

}  // namespace weir::store::hdfs
