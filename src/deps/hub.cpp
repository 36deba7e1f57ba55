#include "deps/hub.h"

#include "base/error.h"
#include "deps/version.h"

namespace weir::deps {

namespace {

constexpr const char* dbt_domain = "getdbt.com";

std::vector<std::string> texts(const Json* value) {
  std::vector<std::string> out;
  if (value && value->is_string() && !value->as_string().empty()) out.push_back(value->as_string());
  if (value && value->is_array())
    for (const Json& item : value->as_array())
      if (item.is_string()) out.push_back(item.as_string());
  return out;
}

HubVersion version_of(const Json& json) {
  HubVersion out;
  out.name = json.at("name").as_string();
  out.packages = parse_packages(json.at("packages"));
  out.tarball = json.at("downloads").at("tarball").as_string();
  out.dbt_versions = texts(json.find("require_dbt_version"));
  return out;
}

HubPackage package_of(const Json& json) {
  HubPackage out;
  for (const auto& [version, body] : json.at("versions").as_object()) out.versions.emplace(version, version_of(body));
  const auto space = json.get_string("redirectnamespace"), name = json.get_string("redirectname");
  if (space || name)
    out.moved_to = space.value_or(json.get_string("namespace").value_or("")) + "/" +
                   name.value_or(json.get_string("name").value_or(""));
  return out;
}

// Names go into the address as they are: only what a name can have.
void check_name(const std::string& name) {
  for (const char c : name) {
    const bool good =
        (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-' || c == '.' || c == '/';
    if (!good) throw Error(ErrorCode::package_not_found, "\"" + name + "\" is no name of a package on the hub");
  }
  if (name.find("..") != std::string::npos)
    throw Error(ErrorCode::package_not_found, "\"" + name + "\" is no name of a package on the hub");
}

}  // namespace

std::string hub_address(const project::EnvironmentVariables& env) {
  const auto found = env.find("DBT_PACKAGE_HUB_URL");
  std::string address =
      found != env.end() && !found->second.empty() ? found->second : std::string("https://hub.") + dbt_domain;
  return address.ends_with("/") ? address : address + "/";
}

const HubPackage& Hub::package(const std::string& name) {
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  check_name(name);
  const std::string url = address_ + "api/v1/" + name + ".json";
  const std::optional<std::string> body = web_.get(url);
  if (!body) throw Error(ErrorCode::package_not_found, "the hub has no package " + name);
  try {
    return known_.emplace(name, package_of(Json::parse(*body, url))).first->second;
  } catch (const Error& error) {
    throw Error(ErrorCode::package_fetch, "the hub's answer on " + name + " is not understood: " + error.message());
  }
}

std::vector<std::string> Hub::compatible(const std::string& name, const std::string& dbt_version) {
  std::vector<std::string> out;
  for (const auto& [version, body] : package(name).versions) {
    std::vector<Version> wanted;
    if (!dbt_version.empty() && !body.dbt_versions.empty()) {
      wanted.push_back(Version::parse(dbt_version));
      for (const std::string& text : body.dbt_versions) wanted.push_back(Version::parse(text));
    }
    if (wanted.empty() || reduce(wanted)) out.push_back(version);
  }
  return out;
}

}  // namespace weir::deps
