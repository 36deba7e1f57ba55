#include "deps/web.h"

#include "base/error.h"
#include "base/text.h"
#include "store/http/curl_transport.h"

namespace weir::deps {

namespace {

using store::http::Answer;

constexpr int most_redirects = 10;
constexpr int64_t total_ms = 30'000;

[[noreturn]] void fail(const std::string& url, const std::string& why) {
  throw Error(ErrorCode::package_fetch, "cannot get " + without_password(url) + ": " + why);
}

// The address that a redirect names, which may be a path of the same server.
std::string redirected(const std::string& url, const Answer& answer) {
  std::string place = answer.header("location");
  if (place.empty()) fail(url, "it redirects to nowhere");
  const size_t server = url.find("://") + 3, path = url.find('/', server);
  if (place.starts_with("//")) return url.substr(0, server - 2) + place;
  if (place.starts_with("/")) return url.substr(0, path) + place;
  if (url.starts_with("https://") && !place.starts_with("https://"))
    fail(url, "it redirects to " + without_password(place));
  return place;
}

store::http::RetryPolicy policy() {
  store::http::RetryPolicy out;
  out.attempts = 5;
  out.total_ms = total_ms;
  return out;
}

}  // namespace

std::string without_password(const std::string& address) {
  const size_t scheme = address.find("://");
  if (scheme == std::string::npos) return address;
  const size_t server = scheme + 3, at = address.substr(0, address.find('/', server)).rfind('@');
  return at == std::string::npos ? address : address.substr(0, server) + "*****" + address.substr(at);
}

HttpWeb::HttpWeb(store::Clock& clock, std::unique_ptr<store::http::Transport> transport)
    : clock_(clock),
      client_(
          std::make_unique<store::http::Client>(std::move(transport), clock, store::http::system_random(), policy())) {}

store::http::Client& HttpWeb::client() {
  if (!client_)
    client_ = std::make_unique<store::http::Client>(std::make_unique<store::http::CurlTransport>(), clock_,
                                                    store::http::system_random(), policy());
  return *client_;
}

std::optional<std::string> HttpWeb::get(const std::string& address) {
  std::string url = address;
  for (int hop = 0; hop <= most_redirects; hop++) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) fail(url, "it is no http or https address");
    const auto outcome = client().send([&url] {
      store::http::Request request;
      request.url = url;
      request.headers = {{"User-Agent", "weir"}};
      return request;
    });
    if (outcome.last.kind != store::http::Attempt::Kind::answered) fail(url, outcome.last.cause);
    const Answer& answer = outcome.last.answer;
    if (answer.successful()) return answer.body;
    if (answer.status == 404) return std::nullopt;
    const bool redirect = answer.status >= 301 && answer.status <= 308 && answer.status != 304;
    if (!redirect) fail(url, "the server answered " + std::to_string(answer.status));
    url = redirected(url, answer);
  }
  fail(address, "it redirects again and again");
}

}  // namespace weir::deps
