// The low-level functions: EVP would pull most of libcrypto into the binary.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <zlib.h>

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace weir {

struct Sha256::State {
  SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  require(state_ != nullptr, "Sha256 is fed after it was finished");
  SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

std::string Sha256::finish_hex() {
  require(state_ != nullptr, "Sha256 is finished once");
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256_Final(digest.data(), &state_->context);
  state_.reset();
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish_hex();
}

std::string hmac_sha256_bytes(std::string_view key, std::string_view message) {
  constexpr size_t block_bytes = 64;
  const auto digest = [](std::string_view first, std::string_view second) {
    SHA256_CTX context;
    std::array<unsigned char, SHA256_DIGEST_LENGTH> out;
    SHA256_Init(&context);
    SHA256_Update(&context, first.data(), first.size());
    SHA256_Update(&context, second.data(), second.size());
    SHA256_Final(out.data(), &context);
    return std::string(reinterpret_cast<const char*>(out.data()), out.size());
  };
  std::string padded = key.size() > block_bytes ? digest(key, {}) : std::string(key);
  padded.resize(block_bytes, '\0');
  std::string inner = padded, outer = padded;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return digest(outer, digest(inner, message));
}

std::string sha1_bytes(std::string_view bytes) {
  SHA_CTX context;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1_Init(&context);
  SHA1_Update(&context, bytes.data(), bytes.size());
  SHA1_Final(digest.data(), &context);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string sha1_hex(std::string_view bytes) { return hex(sha1_bytes(bytes)); }

std::string md5_bytes(std::string_view bytes) {
  MD5_CTX context;
  std::array<unsigned char, MD5_DIGEST_LENGTH> digest;
  MD5_Init(&context);
  MD5_Update(&context, bytes.data(), bytes.size());
  MD5_Final(digest.data(), &context);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string md5_hex(std::string_view bytes) { return hex(md5_bytes(bytes)); }

uint32_t crc32_of(std::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace weir
