#include "store/azure/container.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "store/remote/failure.h"
#include "store/xml.h"

namespace weir::store::azure {

namespace {

constexpr std::array<std::string_view, 4> bad_keys = {"AuthenticationFailed", "InvalidAuthenticationInfo",
                                                      "NoAuthenticationInformation", "AccountIsDisabled"};

bool rejects_credentials(const std::string& code) {
  return std::find(bad_keys.begin(), bad_keys.end(), code) != bad_keys.end();
}

// The first line of <Message>; those below it name request and time. The details of a failed signature, which would
// show parts of it, stand elsewhere in the body.
std::string message_of(const http::Answer& answer) {
  if (answer.body.find("<Error") == std::string::npos) return "";
  try {
    // The text begins with a byte order mark.
    const std::string message = parse_xml(answer.body).child_text("Message");
    return std::string(trim(message.substr(0, message.find('\n'))));
  } catch (const Error&) {
    return "";
  }
}

std::string remedy_of(const http::Answer& answer, const std::string& code) {
  if (code == "ContainerNotFound") return "make the container first, or mend its name; weir makes none";
  if (answer.status == 403) return "give the credentials the role or permissions that docs/stores.md lists";
  return "";
}

}  // namespace

std::string error_code_of(const http::Answer& answer) {
  if (auto code = answer.header("x-ms-error-code"); !code.empty()) return code;
  if (answer.body.find("<Error") == std::string::npos) return "";
  try {
    return parse_xml(answer.body).child_text("Code");
  } catch (const Error&) {
    return "";
  }
}

bool is_folder(const http::Answer& answer) { return iequals(answer.header("x-ms-meta-hdi_isfolder"), "true"); }

Container::Container(Config config, std::shared_ptr<http::Client> http, Credentials credentials, Clock& clock)
    : config_(std::move(config)), http_(std::move(http)), credentials_(std::move(credentials)), clock_(clock) {
  if (credentials_.token) token_.emplace(credentials_.token, clock);
}

std::string Container::uri(const std::string& key) const { return config_.shown_root + "/" + config_.prefix + key; }

http::Outcome Container::send(const ContainerCall& asked) {
  Call call;
  call.method = asked.method;
  call.endpoint = config_.service;
  call.path = "/" + config_.container;
  if (!asked.key.empty()) call.path += "/" + percent_encode(config_.prefix + asked.key, "-._~/");
  call.query = asked.query;
  call.headers = asked.headers;
  call.body = asked.body;
  call.repeatable = asked.repeatable;
  call.into = asked.into;
  call.into_bytes = asked.into_bytes;
  remote::Token used;
  bool renewed = false;
  return http_->send(
      [&] {
        http::Request request = plain_request(call, credentials_.sas, clock_.now_ms());
        if (!credentials_.account_key.empty()) sign(request, call, config_.account, credentials_.account_key);
        if (token_) {
          used = token_->get();
          request.headers.emplace_back("authorization", "Bearer " + used.text);
        }
        return request;
      },
      [&](const http::Answer& answer) {
        if (answer.status == 401 && token_ && !renewed) {
          renewed = true;
          if (token_->renew(used)) return http::Verdict::refused;
        }
        return answer.status == 408 ? http::Verdict::doubtful : http::usual_verdict(answer);
      });
}

http::Answer Container::ask(const ContainerCall& call, std::string_view verb) {
  http::Outcome outcome = send(call);
  if (!outcome.settled() || !outcome.last.answer.successful()) fail(verb, call.key, outcome);
  return std::move(outcome.last.answer);
}

http::Outcome Container::get(const std::string& key, const Ask& ask) {
  ContainerCall call;
  call.key = key;
  if (!ask.range.empty()) call.headers.emplace_back("range", ask.range);
  if (!ask.etag.empty()) call.headers.emplace_back("if-match", ask.etag);
  call.into = ask.into;
  call.into_bytes = ask.into_bytes;
  http::Outcome outcome = send(call);
  if (outcome.settled() && outcome.last.answer.successful() && is_folder(outcome.last.answer))
    outcome.last.answer.status = 404;
  return outcome;
}

void Container::fail(std::string_view verb, const std::string& key, const http::Outcome& outcome, bool is_put) const {
  remote::Failure failure;
  if (outcome.last.kind == http::Attempt::Kind::answered) {
    const http::Answer& answer = outcome.last.answer;
    const std::string code = error_code_of(answer);
    failure.why = remote::complaint_text(answer.status, code, message_of(answer));
    failure.hint = remedy_of(answer, code);
    if (answer.status == 401 || rejects_credentials(code)) failure.code = ErrorCode::store_credentials;
    if (answer.status == 404 && code != "ContainerNotFound" && !key.empty() && !is_put)
      failure.code = ErrorCode::store_not_found;
  }
  remote::throw_failure(verb, uri(key), outcome, failure, is_put);
}

}  // namespace weir::store::azure
