// Packages put where the project looks for them, all of them or none.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "deps/source.h"

namespace weir::deps {

// A folder beside `target` that is gone in the end: for downloads and for what is being installed, on one file system
// with where it is going.
class Staging {
 public:
  explicit Staging(const std::filesystem::path& target);
  ~Staging();
  Staging(const Staging&) = delete;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

struct Installed {
  Pinned pinned;
  std::string project;
};

// Makes `target` hold exactly these packages, each in a folder by its own name. What was there before stays until all
// are fetched. Throws Error{package_conflict} for two of one name.
std::vector<Installed> install(std::vector<Pinned> packages, PackageSource& source, const std::filesystem::path& target,
                               const Staging& staging);

}  // namespace weir::deps
