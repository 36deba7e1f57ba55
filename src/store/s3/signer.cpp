#include "store/s3/signer.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

namespace weir::store::s3 {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view unreserved = "-._~";

// Runs of spaces count as one.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : trim(value))
    if (c != ' ' || !out.ends_with(' ')) out += c;
  return out;
}

struct CanonicalHeaders {
  std::string lines, names;  // "host:example\nrange:…\n" and "host;range"
};

CanonicalHeaders canonical_headers(const Pairs& headers, const std::string& authority) {
  Pairs sorted = {{"host", authority}};
  for (const auto& [name, value] : headers) sorted.emplace_back(lower(name), canonical_value(value));
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  CanonicalHeaders canonical;
  for (const auto& [name, value] : sorted) {
    canonical.lines += name + ":" + value + "\n";
    canonical.names += (canonical.names.empty() ? "" : ";") + name;
  }
  return canonical;
}

}  // namespace

std::string encode_path(std::string_view path) { return percent_encode(path, "-._~/"); }

std::string canonical_query(const Pairs& query) {
  Pairs encoded;
  for (const auto& [name, value] : query)
    encoded.emplace_back(percent_encode(name, unreserved), percent_encode(value, unreserved));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) text += (text.empty() ? "" : "&") + name + "=" + value;
  return text;
}

http::Request plain_request(const Call& call) {
  http::Request request;
  request.method = call.method;
  const std::string query = canonical_query(call.query);
  request.url = call.endpoint.scheme + "://" + call.endpoint.authority + call.endpoint.path + call.path +
                (query.empty() ? "" : "?" + query);
  request.headers = call.headers;
  request.body = call.body;
  request.repeatable = call.repeatable;
  request.direct = call.direct;
  request.into = call.into;
  request.into_bytes = call.into_bytes;
  return request;
}

http::Request signed_request(const Call& call, const Credentials& credentials, const SigningScope& scope,
                             int64_t now_ms) {
  http::Request request = plain_request(call);
  const std::string time = iso_basic(now_ms), date = time.substr(0, 8);
  const std::string payload = call.body_sha256.empty() ? sha256_hex(call.body) : call.body_sha256;
  request.headers.emplace_back("x-amz-date", time);
  if (scope.service == "s3") request.headers.emplace_back("x-amz-content-sha256", payload);
  if (!credentials.session_token.empty())
    request.headers.emplace_back("x-amz-security-token", credentials.session_token);
  const auto headers = canonical_headers(request.headers, call.endpoint.authority);
  const std::string canonical = call.method + "\n" + call.endpoint.path + call.path + "\n" +
                                canonical_query(call.query) + "\n" + headers.lines + "\n" + headers.names + "\n" +
                                payload;
  const std::string where = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + time + "\n" + where + "\n" + sha256_hex(canonical);
  std::string key = "AWS4" + credentials.secret_access_key;
  for (const std::string& part : {date, scope.region, scope.service, std::string("aws4_request")})
    key = hmac_sha256_bytes(key, part);
  request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + credentials.access_key_id + "/" +
                                                    where + ", SignedHeaders=" + headers.names +
                                                    ", Signature=" + hex(hmac_sha256_bytes(key, to_sign)));
  return request;
}

}  // namespace weir::store::s3
