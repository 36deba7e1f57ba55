#include "store/azure/signer.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

namespace weir::store::azure {

namespace {

constexpr const char* api_version = "2021-12-02";
constexpr std::string_view unreserved = "-._~";
constexpr int64_t day_ms = 86'400'000;

// "Mon, 05 Jan 2026 09:12:44 GMT" (RFC 9110, IMF-fixdate), of a time after 1970.
std::string http_date(int64_t ms) {
  constexpr std::array<const char*, 7> days = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970 began so
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string time = iso_seconds(ms);  // 2026-01-05T09:12:44Z
  const auto month = static_cast<size_t>(parse_int(time.substr(5, 2)).value_or(1) - 1);
  return std::string(days[static_cast<size_t>(ms / day_ms % 7)]) + ", " + time.substr(8, 2) + " " + months[month] +
         " " + time.substr(0, 4) + " " + time.substr(11, 8) + " GMT";
}

}  // namespace

http::Request plain_request(const Call& call, const std::string& sas, int64_t now_ms) {
  http::Request request;
  request.method = call.method;
  request.url = call.endpoint.scheme + "://" + call.endpoint.authority + call.endpoint.path + call.path;
  std::string query;
  for (const auto& [name, value] : call.query)
    query += (query.empty() ? "" : "&") + percent_encode(name, unreserved) + "=" + percent_encode(value, unreserved);
  if (!sas.empty()) query += (query.empty() ? "" : "&") + sas;
  if (!query.empty()) request.url += "?" + query;
  request.headers = call.headers;
  request.headers.emplace_back("x-ms-date", http_date(now_ms));
  request.headers.emplace_back("x-ms-version", api_version);
  request.body = call.body;
  request.repeatable = call.repeatable;
  request.into = call.into;
  request.into_bytes = call.into_bytes;
  return request;
}

void sign(http::Request& request, const Call& call, const std::string& account, std::string_view key) {
  std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
  headers["content-length"] = call.body.empty() ? "" : std::to_string(call.body.size());
  // x-ms-date stands for the Date header.
  constexpr std::array<const char*, 11> signed_by_place = {
      "content-encoding",  "content-language", "content-length", "content-md5",         "content-type", "date",
      "if-modified-since", "if-match",         "if-none-match",  "if-unmodified-since", "range"};
  std::string text = call.method + "\n";
  for (const char* name : signed_by_place) text += headers[name] + "\n";
  for (const auto& [name, value] : headers)
    if (name.starts_with("x-ms-")) text += name + ":" + value + "\n";
  text += "/" + account + call.endpoint.path + call.path;
  std::map<std::string, std::string> query(call.query.begin(), call.query.end());
  for (const auto& [name, value] : query) text += "\n" + name + ":" + value;
  request.headers.emplace_back("authorization", "SharedKey " + account + ":" + base64(hmac_sha256_bytes(key, text)));
}

}  // namespace weir::store::azure
