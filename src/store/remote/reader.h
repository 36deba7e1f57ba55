// Reading many ranges of one object over a network with few requests.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "store/object_store.h"

namespace weir::store::remote {

struct Piece {
  uint64_t offset = 0;
  std::string bytes;
  uint64_t end() const { return offset + bytes.size(); }
  // Whether the piece has all of it; then it is copied.
  bool serve(uint64_t from, char* out, uint64_t length) const;
};

// What opening an object brought.
struct OpenedObject {
  ObjectInfo info;
  Piece last;   // its end: a Parquet file is read from there
  Piece first;  // its start, if that came along
};

// Reads [offset, offset + length) of the very object that was opened, all of it below its size, or throws; returns the
// bytes read.
using ReadRange = std::function<uint64_t(uint64_t offset, char* out, uint64_t length)>;

// Small reads in order are served from pieces of `read_ahead_bytes`; others are one request each.
class RemoteReader final : public ObjectReader {
 public:
  // `uri` is for errors. Throws Error{store_io} from read_into if a range comes back shorter than it is.
  RemoteReader(OpenedObject opened, ReadRange read, uint64_t read_ahead_bytes, std::string uri);
  const ObjectInfo& info() const override { return opened_.info; }
  uint64_t read_into(uint64_t offset, char* out, uint64_t length) override;

 private:
  void read_whole(uint64_t offset, char* out, uint64_t length);
  OpenedObject opened_;
  ReadRange read_;
  uint64_t read_ahead_bytes_;
  std::string uri_;
  std::mutex mutex_;
  Piece ahead_;
  uint64_t expected_ = 0;  // where a read in order goes on
};

}  // namespace weir::store::remote
