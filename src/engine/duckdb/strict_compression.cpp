#include "engine/duckdb/strict_compression.h"

#include <zstd.h>

#include <array>
#include <duckdb/common/exception.hpp>
#include <duckdb/common/gzip_file_system.hpp>
#include <duckdb/main/client_context.hpp>
#include <utility>

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// A packed file that knows whether what was read so far could be its end.
class StrictFile final : public CompressedFile {
 public:
  StrictFile(CompressedFileSystem& fs, QueryContext context, duckdb::unique_ptr<FileHandle> child,
             const std::string& path, FileCompressionType type, bool writes)
      : CompressedFile(fs, std::move(child), path), type_(type) {
    Initialize(context, writes);
  }
  ~StrictFile() override {
    try {
      Close();
    } catch (const std::exception&) {  // a destructor cannot tell; who writes closes by himself
    }
  }
  FileCompressionType GetFileCompressionType() override { return type_; }

  bool may_end = false;

 private:
  FileCompressionType type_;
};

int64_t read_strictly(FileHandle& handle, void* buffer, int64_t bytes) {
  auto& file = handle.Cast<StrictFile>();
  auto got = file.ReadData(buffer, bytes);
  if (got < bytes && !file.may_end) throw IOException("\"%s\" is cut off: the packed data ends too early", file.path);
  return got;
}

// ---- gzip ----

// CRC-32 of gzip (RFC 1952), four bytes at a time.
class Crc32 {
 public:
  void update(const uint8_t* bytes, size_t count) {
    auto& table = tables();
    uint32_t crc = ~crc_;
    for (; count >= 4; bytes += 4, count -= 4) {
      crc ^= uint32_t(bytes[0]) | uint32_t(bytes[1]) << 8 | uint32_t(bytes[2]) << 16 | uint32_t(bytes[3]) << 24;
      crc = table[3][crc & 0xFF] ^ table[2][crc >> 8 & 0xFF] ^ table[1][crc >> 16 & 0xFF] ^ table[0][crc >> 24];
    }
    for (; count > 0; ++bytes, --count) crc = table[0][(crc ^ *bytes) & 0xFF] ^ crc >> 8;
    crc_ = ~crc;
  }
  uint32_t value() const { return crc_; }

 private:
  using Tables = std::array<std::array<uint32_t, 256>, 4>;
  static const Tables& tables() {
    static const Tables made = [] {
      Tables t{};
      for (uint32_t i = 0; i < 256; ++i) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
        t[0][i] = crc;
      }
      for (size_t k = 1; k < 4; ++k)
        for (size_t i = 0; i < 256; ++i) t[k][i] = t[0][t[k - 1][i] & 0xFF] ^ t[k - 1][i] >> 8;
      return t;
    }();
    return made;
  }
  uint32_t crc_ = 0;
};

uint32_t little_endian(const data_t* bytes) {
  return uint32_t(bytes[0]) | uint32_t(bytes[1]) << 8 | uint32_t(bytes[2]) << 16 | uint32_t(bytes[3]) << 24;
}

// DuckDB's inflater, with an eye on where members end and on their checksums.
class GzipStream final : public StreamWrapper {
 public:
  explicit GzipStream(duckdb::unique_ptr<StreamWrapper> inner) : inner_(std::move(inner)) {}

  void Initialize(QueryContext context, CompressedFile& file, bool writes) override {
    file_ = &file.Cast<StrictFile>();
    inner_->Initialize(context, file, writes);
  }
  bool Read(StreamData& data) override {
    if (data.refresh) check_footer(data);  // the buffer was filled up since, as far as the file goes
    bool finished = inner_->Read(data);
    if (!finished) {
      auto count = static_cast<size_t>(data.out_buff_end - data.out_buff_start);
      crc_.update(data.out_buff_start, count);
      length_ += static_cast<uint32_t>(count);
      unchecked_ = data.refresh;
      check_footer(data);
    }
    file_->may_end = finished || data.refresh;
    return finished;
  }
  void Write(CompressedFile& file, StreamData& data, data_ptr_t buffer, int64_t bytes) override {
    inner_->Write(file, data, buffer, bytes);
  }
  void Close() override { inner_->Close(); }

 private:
  void check_footer(const StreamData& data) {
    if (!unchecked_ || data.in_buff_end - data.in_buff_start < GZIP_FOOTER_SIZE) return;
    bool good = little_endian(data.in_buff_start) == crc_.value() && little_endian(data.in_buff_start + 4) == length_;
    if (!good) throw IOException("\"%s\" is damaged: its checksum does not fit", file_->path);
    unchecked_ = false;
    crc_ = Crc32();
    length_ = 0;
  }

