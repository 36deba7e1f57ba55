#include "store/azure/credentials.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/text.h"

namespace weir::store::azure {

namespace {

using remote::Form;

constexpr const char* resource = "https://storage.azure.com/";
constexpr std::string_view remedy =
    "set AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET "
    "(docs/stores.md)";

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::store_credentials, why, std::string(remedy));
}

Credentials with_key(const std::string& text, const std::string& setting) {
  const auto key = base64_decode(text);
  if (!key || key->empty()) refuse(setting + " is no account key: it is not Base64");
  return {*key, "", {}};
}

Credentials with_sas(const std::string& text, const std::string& setting) {
  const std::string sas = text.starts_with('?') ? text.substr(1) : text;
  if (sas.find("sig=") == std::string::npos || sas.find_first_of(" \t\r\n#") != std::string::npos)
    refuse(setting + " is no shared access signature: it is written sv=…&sig=…");
  return {"", sas, {}};
}

// A token of an application, which shows a secret or a token of another provider.
remote::FetchToken of_application(const Environment& environment, const std::string& client,
                                  const std::shared_ptr<http::Client>& http, Clock& clock) {
  const auto tenant = environment("AZURE_TENANT_ID"), secret = environment("AZURE_CLIENT_SECRET"),
             file = environment("AZURE_FEDERATED_TOKEN_FILE");
  if (!tenant) refuse("AZURE_CLIENT_ID is set, but AZURE_TENANT_ID is not");
  std::string url = environment("AZURE_AUTHORITY_HOST").value_or("https://login.microsoftonline.com");
  while (url.ends_with('/')) url.pop_back();
  remote::check_secret_url(url, "AZURE_AUTHORITY_HOST");
  url += "/" + percent_encode(*tenant, "-._~") + "/oauth2/v2.0/token";
  return [=, &clock] {
    Form form = {
        {"grant_type", "client_credentials"}, {"client_id", client}, {"scope", std::string(resource) + ".default"}};
    if (secret) {
      form.emplace_back("client_secret", *secret);
    } else {
      const auto token = read_file_if_exists(*file);
      if (!token) refuse("the federated token " + *file + " cannot be read");
      form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      form.emplace_back("client_assertion", trim(*token));
    }
    const std::string service = "Entra ID";
    return remote::token_in(remote::post_form(*http, url, form, service), service, clock);
  };
}

// Of an app's platform (App Service, Container Apps), else of a virtual machine.
remote::FetchToken of_managed_identity(const Environment& environment, const std::shared_ptr<http::Client>& http,
                                       Clock& clock) {
  const auto endpoint = environment("IDENTITY_ENDPOINT"), secret = environment("IDENTITY_HEADER");
  const bool is_app = endpoint && secret;
  Form query = {{"api-version", is_app ? "2019-08-01" : "2018-02-01"}, {"resource", resource}};
  if (const auto client = environment("AZURE_CLIENT_ID")) query.emplace_back("client_id", *client);
  http::Request request;
  request.url = is_app ? *endpoint
                       : environment("AZURE_POD_IDENTITY_AUTHORITY_HOST").value_or("http://169.254.169.254") +
                             "/metadata/identity/oauth2/token";
  http::Endpoint::parse(request.url);
  request.url += "?" + remote::encode_form(query);
  request.headers = is_app ? Form{{"x-identity-header", *secret}} : Form{{"metadata", "true"}};
  request.direct = true;
  return [=, &clock] {
    const std::string service = "the managed identity";
    return remote::token_in(remote::ask_service(*http, request, service), service, clock);
  };
}

}  // namespace

Credentials find_credentials(const Environment& environment, const std::shared_ptr<http::Client>& http, Clock& clock) {
  for (const char* name : {"AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"})
    if (const auto key = environment(name)) return with_key(*key, name);
  if (const auto sas = environment("AZURE_STORAGE_SAS_TOKEN")) return with_sas(*sas, "AZURE_STORAGE_SAS_TOKEN");
  const ConnectionString connection =
      parse_connection_string(environment("AZURE_STORAGE_CONNECTION_STRING").value_or(""));
  if (const auto key = connection.find("AccountKey"); key != connection.end())
    return with_key(key->second, "AccountKey of AZURE_STORAGE_CONNECTION_STRING");
  if (const auto sas = connection.find("SharedAccessSignature"); sas != connection.end())
    return with_sas(sas->second, "SharedAccessSignature of AZURE_STORAGE_CONNECTION_STRING");
  const auto wanted = environment("AZURE_TOKEN_CREDENTIALS");
  if (wanted && iequals(*wanted, "ManagedIdentityCredential"))
    return {"", "", of_managed_identity(environment, http, clock)};
  const auto client = environment("AZURE_CLIENT_ID");
  if (client && (environment("AZURE_CLIENT_SECRET") || environment("AZURE_FEDERATED_TOKEN_FILE")))
    return {"", "", of_application(environment, *client, http, clock)};
  refuse("there are no credentials for Azure");
}

}  // namespace weir::store::azure
