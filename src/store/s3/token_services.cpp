#include "store/s3/token_services.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "store/xml.h"

namespace weir::store::s3 {

namespace {

using Form = std::vector<std::pair<std::string, std::string>>;

[[noreturn]] void fail_service(const std::string& service, const std::string& why) {
  throw Error(ErrorCode::store_credentials, service + " gave no credentials: " + why);
}

std::string error_code(const std::string& body) {
  try {
    const XmlNode root = parse_xml(body);
    const XmlNode* error = root.name == "Error" ? &root : root.child("Error");
    return error ? " " + error->child_text("Code") : "";
  } catch (const Error&) {
    return "";
  }
}

http::Answer answer_of(const http::Outcome& outcome, const std::string& service) {
  if (outcome.last.kind != http::Attempt::Kind::answered) fail_service(service, outcome.last.cause);
  const http::Answer& answer = outcome.last.answer;
  if (!answer.successful()) fail_service(service, std::to_string(answer.status) + error_code(answer.body));
  return answer;
}

Credentials checked(Credentials credentials, const std::string& expiration, const std::string& service) {
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty())
    fail_service(service, "the answer has no keys");
  if (const auto us = parse_iso_us(expiration)) credentials.expires_ms = *us / 1000;
  return credentials;
}

Credentials from_sts(const http::Outcome& outcome, const std::string& action) {
  const std::string service = "STS " + action;
  const http::Answer answer = answer_of(outcome, service);
  const XmlNode root = parse_xml(answer.body);
  const XmlNode* result = root.child(action + "Result");
  const XmlNode* found = result ? result->child("Credentials") : nullptr;
  if (!found) fail_service(service, "the answer has no credentials");
  return checked({found->child_text("AccessKeyId"), found->child_text("SecretAccessKey"),
                  found->child_text("SessionToken"), std::nullopt},
                 found->child_text("Expiration"), service);
}

Credentials from_metadata(const http::Answer& answer, const std::string& service) {
  try {
    const Json json = Json::parse(answer.body);
    return checked({json.get_string("AccessKeyId").value_or(""), json.get_string("SecretAccessKey").value_or(""),
                    json.get_string("Token").value_or(""), std::nullopt},
                   json.get_string("Expiration").value_or(""), service);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::store_credentials) throw;
    fail_service(service, "the answer is no JSON object of credentials");
  }
}

Form role_form(const std::string& action, const Role& role, Clock& clock) {
  Form form = {{"Action", action}, {"Version", "2011-06-15"}, {"RoleArn", role.arn}};
  form.emplace_back("RoleSessionName",
                    role.session_name.empty() ? "weir-" + std::to_string(clock.now_ms()) : role.session_name);
  if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
  return form;
}

Call sts_call(const http::Endpoint& sts, std::string_view body) {
  Call call;
  call.method = "POST";
  call.endpoint = sts;
  call.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
  call.body = body;
  return call;
}

}  // namespace

Credentials assume_role(http::Client& http, const http::Endpoint& sts, const std::string& region, const Role& role,
                        const Credentials& base, Clock& clock) {
  const std::string body = canonical_query(role_form("AssumeRole", role, clock));
  const auto outcome = http.send([&] {
    return signed_request(sts_call(sts, body), base, {region, "sts"}, clock.now_ms());
  });
  return from_sts(outcome, "AssumeRole");
}

Credentials assume_role_with_web_identity(http::Client& http, const http::Endpoint& sts, const Role& role,
                                          const std::string& token_file, Clock& clock) {
  const auto token = read_file_if_exists(token_file);
  if (!token) throw Error(ErrorCode::store_credentials, "the web identity token " + token_file + " cannot be read");
  Form form = role_form("AssumeRoleWithWebIdentity", role, clock);
  form.emplace_back("WebIdentityToken", trim(*token));
  const std::string body = canonical_query(form);
  return from_sts(http.send([&] { return plain_request(sts_call(sts, body)); }), "AssumeRoleWithWebIdentity");
}

Credentials container_credentials(http::Client& http, const std::string& url, const std::string& authorization) {
  http::Request request;
  request.url = url;
  request.direct = true;
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  const std::string service = "the container's credential endpoint";
  return from_metadata(answer_of(http.send([&] { return request; }), service), service);
}

Credentials instance_credentials(http::Client& http, const http::Endpoint& service_at) {
  const std::string service = "the instance metadata service";
  const auto ask = [&](const std::string& method, const std::string& path, const std::string& name,
                       const std::string& value) {
    http::Request request;
    request.method = method;
    request.url = service_at.scheme + "://" + service_at.authority + service_at.path + path;
    request.headers.emplace_back(name, value);
    request.direct = true;
    return answer_of(http.send([&] { return request; }), service);
  };
  const std::string token(trim(ask("PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "21600").body));
  const std::string roles = "/latest/meta-data/iam/security-credentials/";
  const std::string list = ask("GET", roles, "X-aws-ec2-metadata-token", token).body;
  const std::string role(trim(list.substr(0, list.find('\n'))));
  if (role.empty()) fail_service(service, "the instance has no role");
  return from_metadata(ask("GET", roles + encode_path(role), "X-aws-ec2-metadata-token", token), service);
}

}  // namespace weir::store::s3
