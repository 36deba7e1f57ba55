#include "format/gzip.h"

#include <zlib.h>

#include <algorithm>

namespace weir::format {

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::optional<std::string> gunzip(std::string_view bytes, size_t limit) {
  constexpr int with_gzip_header = 16;
  std::string out;
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + with_gzip_header) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int result = Z_OK;
  while (result == Z_OK && out.size() <= limit) {
    const size_t before = out.size(), more = std::max<size_t>(before, size_t{16} << 10);
    out.resize(before + more);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(more);
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + more - stream.avail_out);
    if (result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0) break;
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END || out.size() > limit) return std::nullopt;
  return out;
}

}  // namespace weir::format
