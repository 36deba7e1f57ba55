#include "store/remote/part_writer.h"

#include <algorithm>

namespace weir::store::remote {

namespace {
constexpr size_t parts_of_a_size = 1000;
}

void PartWriter::append(std::string_view bytes) {
  require(open_, "an ObjectWriter is written to before finish and abort");
  size_ += bytes.size();
  // A full buffer waits for one byte more, so that the last part is never empty.
  while (buffer_.size() + bytes.size() > part_bytes(parts_)) {
    const size_t missing = part_bytes(parts_) - buffer_.size();
    buffer_ += bytes.substr(0, missing);
    bytes.remove_prefix(missing);
    if (!begun_) begin();
    begun_ = true;
    send_part(buffer_);
    ++parts_;
    buffer_.clear();
  }
  buffer_ += bytes;
}

void PartWriter::finish() {
  require(open_, "an ObjectWriter is finished once");
  if (begun_) {
    complete(buffer_);
  } else {
    // Whatever comes of it, there is no upload to abort.
    open_ = false;
    put_whole(buffer_);
  }
  open_ = false;
}

void PartWriter::abort() noexcept {
  if (!open_) return;
  open_ = false;
  buffer_.clear();
  if (begun_) discard();
}

uint64_t growing_part_bytes(uint64_t first, size_t number) {
  return first << std::min<size_t>(number / parts_of_a_size, 9);
}

}  // namespace weir::store::remote
