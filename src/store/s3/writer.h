// Writing an object of unknown length: one PUT while it is small, else a multipart upload.
#pragma once

#include "store/object_store.h"
#include "store/s3/bucket.h"

namespace weir::store::s3 {

// Sends `bytes` as the whole object; repeatable. Throws Error{store_unknown} if it may have happened.
void put_object(Bucket& bucket, const std::string& key, std::string_view bytes);

class S3Writer final : public ObjectWriter {
 public:
  // The bucket must outlive the writer.
  S3Writer(Bucket& bucket, std::string key) : bucket_(bucket), key_(std::move(key)) {}
  ~S3Writer() override { abort(); }
  void append(std::string_view bytes) override;
  uint64_t size() const override { return size_; }
  void finish() override;
  void abort() noexcept override;

 private:
  void begin_upload();
  void upload_part(std::string_view bytes);
  void complete_upload();
  bool is_ours() const;
  uint64_t part_bytes() const;

  Bucket& bucket_;
  std::string key_;
  std::string buffer_;
  uint64_t size_ = 0;
  std::string upload_id_, mark_;  // of a multipart upload; the mark tells ours from another's with the same key
  std::vector<std::string> part_etags_;
  bool open_ = true;
};

}  // namespace weir::store::s3
