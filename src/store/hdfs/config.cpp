#include "store/hdfs/config.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/remote/place.h"

namespace weir::store::hdfs {

namespace {

std::string with_port(const std::string& authority, const std::string& port) {
  const bool has_port = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0) != std::string::npos;
  return has_port ? authority : authority + ":" + port;
}

std::string token_text(std::string_view text) {
  std::string token(trim(text));
  if (token.empty() || token.find_first_of(" \t\r\n&=?#") != std::string::npos)
    throw Error(ErrorCode::store_credentials, "the delegation token is no line of text without spaces",
                "write the urlString that GETDELEGATIONTOKEN answers (docs/stores.md)");
  return token;
}

remote::FetchToken token_of(const Environment& environment) {
  if (const auto text = environment("WEIR_WEBHDFS_TOKEN"))
    return [token = token_text(*text)] { return remote::Token{token, std::nullopt}; };
  const auto file = environment("WEIR_WEBHDFS_TOKEN_FILE");
  if (!file) return {};
  return [file = *file] {
    const auto text = read_file_if_exists(file);
    if (!text) throw Error(ErrorCode::store_credentials, "the delegation token " + file + " cannot be read");
    return remote::Token{token_text(*text), std::nullopt};
  };
}

}  // namespace

std::string Config::uri() const {
  return shown_root + (prefix.empty() ? "" : "/" + prefix.substr(0, prefix.size() - 1));
}

Config configure(const std::string& uri, const Environment& environment) {
  const remote::Place place = remote::Place::parse(uri);
  if (place.authority.empty() || place.authority.find('@') != std::string::npos)
    throw Error(ErrorCode::store_scheme, "no host is named in " + place.scheme + "://…",
                "write webhdfs://namenode:9870/folder");
  if (place.prefix.find(',') != std::string::npos)
    throw Error(ErrorCode::bad_key,
                "the folder " + place.folder() + " has a comma, with which WebHDFS separates names");
  Config config;
  config.prefix = place.prefix;
  config.shown_root = place.scheme + "://" + place.authority;
  const auto given = environment("WEIR_WEBHDFS_URL");
  std::vector<std::string> urls;
  if (place.scheme == "webhdfs")
    urls = {"http://" + with_port(place.authority, "9870")};
  else if (place.scheme == "swebhdfs")
    urls = {"https://" + with_port(place.authority, "9871")};
  else if (given)
    urls = split(*given, ',');
  else
    urls = {"http://" + place.authority.substr(0, place.authority.rfind(':')) + ":9870"};
  for (const std::string& url : urls) {
    config.namenodes.push_back(http::Endpoint::parse(trim(url)));
    config.namenodes.back().path += "/webhdfs/v1";
  }
  config.token = token_of(environment);
  if (!config.token) config.user = remote::first_of(environment, {"HADOOP_USER_NAME", "USER"}).value_or("");
  config.curl.ca_file = environment("SSL_CERT_FILE").value_or("");
  return config;
}

}  // namespace weir::store::hdfs
