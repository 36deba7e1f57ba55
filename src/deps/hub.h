// dbt's hub of packages, by its public API: GET <hub>api/v1/<namespace>/<name>.json gives all versions of a package.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "deps/package_spec.h"
#include "deps/web.h"

namespace weir::deps {

struct HubVersion {
  std::string name;                       // of the project in it
  std::vector<PackageSpec> packages;      // that it needs
  std::string tarball;                    // address
  std::vector<std::string> dbt_versions;  // require_dbt_version; empty = any
};

struct HubPackage {
  std::map<std::string, HubVersion> versions;
  std::string moved_to;  // another name that it has now; "" = it has not moved
};

// The address of the hub: DBT_PACKAGE_HUB_URL as for dbt, else dbt's own. Ends with a slash.
std::string hub_address(const project::EnvironmentVariables& env);

class Hub {
 public:
  // `web` outlives the hub.
  Hub(Web& web, std::string address) : web_(web), address_(std::move(address)) {}

  // Asked once for each name. Throws Error{package_not_found} and Error{package_fetch}.
  const HubPackage& package(const std::string& name);
  // Versions that fit dbt `dbt_version`; all of them if it is empty.
  std::vector<std::string> compatible(const std::string& name, const std::string& dbt_version);

 private:
  Web& web_;
  std::string address_;
  std::map<std::string, HubPackage> known_;
};

}  // namespace weir::deps
