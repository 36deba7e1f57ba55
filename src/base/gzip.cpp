#include "base/gzip.h"

#include <zlib.h>

namespace weir {

std::optional<std::string> gunzip(std::string_view bytes, uint64_t most_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
  struct End {
    z_stream& stream;
    ~End() { inflateEnd(&stream); }
  } end{stream};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  char piece[64 * 1024];
  bool whole = false;
  while (stream.avail_in > 0 || !whole) {
    if (whole && inflateReset(&stream) != Z_OK) return std::nullopt;
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    const int code = inflate(&stream, Z_NO_FLUSH);
    const size_t count = sizeof piece - stream.avail_out;
    if (code != Z_OK && code != Z_STREAM_END) return std::nullopt;
    if (code == Z_OK && count == 0) return std::nullopt;  // it ends too early
    if (out.size() + count > most_bytes) return std::nullopt;
    out.append(piece, count);
    whole = code == Z_STREAM_END;
  }
  return out;
}

}  // namespace weir
