// Ranges of an object by GET with a Range header, as S3, Google Cloud Storage and Azure have it (RFC 9110, 14.2).
#pragma once

#include "store/http/retry.h"
#include "store/object_store.h"
#include "store/remote/reader.h"

namespace weir::store::remote {

// A store's way of asking for an object's bytes.
class ByteSource {
 public:
  struct Ask {
    std::string range;     // the header's value; "" = the whole object
    std::string etag;      // if not empty: only of the object that has it; another answers 412
    char* into = nullptr;  // as in http::Request
    uint64_t into_bytes = 0;
  };
  virtual ~ByteSource() = default;
  virtual http::Outcome get(const std::string& key, const Ask& ask) = 0;
  // Size, time and etag as an answer to GET or HEAD has them; nullopt if the size is missing.
  virtual std::optional<ObjectInfo> describe(const http::Answer& answer, const std::string& key) const;
  virtual std::string uri(const std::string& key) const = 0;
  [[noreturn]] virtual void fail_reading(const std::string& key, const http::Outcome& outcome) const = 0;
};

// A range; shorter only at the object's end. Throws Error{store_not_found, store_io}.
std::string read_range(ByteSource& source, const std::string& key, uint64_t offset, uint64_t length);
// The same into `out`; returns the bytes read. With `etag`, only of the object that has it (Error{store_io}).
uint64_t read_range_into(ByteSource& source, const std::string& key, uint64_t offset, char* out, uint64_t length,
                         const std::string& etag = {});

// Opens with one request for the object's last bytes ("bytes=-N").
OpenedObject open_by_tail(ByteSource& source, const std::string& key, uint64_t tail_bytes);
// For servers that know no last bytes: asks for the first ones, and then, if there are more, for the last ones.
OpenedObject open_by_head(ByteSource& source, const std::string& key, uint64_t tail_bytes);

// A reader over either. The source must outlive it.
std::unique_ptr<ObjectReader> make_reader(ByteSource& source, OpenedObject opened, uint64_t read_ahead_bytes);

}  // namespace weir::store::remote
