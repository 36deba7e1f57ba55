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

}  // namespace weir::store::s3
