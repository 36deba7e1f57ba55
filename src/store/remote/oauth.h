// Tokens of OAuth 2.0, as Google and Microsoft hand them out (RFC 6749; RFC 7523 for signed assertions).
//
// Secrets never stand in errors: what a service answered is quoted by its status and error code only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "store/http/retry.h"
#include "store/remote/expiring.h"

namespace weir::store::remote {

struct Token {
  std::string text;
  std::optional<int64_t> expires_ms;  // since 1970
  bool operator==(const Token&) const = default;
};
// Asks for a token, each time anew.
using FetchToken = std::function<Token()>;

using Form = std::vector<std::pair<std::string, std::string>>;
std::string encode_form(const Form& form);  // "a=1&b=%20"

// Sends `request` (its body must outlive the call) and gives the JSON object that a successful answer holds. `service`
// names it in errors: Error{store_credentials}.
Json ask_service(http::Client& http, const http::Request& request, const std::string& service);
// POSTs a form to a token endpoint.
Json post_form(http::Client& http, const std::string& url, const Form& form, const std::string& service);
// "access_token" and "expires_in" (seconds; also as text) of an answer.
Token token_in(const Json& answer, const std::string& service, Clock& clock);

// A signed JSON Web Token (RFC 7519). The header gets "alg" and "typ".
std::string json_web_token(Json header, const Json& claims, const std::string& private_key_pem);

// Throws Error{store_credentials} unless the URL is https, or http to this machine: others would see the secrets that
// are sent there. `what` names the setting.
void check_secret_url(const std::string& url, const std::string& what);

}  // namespace weir::store::remote
