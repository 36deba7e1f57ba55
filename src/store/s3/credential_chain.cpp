// find_credentials (declared in credentials.h).
#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/s3/config.h"
#include "store/s3/token_services.h"

namespace weir::store::s3 {

namespace {

constexpr std::string_view remedy =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a profile of ~/.aws (docs/stores.md)";

class CredentialChain {
 public:
  CredentialChain(const Environment& environment, const Profiles& profiles, const std::string& region,
                  std::shared_ptr<http::Client> http, Clock& clock)
      : environment_(environment), profiles_(profiles), region_(region), http_(std::move(http)), clock_(clock) {}

  FetchCredentials find() const {
    if (auto found = from_environment()) return *found;
    if (auto found = web_identity_of_environment()) return *found;
    if (profiles_.chosen() && !profiles_.has(profiles_.current()))
      refuse("AWS_PROFILE names the profile \"" + profiles_.current() + "\", which is in no file");
    if (auto found = from_profile(profiles_.current(), {})) return *found;
    if (auto found = container()) return *found;
    refuse("there are no credentials for s3");
  }

 private:
  using Found = std::optional<FetchCredentials>;

  [[noreturn]] static void refuse(const std::string& why) {
    throw Error(ErrorCode::store_credentials, why, std::string(remedy));
  }

  Found from_environment() const {
    const auto id = environment_("AWS_ACCESS_KEY_ID"), secret = environment_("AWS_SECRET_ACCESS_KEY");
    if (!id && !secret) return std::nullopt;
    if (!id || !secret)
      refuse(std::string(id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID") + " is not set, but its companion is");
    Credentials fixed{*id, *secret, environment_("AWS_SESSION_TOKEN").value_or(""), std::nullopt};
    return [fixed] { return fixed; };
  }

  Found web_identity_of_environment() const {
    const auto file = environment_("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (!file) return std::nullopt;
    const auto arn = environment_("AWS_ROLE_ARN");
    if (!arn) refuse("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
    return web_identity({*arn, environment_("AWS_ROLE_SESSION_NAME").value_or(""), ""}, *file);
  }

  Found web_identity(const Role& role, const std::string& file) const {
    return [role, file, sts = sts(), http = http_, clock = &clock_] {
      return assume_role_with_web_identity(*http, sts, role, file, *clock);
    };
  }

  // `path` are the profiles on the way here, to find circles.
  Found from_profile(const std::string& name, std::vector<std::string> path) const {
    if (std::find(path.begin(), path.end(), name) != path.end())
      refuse("the profiles " + join(path, ", ") + " are each other's source_profile");
    path.push_back(name);
    const auto setting = [&](const std::string& key) { return profiles_.find(name, key); };
    const auto arn = setting("role_arn");
    if (!arn) {
      if (auto found = keys_of(name)) return found;
      if (const auto source = setting("credential_source")) return from_source(*source, name);
      if (setting("credential_process") || setting("sso_session") || setting("sso_start_url"))
        refuse("profile " + name + " gets its credentials from SSO or a program, which weir does not ask");
      return std::nullopt;
    }
    const Role role{*arn, setting("role_session_name").value_or(""), setting("external_id").value_or("")};
    if (const auto file = setting("web_identity_token_file")) return web_identity(role, *file);
    Found base;
    if (const auto source = setting("source_profile"))
      base = *source == name ? keys_of(name) : from_profile(*source, path);
    else if (const auto place = setting("credential_source"))
      base = from_source(*place, name);
    if (!base) refuse("profile " + name + " has a role_arn, but no credentials to assume the role with");
    return [role, base = *base, sts = sts(), region = region_, http = http_, clock = &clock_] {
      return assume_role(*http, sts, region, role, base(), *clock);
    };
  }

  // Read again at each fetch: other tools put fresh keys into the file.
  Found keys_of(const std::string& name) const {
    const auto read = [name](const Profiles& profiles) -> std::optional<Credentials> {
      const auto id = profiles.find(name, "aws_access_key_id"), secret = profiles.find(name, "aws_secret_access_key");
      if (!id || !secret) return std::nullopt;
      return Credentials{*id, *secret, profiles.find(name, "aws_session_token").value_or(""), std::nullopt};
    };
    if (!read(profiles_)) return std::nullopt;
    return [read, name, environment = environment_] {
      const auto now = read(Profiles::read(environment));
      if (!now) refuse("profile " + name + " has no keys any more");
      return *now;
    };
  }

  Found from_source(const std::string& source, const std::string& profile) const {
    Found found;
    if (source == "Environment")
      found = from_environment();
    else if (source == "EcsContainer")
      found = container();
    else if (source == "Ec2InstanceMetadata")
      found = instance();
    else
      refuse("credential_source of profile " + profile + " is " + source +
             ", not Environment, EcsContainer or Ec2InstanceMetadata");
    if (!found) refuse("credential_source of profile " + profile + " is " + source + ", which offers none here");
    return found;
  }

  FetchCredentials instance() const {
    const auto at =
        http::Endpoint::parse(environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254"));
    return [at, http = http_] { return instance_credentials(*http, at); };
  }

  Found container() const {
    std::string url;
    if (const auto relative = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
      url = "http://169.254.170.2" + *relative;
    else if (const auto full = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
      url = *full;
    else
      return std::nullopt;
    check_container_url(url);
    return [url, environment = environment_, http = http_] {
      std::string authorization = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
      if (const auto file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
        authorization = trim(read_file_if_exists(*file).value_or(""));
      return container_credentials(*http, url, authorization);
    };
  }

  // Without TLS only the machine itself and the addresses of container platforms may see the authorization.
  static void check_container_url(const std::string& url) {
    const auto at = http::Endpoint::parse(url.substr(0, url.find('?')));
    constexpr std::array<std::string_view, 6> local = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
                                                       "127.0.0.1",     "[::1]",          "localhost"};
    const std::string& host = at.authority;
    const bool is_local = std::any_of(local.begin(), local.end(), [&](std::string_view name) {
      return host == name || host.starts_with(std::string(name) + ":");
    });
    if (at.scheme != "https" && !is_local)
      refuse("AWS_CONTAINER_CREDENTIALS_FULL_URI names another machine without https");
  }

  http::Endpoint sts() const {
    return http::Endpoint::parse(service_endpoint("sts", region_, environment_, profiles_));
  }

  const Environment& environment_;
  const Profiles& profiles_;
  const std::string& region_;
  std::shared_ptr<http::Client> http_;
  Clock& clock_;
};

}  // namespace

FetchCredentials find_credentials(const Environment& environment, const Profiles& profiles, const std::string& region,
                                  std::shared_ptr<http::Client> http, Clock& clock) {
  return CredentialChain(environment, profiles, region, std::move(http), clock).find();
}

}  // namespace weir::store::s3
