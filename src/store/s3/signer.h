// AWS Signature Version 4, in headers, over the SHA-256 of the body. (AWS General Reference, "Create a signed AWS API
// request"; Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/http/http.h"

namespace weir::store::s3 {

struct Credentials {
  std::string access_key_id, secret_access_key;
  std::string session_token;          // of temporary ones, else ""
  std::optional<int64_t> expires_ms;  // since 1970
  bool operator==(const Credentials&) const = default;
};

// A request before it is signed.
struct Call {
  std::string method = "GET";
  http::Endpoint endpoint;
  std::string path = "/";                                    // encoded as it is sent, below the endpoint's own path
  std::vector<std::pair<std::string, std::string>> query;    // not encoded, in any order
  std::vector<std::pair<std::string, std::string>> headers;  // all of them are signed
  std::string_view body;
  std::string body_sha256;  // hex; "" = computed
  bool repeatable = true;
  bool direct = false;
  char* into = nullptr;
  uint64_t into_bytes = 0;
};

// As S3 counts them: every byte but letters, digits and "-._~" becomes %XX; a path keeps its slashes.
std::string encode_path(std::string_view path);
// Encoded, sorted, each with its '='.
std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& query);

// Without a signature.
http::Request plain_request(const Call& call);

struct SigningScope {
  std::string region, service;
};
// Adds x-amz-date, x-amz-security-token (if there is one), x-amz-content-sha256 (for the service s3) and Authorization.
http::Request signed_request(const Call& call, const Credentials& credentials, const SigningScope& scope,
                             int64_t now_ms);

}  // namespace weir::store::s3
