// What packages.yml says of one package, and the hash by which package-lock.yml knows whether that has changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/yaml.h"
#include "project/plain_values.h"

namespace weir::deps {

enum class PackageKind { local, tarball, git, hub, unavailable };  // unavailable: `private`, a service of dbt's own

struct PackageSpec {
  PackageKind kind = PackageKind::local;
  std::string place;                  // rendered: folder, URL, repository, or name on the hub
  Json unrendered;                    // the entry as written
  std::string name;                   // of a tarball, which has to give it; lock entries have it too
  std::vector<std::string> versions;  // hub: at least one
  bool prereleases = false;           // hub: install_prerelease
  std::optional<std::string> revision;
  std::optional<bool> warn_unpinned;
  std::string subdirectory;
  Json hashed;  // what dbt hashes of it
  Span span;    // in its file; none for one that another package's metadata names

  // The place as written, Jinja and all: what goes into package-lock.yml.
  std::string written_place() const;
};

// The key that names the kind: "local", "tarball", "git", "package", "private".
const char* kind_key(PackageKind kind);

// The list under `packages`, rendered or not; null is an empty one. Throws Error{bad_packages} with the place of an
// entry that has an unknown or missing key or a value of the wrong kind.
std::vector<PackageSpec> parse_packages(const Yaml& list, const project::PlainValues* values);
// Entries of the hub's metadata: "packages": [{"package": "dbt-labs/dbt_utils", "version": [">=1.0.0"]}].
std::vector<PackageSpec> parse_packages(const Json& list);

// dbt's sha1_hash.
std::string packages_hash(const std::vector<PackageSpec>& packages);

}  // namespace weir::deps
