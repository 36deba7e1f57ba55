#include "engine/duckdb/unclosed_quotes.h"

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/file_relation.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr size_t kept_bytes = 10'000;

// A file from front to back: what is packed cannot be sought in.
class Window {
 public:
  Window(FileSystem& files, const std::string& path, Compression compression)
      : file_(files.OpenFile(path, FileOpenFlags(FileFlags::FILE_FLAGS_READ) | compression_type(compression))) {}

  // kept_bytes from `offset` on, fewer only at the end of the file. Offsets must not go down.
  std::string_view at(uint64_t offset) {
    while (start_ + bytes_.size() < offset) {
      start_ += bytes_.size();
      bytes_.clear();
      fill(kept_bytes);
      if (bytes_.empty()) return {};
    }
    if (offset > start_) {
      bytes_.erase(0, static_cast<size_t>(offset - start_));
      start_ = offset;
    }
    fill(kept_bytes);
    return std::string_view(bytes_).substr(0, kept_bytes);
  }

 private:
  void fill(size_t wanted) {
    size_t filled = bytes_.size();
    if (filled >= wanted) return;
    bytes_.resize(wanted);
    while (filled < wanted) {
      auto got = file_->Read(bytes_.data() + filled, wanted - filled);
      if (got <= 0) break;
      filled += static_cast<size_t>(got);
    }
    bytes_.resize(filled);
  }

  duckdb::unique_ptr<FileHandle> file_;
  std::string bytes_;
  uint64_t start_ = 0;
};

bool ends_within(std::string_view text, const CsvDialect& dialect) {
  bool whole_file = text.size() < kept_bytes;
  return next_record(text, dialect, whole_file).has_value();
}

}  // namespace

void check_quotes_close(FileSystem& files, const std::string& path, Compression compression, const CsvDialect& dialect,
                        const std::vector<RejectedLine>& lines) {
  if (lines.empty()) return;
  // In another encoding the offsets are not those of the file.
  const bool located = iequals(dialect.encoding, "utf-8");
  Window window(files, path, compression_of(path, compression));
  for (const RejectedLine& line : lines) {
    if (located && ends_within(window.at(line.offset), dialect)) continue;
    throw Error(ErrorCode::file_unreadable,
                path + ":" + std::to_string(line.line) + ": a quote opens and is not closed within 10,000 bytes",
                "close it, or declare another `quote` in the format");
  }
}

}  // namespace weir::engine::duck
