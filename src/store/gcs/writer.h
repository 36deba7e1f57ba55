// Writing an object of unknown length: one request while it is small, else a resumable upload. (Cloud Storage,
// "Perform resumable uploads".)
#pragma once

#include "store/gcs/bucket.h"
#include "store/remote/part_writer.h"

namespace weir::store::gcs {

// Sends `bytes` as the whole object if there is none; 412 if there is. Sent once if it may have been carried out.
http::Outcome put_object_if_absent(Bucket& bucket, const std::string& key, std::string_view bytes);
// Replaces; repeatable. Throws Error{store_unknown} if it may have happened.
void put_object(Bucket& bucket, const std::string& key, std::string_view bytes);

// After a part whose answer was lost the server is asked how much it has, and the upload goes on from there.
class GcsWriter final : public remote::PartWriter {
 public:
  // The bucket must outlive the writer.
  GcsWriter(Bucket& bucket, std::string key) : bucket_(bucket), key_(std::move(key)) {}
  ~GcsWriter() override { abort(); }

 private:
  // Sessions have no limit on the number of parts.
  uint64_t part_bytes(size_t) const override { return bucket_.config().part_bytes; }
  void put_whole(std::string_view bytes) override { put_object(bucket_, key_, bytes); }
  void begin() override;
  void send_part(std::string_view bytes) override { send_range(bytes, false); }
  void complete(std::string_view rest) override { send_range(rest, true); }
  void discard() noexcept override;
  void send_range(std::string_view bytes, bool is_last);
  http::Outcome ask_progress(const std::string& total);
  uint64_t persisted(const http::Answer& answer) const;

  Bucket& bucket_;
  std::string key_;
  std::string session_;  // its URL, which is a secret: whoever has it may write
  uint64_t sent_ = 0;    // what the server has for sure
};

}  // namespace weir::store::gcs
