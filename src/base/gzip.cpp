#include "base/gzip.h"

#include <zlib.h>

namespace weir {

namespace {

constexpr int gzip_frame = MAX_WBITS + 16, no_frame = -MAX_WBITS;  // as zlib counts

class Inflater {
 public:
  Inflater(std::string_view bytes, int frame) {
    ready_ = inflateInit2(&stream_, frame) == Z_OK;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(bytes.size());
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  size_t left() const { return stream_.avail_in; }
  void begin_again() { ready_ = ready_ && inflateReset(&stream_) == Z_OK; }

  // Up to the end of one stream, appended to `out`.
  Unpacked take(uint64_t most_bytes, std::string& out) {
    char piece[64 * 1024];
    while (ready_) {
      stream_.next_out = reinterpret_cast<Bytef*>(piece);
      stream_.avail_out = sizeof piece;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      const size_t count = sizeof piece - stream_.avail_out;
      if (code != Z_OK && code != Z_STREAM_END) break;
      if (code == Z_OK && count == 0) break;  // it ends too early
      if (out.size() + count > most_bytes) return Unpacked::too_long;
      out.append(piece, count);
      if (code == Z_STREAM_END) return Unpacked::whole;
    }
    return Unpacked::damaged;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::optional<std::string> gunzip(std::string_view bytes, uint64_t most_bytes) {
  Inflater inflater(bytes, gzip_frame);
  std::string out;
  do {
    if (inflater.take(most_bytes, out) != Unpacked::whole) return std::nullopt;
    inflater.begin_again();
  } while (inflater.left() > 0);
  return out;
}

Unpacked inflate_raw(std::string_view bytes, uint64_t most_bytes, size_t most_behind, std::string& out) {
  Inflater inflater(bytes, no_frame);
  const Unpacked result = inflater.take(most_bytes, out);
  return result == Unpacked::whole && inflater.left() > most_behind ? Unpacked::damaged : result;
}

}  // namespace weir
