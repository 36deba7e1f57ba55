// A folder of a bucket of Amazon S3, or of a server that speaks its protocol, as an ObjectStore.
//
// put_if_absent is a PUT with If-None-Match: *. It is never sent twice when the first sending may have been carried
// out: then Error{store_unknown} is thrown, and the caller looks. Of other servers than Amazon's it is proven once,
// before the first such put, that they honour the condition; one that does not is refused (Error{store_scheme}). A put,
// and the finish of a writer, may be sent again, since the last one wins with the same bytes.
//
// Objects above Config::part_bytes are written as multipart uploads: invisible until finish(), aborted if the writer
// ends without it. A process that dies leaves the parts: a lifecycle rule of the bucket should remove them.
//
// An open reader reads the object that it opened (If-Match), or throws Error{store_io} when that was replaced. Keys
// that this store would refuse ("a//b", "folder/") are not listed. Etags are S3's.
#pragma once

#include <atomic>

#include "base/once.h"
#include "store/object_store.h"
#include "store/s3/bucket.h"

namespace weir::store::s3 {

class S3Store final : public ObjectStore {
 public:
  explicit S3Store(std::unique_ptr<Bucket> bucket) : bucket_(std::move(bucket)) {}
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
  std::string uri() const override { return bucket_->config().uri(); }
  bool is_remote() const override { return true; }

 private:
  PutResult put_once(const std::string& key, std::string_view bytes);
  void remove_object(const std::string& key);
  void remove_batch(const std::vector<std::string>& keys);
  std::unique_ptr<Bucket> bucket_;
  Once conditions_proven_;
};

// The store of a URI, configured by the environment. Nothing is sent before the first use. The clock must outlive it.
std::unique_ptr<ObjectStore> open_s3(const std::string& uri, const Environment& environment, Clock& clock);

}  // namespace weir::store::s3