  duckdb::unique_ptr<StreamWrapper> inner_;
  StrictFile* file_ = nullptr;
  Crc32 crc_;
  uint32_t length_ = 0;
  bool unchecked_ = false;
};

class StrictGzip final : public GZipFileSystem {
 public:
  duckdb::unique_ptr<FileHandle> OpenCompressedFile(QueryContext context, duckdb::unique_ptr<FileHandle> handle,
                                                    bool writes) override {
    auto path = handle->path;
    return make_uniq<StrictFile>(*this, context, std::move(handle), path, FileCompressionType::GZIP, writes);
  }
  duckdb::unique_ptr<StreamWrapper> CreateStream() override {
    return make_uniq<GzipStream>(GZipFileSystem::CreateStream());
  }
  int64_t Read(FileHandle& handle, void* buffer, int64_t bytes) override {
    return read_strictly(handle, buffer, bytes);
  }
};

// ---- zstd ----

class ZstdStream final : public StreamWrapper {
 public:
  ~ZstdStream() override {
    ZSTD_freeDCtx(reader_);
    ZSTD_freeCCtx(writer_);
  }

  void Initialize(QueryContext, CompressedFile& file, bool writes) override {
    file_ = &file.Cast<StrictFile>();
    if (writes)
      writer_ = ZSTD_createCCtx();
    else
      reader_ = ZSTD_createDCtx();
  }
  bool Read(StreamData& data) override {
    ZSTD_inBuffer in{data.in_buff_start, static_cast<size_t>(data.in_buff_end - data.in_buff_start), 0};
    ZSTD_outBuffer out{data.out_buff_start, data.out_buf_size, 0};
    auto left = checked(ZSTD_decompressStream(reader_, &out, &in));
    data.in_buff_start += in.pos;
    data.out_buff_end = data.out_buff_start + out.pos;
    file_->may_end = left == 0;
    return false;
  }
  void Write(CompressedFile& file, StreamData& data, data_ptr_t buffer, int64_t bytes) override {
    ZSTD_inBuffer in{buffer, static_cast<size_t>(bytes), 0};
    while (in.pos < in.size) pack(file, data, in, ZSTD_e_continue);
  }
  void Close() override {
    if (!writer_) return;
    ZSTD_inBuffer nothing{nullptr, 0, 0};
    while (pack(*file_, file_->stream_data, nothing, ZSTD_e_end) > 0) {
    }
    ZSTD_freeCCtx(std::exchange(writer_, nullptr));
  }

 private:
  size_t pack(CompressedFile& file, StreamData& data, ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
    ZSTD_outBuffer out{data.out_buff.get(), data.out_buf_size, 0};
    auto left = checked(ZSTD_compressStream2(writer_, &out, &in, directive));
    if (out.pos > 0) file.child_handle->Write(data.out_buff.get(), out.pos);
    return left;
  }
  size_t checked(size_t result) const {
    if (ZSTD_isError(result)) throw IOException("\"%s\" is damaged: %s", file_->path, ZSTD_getErrorName(result));
    return result;
  }

  StrictFile* file_ = nullptr;
  ZSTD_DCtx* reader_ = nullptr;
  ZSTD_CCtx* writer_ = nullptr;
};

class StrictZstd final : public CompressedFileSystem {
 public:
  duckdb::unique_ptr<FileHandle> OpenCompressedFile(QueryContext context, duckdb::unique_ptr<FileHandle> handle,
                                                    bool writes) override {
    auto path = handle->path;
    return make_uniq<StrictFile>(*this, context, std::move(handle), path, FileCompressionType::ZSTD, writes);
  }
  duckdb::unique_ptr<StreamWrapper> CreateStream() override { return make_uniq<ZstdStream>(); }
  std::string GetName() const override { return "StrictZstd"; }
  idx_t InBufferSize() override { return ZSTD_DStreamInSize(); }
  idx_t OutBufferSize() override { return ZSTD_DStreamOutSize(); }
  int64_t Read(FileHandle& handle, void* buffer, int64_t bytes) override {
    return read_strictly(handle, buffer, bytes);
  }
};

}  // namespace

void register_strict_compression(FileSystem& files) {
  files.RegisterSubSystem(FileCompressionType::GZIP, make_uniq<StrictGzip>());
  files.RegisterSubSystem(FileCompressionType::ZSTD, make_uniq<StrictZstd>());
}

}  // namespace weir::engine::duck
