#include "store/azure/config.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "store/remote/place.h"

namespace weir::store::azure {

namespace {

constexpr std::string_view form =
    "write abfss://container@account.dfs.core.windows.net/folder or az://container/folder";

bool is_name(std::string_view name, std::string_view more, size_t longest) {
  return name.size() >= 3 && name.size() <= longest && std::all_of(name.begin(), name.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
         });
}

[[noreturn]] void refuse_uri(const std::string& scheme, const std::string& why) {
  throw Error(ErrorCode::store_scheme, why + " is named in " + scheme + "://…", std::string(form));
}

// "account.dfs.core.windows.net" and its blob address; the domains of other clouds end differently.
struct Host {
  std::string account, domain;  // "core.windows.net"
};

Host host_of(const std::string& scheme, const std::string& text) {
  const size_t dot = text.find('.');
  if (dot == std::string::npos) return {text, "core.windows.net"};
  const std::string rest = text.substr(dot + 1);
  for (const std::string_view kind : {"dfs.", "blob."})
    if (rest.starts_with(kind) && rest.size() > kind.size()) return {text.substr(0, dot), rest.substr(kind.size())};
  refuse_uri(scheme, "no account");
}

}  // namespace

std::string Config::uri() const {
  return shown_root + (prefix.empty() ? "" : "/" + prefix.substr(0, prefix.size() - 1));
}

ConnectionString parse_connection_string(const std::string& text) {
  ConnectionString values;
  for (const std::string& part : split(text, ';')) {
    if (trim(part).empty()) continue;
    const size_t equals = part.find('=');
    if (equals == std::string::npos)
      throw Error(ErrorCode::bad_option_value, "AZURE_STORAGE_CONNECTION_STRING is not a list of Name=Value;…");
    values[std::string(trim(part.substr(0, equals)))] = trim(part.substr(equals + 1));
  }
  return values;
}

Config configure(const std::string& uri, const Environment& environment) {
  const remote::Place place = remote::Place::parse(uri);
  const ConnectionString connection =
      parse_connection_string(environment("AZURE_STORAGE_CONNECTION_STRING").value_or(""));
  const auto connected = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = connection.find(name);
    return found == connection.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
  };
  Config config;
  config.prefix = place.prefix;
  config.by_folder = place.scheme != "az";
  const size_t at = place.authority.find('@');
  config.container = place.authority.substr(0, at);
  if (!is_name(config.container, "-$", 63)) refuse_uri(place.scheme, "no container");
  std::string domain = "core.windows.net";
  if (at != std::string::npos) {
    const Host host = host_of(place.scheme, place.authority.substr(at + 1));
    config.account = host.account;
    domain = host.domain;
  } else {
    auto account = remote::first_of(environment, {"AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"});
    if (!account) account = connected("AccountName");
    if (!account)
      throw Error(ErrorCode::store_scheme, "no account is known for " + place.scheme + "://" + config.container,
                  "set AZURE_STORAGE_ACCOUNT, or " + std::string(form));
    config.account = *account;
    domain = connected("EndpointSuffix").value_or(domain);
  }
  if (!is_name(config.account, "", 24)) refuse_uri(place.scheme, "no account");
  config.shown_root = place.scheme + "://" + place.authority;
  auto endpoint = environment("AZURE_STORAGE_ENDPOINT");
  if (!endpoint) endpoint = connected("BlobEndpoint");
  config.is_other_server = endpoint.has_value();
  config.service = http::Endpoint::parse(endpoint.value_or("https://" + config.account + ".blob." + domain));
  config.curl.ca_file = environment("SSL_CERT_FILE").value_or("");
  return config;
}

}  // namespace weir::store::azure
