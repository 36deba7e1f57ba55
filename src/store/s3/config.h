// What is known about a bucket before the first request: from its URI, the environment and the shared AWS files.
#pragma once

#include <string>

#include "store/http/curl_transport.h"
#include "store/http/retry.h"
#include "store/s3/profiles.h"

namespace weir::store::s3 {

struct Config {
  std::string bucket;
  std::string prefix;  // "" or "a/b/": what every key begins with
  std::string region;
  std::string endpoint;         // of a compatible server, else ""
  bool bucket_in_path = false;  // https://host/bucket/key instead of https://bucket.host/key
  http::CurlOptions curl;
  http::RetryPolicy retry;
  uint64_t part_bytes = 8U << 20;        // of a multipart upload, at least 5 MiB; smaller objects go in one request
  uint64_t read_ahead_bytes = 1U << 20;  // for small reads in order
  uint64_t tail_bytes = 64U << 10;       // read when an object is opened

  // Of the bucket: scheme, host and, if the bucket is in the path, "/bucket".
  http::Endpoint bucket_endpoint() const;
  std::string uri() const;  // "s3://bucket/a/b"
};

// "s3://bucket/a/b" and "s3a://bucket/a/b". Region: AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`, else
// us-east-1. Endpoint: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's services and `endpoint_url`.
// AWS_CA_BUNDLE, or `ca_bundle` of the profile: certificates to trust. Throws Error{store_scheme} for a URI without a
// usable bucket, Error{bad_option_value} for settings.
Config configure(const std::string& uri, const Environment& environment, const Profiles& profiles);

// Where a service of AWS is asked ("sts"), with the same settings.
std::string service_endpoint(const std::string& service, const std::string& region, const Environment& environment,
                             const Profiles& profiles);

}  // namespace weir::store::s3
