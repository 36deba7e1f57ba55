#include "store/remote/reader.h"

#include <algorithm>
#include <cstring>

namespace weir::store::remote {

bool Piece::serve(uint64_t from, char* out, uint64_t length) const {
  if (from < offset || from + length > end()) return false;
  std::memcpy(out, bytes.data() + (from - offset), length);
  return true;
}

RemoteReader::RemoteReader(OpenedObject opened, ReadRange read, uint64_t read_ahead_bytes, std::string uri)
    : opened_(std::move(opened)),
      read_(std::move(read)),
      read_ahead_bytes_(read_ahead_bytes),
      uri_(std::move(uri)),
      ahead_(std::move(opened_.first)) {}

void RemoteReader::read_whole(uint64_t offset, char* out, uint64_t length) {
  if (read_(offset, out, length) != length)
    throw Error(ErrorCode::store_io, uri_ + " ends earlier than it did when it was opened");
}

uint64_t RemoteReader::read_into(uint64_t offset, char* out, uint64_t length) {
  const uint64_t size = opened_.info.size;
  if (offset >= size) return 0;
  length = std::min(length, size - offset);
  if (length == 0 || opened_.last.serve(offset, out, length)) return length;
  bool in_order = false;
  {
    const std::lock_guard lock(mutex_);
    in_order = offset == expected_;
    expected_ = offset + length;
    if (ahead_.serve(offset, out, length)) return length;
  }
  if (!in_order || length >= read_ahead_bytes_) {
    read_whole(offset, out, length);
    return length;
  }
  Piece piece{offset, std::string(std::min(read_ahead_bytes_, size - offset), '\0')};
  read_whole(offset, piece.bytes.data(), piece.bytes.size());
  piece.serve(offset, out, length);
  const std::lock_guard lock(mutex_);
  ahead_ = std::move(piece);
  return length;
}

}  // namespace weir::store::remote
