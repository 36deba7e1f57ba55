#include "store/s3/config.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "store/remote/place.h"
#include "store/s3/signer.h"

namespace weir::store::s3 {

namespace {

bool is_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && !name.starts_with('.') && !name.ends_with('.') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

void place_at(Config& config, const std::string& uri) {
  const remote::Place place = remote::Place::parse(uri);
  config.bucket = place.authority;
  config.prefix = place.prefix;
  if (!is_bucket_name(config.bucket))
    throw Error(ErrorCode::store_scheme, "no bucket is named in " + uri, "write s3://bucket/folder");
  if (config.bucket.ends_with("--x-s3"))
    throw Error(ErrorCode::store_scheme, config.bucket + " is a directory bucket, which lists its keys in no order",
                "use a general purpose bucket: the log of a table is read in order");
}

std::string domain(const std::string& region) {
  return region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
}

std::optional<std::string> own_endpoint(const std::string& service, const Environment& environment,
                                        const Profiles& profiles) {
  if (iequals(environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or(""), "true")) return std::nullopt;
  if (auto given = environment("AWS_ENDPOINT_URL_" + upper(service))) return given;
  if (auto given = environment("AWS_ENDPOINT_URL")) return given;
  return profiles.endpoint(profiles.current(), service);
}

void check_region(const std::string& region) {
  const bool ok = !region.empty() && std::all_of(region.begin(), region.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!ok)
    throw Error(ErrorCode::bad_option_value, "\"" + valid_utf8(region) + "\" is no AWS region",
                "write it like eu-central-1 (AWS_REGION, or `region` of the profile)");
}

}  // namespace

http::Endpoint Config::bucket_endpoint() const {
  if (endpoint.empty()) {
    const std::string host = "s3." + region + domain(region);
    return bucket_in_path ? http::Endpoint{"https", host, "/" + bucket}
                          : http::Endpoint{"https", bucket + "." + host, ""};
  }
  http::Endpoint at = http::Endpoint::parse(endpoint);
  if (bucket_in_path)
    at.path += "/" + encode_path(bucket);
  else
    at.authority = bucket + "." + at.authority;
  return at;
}

std::string Config::uri() const {
  return "s3://" + bucket + (prefix.empty() ? "" : "/" + prefix.substr(0, prefix.size() - 1));
}

Config configure(const std::string& uri, const Environment& environment, const Profiles& profiles) {
  Config config;
  place_at(config, uri);
  const auto setting = [&](const char* variable, const std::string& key) {
    auto value = environment(variable);
    return value ? value : profiles.find(profiles.current(), key);
  };
  auto region = setting("AWS_REGION", "");
  if (!region) region = setting("AWS_DEFAULT_REGION", "region");
  config.region = region.value_or("us-east-1");
  check_region(config.region);
  config.endpoint = own_endpoint("s3", environment, profiles).value_or("");
  if (!config.endpoint.empty()) http::Endpoint::parse(config.endpoint);
  config.bucket_in_path = !config.endpoint.empty() || config.bucket.find('.') != std::string::npos;
  if (const auto style = profiles.find(profiles.current(), "s3.addressing_style"); style && *style != "auto")
    config.bucket_in_path = *style == "path";
  config.curl.ca_file = setting("AWS_CA_BUNDLE", "ca_bundle").value_or("");
  return config;
}

std::string service_endpoint(const std::string& service, const std::string& region, const Environment& environment,
                             const Profiles& profiles) {
  if (const auto given = own_endpoint(service, environment, profiles)) return *given;
  return "https://" + service + "." + region + domain(region);
}

}  // namespace weir::store::s3
