// What is known about a bucket of Google Cloud Storage before the first request: from its URI and the environment.
#pragma once

#include <string>

#include "store/http/curl_transport.h"
#include "store/http/retry.h"
#include "store/remote/environment.h"

namespace weir::store::gcs {

using remote::Environment;

struct Config {
  std::string bucket;
  std::string prefix;  // "" or "a/b/": what every key begins with
  http::Endpoint endpoint{"https", "storage.googleapis.com", ""};
  bool is_emulator = false;  // asks for no credentials
  http::CurlOptions curl;
  http::RetryPolicy retry;
  uint64_t part_bytes = 8U << 20;  // of a resumable upload, a multiple of 256 KiB; smaller objects go in one request
  uint64_t read_ahead_bytes = 1U << 20;  // for small reads in order
  uint64_t tail_bytes = 64U << 10;       // read when an object is opened

  std::string uri() const;  // "gs://bucket/a/b"
};

// "gs://bucket/a/b". STORAGE_EMULATOR_HOST ("host:port" or a URL): another server, as Google's libraries have it.
// SSL_CERT_FILE: certificates to trust. Throws Error{store_scheme} for a URI without a usable bucket,
// Error{bad_option_value} for settings.
Config configure(const std::string& uri, const Environment& environment);

}  // namespace weir::store::gcs
