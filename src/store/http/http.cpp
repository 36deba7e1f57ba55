#include "store/http/http.h"

#include "base/error.h"
#include "base/text.h"

namespace weir::store::http {

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

Endpoint Endpoint::parse(std::string_view url) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorCode::bad_option_value,
                "\"" + valid_utf8(url) + "\" is no address of a server: " + std::string(why),
                "write it as https://host or http://host:port");
  };
  Endpoint endpoint;
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) refuse("it has no scheme");
  endpoint.scheme = lower(url.substr(0, colon));
  if (endpoint.scheme != "http" && endpoint.scheme != "https") refuse("only http and https are known");
  std::string_view rest = url.substr(colon + 3);
  if (rest.find_first_of("?# \t\r\n@\\") != std::string_view::npos) refuse("host, port and path are all it may have");
  const size_t slash = std::min(rest.find('/'), rest.size());
  endpoint.authority = lower(rest.substr(0, slash));
  if (endpoint.authority.empty()) refuse("it names no host");
  // Clients leave the port of the scheme out of the Host header, and the header is signed.
  const std::string_view usual = endpoint.scheme == "http" ? ":80" : ":443";
  if (endpoint.authority.ends_with(usual)) endpoint.authority.resize(endpoint.authority.size() - usual.size());
  rest.remove_prefix(slash);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  endpoint.path = rest;
  return endpoint;
}

}  // namespace weir::store::http
