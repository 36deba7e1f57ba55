#include "store/gcs/config.h"

#include <algorithm>

#include "base/error.h"
#include "store/remote/place.h"

namespace weir::store::gcs {

namespace {

bool is_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 222 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
         });
}

}  // namespace

std::string Config::uri() const {
  return "gs://" + bucket + (prefix.empty() ? "" : "/" + prefix.substr(0, prefix.size() - 1));
}

Config configure(const std::string& uri, const Environment& environment) {
  const remote::Place place = remote::Place::parse(uri);
  Config config;
  config.bucket = place.authority;
  config.prefix = place.prefix;
  if (!is_bucket_name(config.bucket))
    throw Error(ErrorCode::store_scheme, "no bucket of Google Cloud Storage is named in " + place.scheme + "://…",
                "write gs://bucket/folder");
  if (const auto server = environment("STORAGE_EMULATOR_HOST")) {
    config.endpoint = http::Endpoint::parse(server->find("://") == std::string::npos ? "http://" + *server : *server);
    config.is_emulator = true;
  }
  config.curl.ca_file = environment("SSL_CERT_FILE").value_or("");
  return config;
}

}  // namespace weir::store::gcs
