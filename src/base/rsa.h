// Signatures with RSA keys, as JSON Web Tokens have them.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// RSASSA-PKCS1-v1_5 with SHA-256 ("RS256", RFC 7518), raw bytes. `private_key` is PEM (PKCS #8 or PKCS #1, not
// encrypted). The library libcrypto is loaded when this is first called. Throws Error{store_credentials} for what is no
// RSA key, never showing it, and Error{store_io} if the machine has no libcrypto.
std::string rsa_sha256_signature(std::string_view private_key, std::string_view message);

}  // namespace weir
