// packages.yml, dependencies.yml and package-lock.yml of a folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "deps/package_spec.h"
#include "project/plain_values.h"

namespace weir::deps {

inline constexpr const char* lock_file_name = "package-lock.yml";

struct Packages {
  std::string file = "packages.yml";  // the one that names them; that to write into if there is none
  std::vector<PackageSpec> specs;
};

// As dbt: packages.yml, rendered; else the `packages` of dependencies.yml, as written, for the project itself, rendered
// for a package (`is_root` false). Both at once are refused. `label` goes before the file's name in messages:
// "dbt_packages/utils/".
Packages read_packages(const std::filesystem::path& folder, const std::string& label, bool is_root,
                       const project::PlainValues& values);

struct Lock {
  std::vector<PackageSpec> packages;  // each with a version or revision, and its name
  std::string hash;                   // sha1_hash: of what was asked for
};

// nullopt: there is no lock file.
std::optional<Lock> read_lock(const std::filesystem::path& root, const project::PlainValues& values);

// A resolved package as it goes into the lock: keys and values in dbt's order.
using LockEntry = std::vector<std::pair<std::string, std::string>>;
// The file's text, byte for byte as dbt writes it.
std::string lock_text(const std::vector<LockEntry>& entries, const std::string& hash);

// A text as a value of YAML that dbt's parser reads as that text again.
std::string yaml_text(const std::string& text);

}  // namespace weir::deps
