#include "store/gcs/credentials.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"

namespace weir::store::gcs {

namespace {

using remote::Token;

constexpr const char* storage_scope = "https://www.googleapis.com/auth/devstorage.read_write";
constexpr const char* platform_scope = "https://www.googleapis.com/auth/cloud-platform";
constexpr std::string_view remedy =
    "set GOOGLE_APPLICATION_CREDENTIALS to a file of credentials, or run: gcloud auth application-default login "
    "(docs/stores.md)";
constexpr int64_t assertion_seconds = 3600;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::store_credentials, why, std::string(remedy));
}

// A file of credentials, read at each fetch: other tools put fresh ones into it. Its text is never shown.
class CredentialFile {
 public:
  explicit CredentialFile(std::string path) : path_(std::move(path)) {
    const auto text = read_file_if_exists(path_);
    if (!text) refuse("the credentials " + path_ + " cannot be read");
    try {
      json_ = Json::parse(*text);
    } catch (const Error&) {
    }
    if (!json_.is_object()) refuse("the credentials " + path_ + " are no JSON object");
  }
  const std::string& path() const { return path_; }
  const Json& json() const { return json_; }
  std::string needed(const Json& json, const std::string& key) const {
    const Json* value = json.find(key);
    if (!value || !value->is_string() || value->as_string().empty())
      refuse("the credentials " + path_ + " have no \"" + key + "\"");
    return value->as_string();
  }
  std::string needed(const std::string& key) const { return needed(json_, key); }
  std::string url(const std::string& key, const std::string& usual = {}) const {
    std::string url = usual.empty() || json_.find(key) ? needed(key) : usual;
    remote::check_secret_url(url, "\"" + key + "\" of " + path_);
    return url;
  }

 private:
  std::string path_;
  Json json_;
};

