// SHA-256 (also keyed), SHA-1 and MD5 (OpenSSL's); CRC-32 (zlib's). Names say whether they give lower-case hex or raw
// bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

std::string sha256_hex(std::string_view bytes);

// Feed pieces, then finish once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string hmac_sha256_bytes(std::string_view key, std::string_view message);  // 32 raw bytes (RFC 2104)

uint32_t crc32_of(std::string_view bytes);       // that of gzip and PNG
std::string sha1_bytes(std::string_view bytes);  // 20 raw bytes; only where another format asks for it
std::string sha1_hex(std::string_view bytes);
// Only where another format asks for it (names of dbt's tests, Content-MD5).
std::string md5_hex(std::string_view bytes);
std::string md5_bytes(std::string_view bytes);

}  // namespace weir
