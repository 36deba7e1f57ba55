#include "base/ids.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace weir {

namespace {

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t done = 0; done < count;) {
    const ssize_t got = getrandom(bytes.data() + done, count - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(ErrorCode::internal, std::string("no random bytes: ") + std::strerror(errno));
    done += static_cast<size_t>(got);
  }
  return bytes;
}

std::string uuid_text(std::string bytes, int version) {
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | version << 4);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);  // the variant of RFC 9562
  std::string text = hex(bytes);
  for (size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

// Drawn once; never changes, since ids of projects follow from it.
constexpr std::string_view uuid_namespace("\x5b\x1e\xc8\x0d\x3f\x64\x4a\x92\x8d\x17\xe2\x40\x9c\xb3\x7a\x51", 16);

}  // namespace

std::string uuid_v4() { return uuid_text(random_bytes(16), 4); }

std::string uuid_v5(std::string_view name) {
  return uuid_text(sha1_bytes(std::string(uuid_namespace) += name).substr(0, 16), 5);
}

std::string ulid(long long now_ms) {
  constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string text(26, '0');
  auto time = static_cast<unsigned long long>(now_ms) & 0xFFFFFFFFFFFFULL;
  for (size_t i = 10; i-- > 0; time >>= 5) text[i] = digits[time & 31];
  const std::string random = random_bytes(16);
  for (size_t i = 10; i < 26; ++i) text[i] = digits[static_cast<unsigned char>(random[i - 10]) & 31];
  return text;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !digit) return false;
  }
  return true;
}

}  // namespace weir
