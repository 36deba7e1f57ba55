// A bucket on a server of the test.
#pragma once

#include "loopback_server.h"
#include "store/s3/s3_store.h"
#include "store_fixture.h"

namespace weir::store::s3 {

inline Config bucket_at(const std::string& url) {
  Config config;
  config.bucket = "bucket";
  config.prefix = "lake/";
  config.region = "us-east-1";
  config.endpoint = url;
  config.bucket_in_path = true;
  config.curl.stall_timeout_ms = 1000;
  return config;
}

inline Credentials test_keys() { return {"AKIDTEST", "very-secret-key", "", std::nullopt}; }

inline std::unique_ptr<S3Store> store_of(const Config& config, Clock& clock, FetchCredentials fetch = test_keys) {
  auto http = std::make_shared<http::Client>(
      std::make_unique<http::CurlTransport>(config.curl), clock, [] { return 0.5; }, config.retry);
  return std::make_unique<S3Store>(std::make_unique<Bucket>(config, std::move(http), std::move(fetch), clock));
}

// An environment of its own.
inline Environment environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
  };
}

// The Error that the call throws, as text; "" if it throws none.
template <typename Call>
std::string error_of(Call call) {
  try {
    call();
    return "";
  } catch (const Error& error) {
    return std::string(error.what()) + (error.hint().empty() ? "" : " hint: " + error.hint());
  }
}

}  // namespace weir::store::s3
