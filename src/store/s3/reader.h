// Reading ranges of an object: one request each, or fewer by reading ahead.
#pragma once

#include <mutex>

#include "store/object_store.h"
#include "store/s3/bucket.h"

namespace weir::store::s3 {

// Size, time and etag as an answer's headers have them; nullopt if the size is missing.
std::optional<ObjectInfo> described_by(const http::Answer& answer, const std::string& key);

// A range; shorter only at the object's end. With `etag`, only of the object that has it. Throws Error{store_not_found,
// store_io}.
std::string read_range(Bucket& bucket, const std::string& key, uint64_t offset, uint64_t length);
// The same into `out`; returns the bytes read.
uint64_t read_range_into(Bucket& bucket, const std::string& key, uint64_t offset, char* out, uint64_t length,
                         const std::string& etag = {});

// Opening takes one request, which brings the object's last bytes too (a Parquet file is read from its end). Small
// reads in order are served from pieces of Config::read_ahead_bytes; others are one request each.
class S3Reader final : public ObjectReader {
 public:
  S3Reader(Bucket& bucket, const std::string& key);
  const ObjectInfo& info() const override { return info_; }
  uint64_t read_into(uint64_t offset, char* out, uint64_t length) override;

 private:
  struct Piece {
    uint64_t offset = 0;
    std::string bytes;
    uint64_t end() const { return offset + bytes.size(); }
    // Whether the piece has all of it; then it is copied.
    bool serve(uint64_t from, char* out, uint64_t length) const;
  };
  void open();
  Bucket& bucket_;
  ObjectInfo info_;
  Piece tail_;
  std::mutex mutex_;
  Piece ahead_;
  uint64_t expected_ = 0;  // where a read in order goes on
};

}  // namespace weir::store::s3