Token of_service_account(const CredentialFile& file, http::Client& http, Clock& clock) {
  const std::string url = file.url("token_uri", "https://oauth2.googleapis.com/token");
  const int64_t now = clock.now_ms() / 1000;
  Json claims = Json::object();
  claims.set("iss", file.needed("client_email")).set("scope", storage_scope).set("aud", url);
  claims.set("iat", now).set("exp", now + assertion_seconds);
  Json header = Json::object();
  if (const Json* id = file.json().find("private_key_id"); id && id->is_string()) header.set("kid", id->as_string());
  std::string assertion;
  try {
    assertion = remote::json_web_token(std::move(header), claims, file.needed("private_key"));
  } catch (Error& error) {
    throw error.add_context("the service account's key " + file.path());
  }
  const std::string service = "Google's token service";
  const Json answer = remote::post_form(
      http, url, {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", assertion}}, service);
  return remote::token_in(answer, service, clock);
}

Token of_authorized_user(const CredentialFile& file, http::Client& http, Clock& clock) {
  const std::string service = "Google's token service";
  const Json answer = remote::post_form(http, file.url("token_uri", "https://oauth2.googleapis.com/token"),
                                        {{"grant_type", "refresh_token"},
                                         {"client_id", file.needed("client_id")},
                                         {"client_secret", file.needed("client_secret")},
                                         {"refresh_token", file.needed("refresh_token")}},
                                        service);
  return remote::token_in(answer, service, clock);
}

// The token that an outside provider gave, as "credential_source" says where it lies.
std::string subject_token(const CredentialFile& file, http::Client& http) {
  const Json* source = file.json().find("credential_source");
  if (!source || !source->is_object()) refuse("the credentials " + file.path() + " have no \"credential_source\"");
  std::string text;
  if (const auto path = source->get_string("file")) {
    const auto content = read_file_if_exists(*path);
    if (!content) refuse("the subject token " + *path + " cannot be read");
    text = *content;
  } else if (const auto url = source->get_string("url")) {
    remote::check_secret_url(*url, "\"url\" of " + file.path());
    http::Request request;
    request.url = *url;
    if (const Json* headers = source->find("headers"); headers && headers->is_object())
      for (const auto& [name, value] : headers->as_object())
        if (value.is_string()) request.headers.emplace_back(name, value.as_string());
    const http::Outcome outcome = http.send([&] { return request; });
    if (!outcome.settled() || !outcome.last.answer.successful())
      refuse("the place of the subject token that " + file.path() + " names does not give it");
    text = outcome.last.answer.body;
  } else {
    refuse("the subject token of " + file.path() + " comes from neither a file nor a url, which weir does not ask");
  }
  const Json* format = source->find("format");
  if (!format || format->get_string("type").value_or("text") != "json") return std::string(trim(text));
  const std::string field = file.needed(*format, "subject_token_field_name");
  try {
    const Json parsed = Json::parse(text);
    if (const Json* token = parsed.find(field); token && token->is_string()) return token->as_string();
  } catch (const Error&) {
  }
  refuse("the subject token of " + file.path() + " is not the JSON it should be");
}

// Exchanges it (RFC 8693), and the token that comes out of it for one of the service account that is to be acted as.
Token of_external_account(const CredentialFile& file, http::Client& http, Clock& clock) {
  const std::string service = "the token exchange", url = file.url("token_url");
  const bool acts = file.json().find("service_account_impersonation_url") != nullptr;
  const std::string acted_for = acts ? file.url("service_account_impersonation_url") : "";
  const Json answer = remote::post_form(http, url,
                                        {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                                         {"audience", file.needed("audience")},
                                         {"scope", acts ? platform_scope : storage_scope},
                                         {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                                         {"subject_token_type", file.needed("subject_token_type")},
                                         {"subject_token", subject_token(file, http)}},
                                        service);
  Token token = remote::token_in(answer, service, clock);
  if (!acts) return token;
  Json asked = Json::object();
  asked.set("scope", Json::strings(std::vector<std::string>{storage_scope}));
  const std::string body = asked.dump();
  http::Request request;
  request.method = "POST";
  request.url = acted_for;
  request.headers = {{"authorization", "Bearer " + token.text}, {"content-type", "application/json"}};
  request.body = body;
  const Json given = remote::ask_service(http, request, "the service account's token service");
  token = {file.needed(given, "accessToken"), std::nullopt};
  if (const auto us = parse_iso_us(given.get_string("expireTime").value_or(""))) token.expires_ms = *us / 1000;
  return token;
}

Token of_file(const std::string& path, http::Client& http, Clock& clock) {
  const CredentialFile file(path);
  const std::string type = file.needed("type");
  if (type == "service_account") return of_service_account(file, http, clock);
  if (type == "external_account") return of_external_account(file, http, clock);
  if (type == "authorized_user") return of_authorized_user(file, http, clock);
  refuse("the credentials " + path + " are of a type that weir does not know: " + valid_utf8(type));
}

Token of_metadata(const std::string& host, http::Client& http, Clock& clock) {
  http::Request request;
  request.url = "http://" + host + "/computeMetadata/v1/instance/service-accounts/default/token";
  request.headers = {{"metadata-flavor", "Google"}};
  request.direct = true;
  const std::string service = "the metadata service";
  return remote::token_in(remote::ask_service(http, request, service), service, clock);
}

std::optional<std::string> file_of(const Environment& environment) {
  if (auto named = environment("GOOGLE_APPLICATION_CREDENTIALS")) return named;
  auto folder = environment("CLOUDSDK_CONFIG");
  if (!folder)
    if (const auto home = environment("HOME")) folder = *home + "/.config/gcloud";
  if (!folder) return std::nullopt;
  std::string usual = *folder + "/application_default_credentials.json";
  return read_file_if_exists(usual) ? std::optional(usual) : std::nullopt;
}

}  // namespace

remote::FetchToken find_credentials(const Environment& environment, std::shared_ptr<http::Client> http, Clock& clock) {
  if (const auto path = file_of(environment)) {
    CredentialFile(*path).needed("type");
    return [path = *path, http = std::move(http), &clock] { return of_file(path, *http, clock); };
  }
  if (const auto host = environment("GCE_METADATA_HOST"))
    return [host = *host, http = std::move(http), &clock] { return of_metadata(host, *http, clock); };
  refuse("there are no credentials for gs");
}

}  // namespace weir::store::gcs
