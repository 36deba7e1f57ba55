// Writing an object of unknown length: one PUT while it is small, else a multipart upload.
#pragma once

#include "store/remote/part_writer.h"
#include "store/s3/bucket.h"

namespace weir::store::s3 {

// Sends `bytes` as the whole object; repeatable. Throws Error{store_unknown} if it may have happened.
void put_object(Bucket& bucket, const std::string& key, std::string_view bytes);

class S3Writer final : public remote::PartWriter {
 public:
  // The bucket must outlive the writer.
  S3Writer(Bucket& bucket, std::string key) : bucket_(bucket), key_(std::move(key)) {}
  ~S3Writer() override { abort(); }

 private:
  uint64_t part_bytes(size_t number) const override;
  void put_whole(std::string_view bytes) override { put_object(bucket_, key_, bytes); }
  void begin() override;
  void send_part(std::string_view bytes) override;
  void complete(std::string_view rest) override;
  void discard() noexcept override;
  bool is_ours() const;

  Bucket& bucket_;
  std::string key_;
  std::string upload_id_, mark_;  // of a multipart upload; the mark tells ours from another's with the same key
  std::vector<std::string> part_etags_;
};

}  // namespace weir::store::s3
