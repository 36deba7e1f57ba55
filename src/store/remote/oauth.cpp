#include "store/remote/oauth.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/rsa.h"
#include "base/text.h"

namespace weir::store::remote {

namespace {

[[noreturn]] void fail_service(const std::string& service, const std::string& why) {
  throw Error(ErrorCode::store_credentials, service + " gave no token: " + why);
}

// OAuth's error codes are words; anything else could be somebody's secret.
bool is_error_word(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
  });
}

// {"error":"invalid_grant"}, or Google's {"error":{"status":"PERMISSION_DENIED"}}.
std::string error_word(const std::string& body) {
  try {
    const Json json = Json::parse(body);
    const Json* error = json.find("error");
    if (!error) return "";
    const std::string word = error->is_string() ? error->as_string() : error->get_string("status").value_or("");
    return is_error_word(word) ? " " + word : "";
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

std::string encode_form(const Form& form) {
  std::string text;
  for (const auto& [name, value] : form)
    text += (text.empty() ? "" : "&") + percent_encode(name, "-._~") + "=" + percent_encode(value, "-._~");
  return text;
}

Json ask_service(http::Client& http, const http::Request& request, const std::string& service) {
  const http::Outcome outcome = http.send([&] { return request; });
  if (outcome.last.kind != http::Attempt::Kind::answered) fail_service(service, outcome.last.cause);
  const http::Answer& answer = outcome.last.answer;
  if (!answer.successful()) fail_service(service, std::to_string(answer.status) + error_word(answer.body));
  try {
    Json json = Json::parse(answer.body);
    if (json.is_object()) return json;
  } catch (const Error&) {  // its text might show what was answered
  }
  fail_service(service, "the answer is no JSON object");
}

Json post_form(http::Client& http, const std::string& url, const Form& form, const std::string& service) {
  const std::string body = encode_form(form);
  http::Request request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"content-type", "application/x-www-form-urlencoded"}, {"accept", "application/json"}};
  request.body = body;
  return ask_service(http, request, service);
}

Token token_in(const Json& answer, const std::string& service, Clock& clock) {
  const Json* text = answer.find("access_token");
  if (!text || !text->is_string() || text->as_string().empty()) fail_service(service, "the answer has none");
  Token token{text->as_string(), std::nullopt};
  if (token.text.find_first_of("\r\n") != std::string::npos) fail_service(service, "it has several lines");
  const Json* seconds = answer.find("expires_in");
  if (seconds && seconds->is_int()) token.expires_ms = clock.now_ms() + seconds->as_int() * 1000;
  if (seconds && seconds->is_string())
    if (const auto parsed = parse_int(seconds->as_string())) token.expires_ms = clock.now_ms() + *parsed * 1000;
  return token;
}

std::string json_web_token(Json header, const Json& claims, const std::string& private_key_pem) {
  header.set("alg", "RS256").set("typ", "JWT");
  const std::string text = base64_url(header.dump()) + "." + base64_url(claims.dump());
  return text + "." + base64_url(rsa_sha256_signature(private_key_pem, text));
}

void check_secret_url(const std::string& url, const std::string& what) {
  const auto at = http::Endpoint::parse(url.substr(0, url.find('?')));
  constexpr std::array<std::string_view, 3> here = {"127.0.0.1", "[::1]", "localhost"};
  const bool is_here = std::any_of(here.begin(), here.end(), [&](std::string_view name) {
    return at.authority == name || at.authority.starts_with(std::string(name) + ":");
  });
  if (at.scheme != "https" && !is_here)
    throw Error(ErrorCode::store_credentials, what + " names another machine without https");
}

}  // namespace weir::store::remote
