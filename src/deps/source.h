// Where packages come from: gives the folder of each that is wanted, fetched once, in a folder of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "deps/hub.h"
#include "deps/package_spec.h"

namespace weir::deps {

// A package in one version.
struct Pinned {
  PackageKind kind = PackageKind::local;
  std::string place;                    // as in PackageSpec
  std::string written_place;            // for the lock
  std::string name;                     // tarball: the name it is given; else ""
  std::string subdirectory;             // git
  std::optional<std::string> revision;  // git: as asked for, then the commit
  bool warn_unpinned = true;
  std::string version, newest;  // hub: this one, and the newest that fits this dbt
  bool operator==(const Pinned&) const = default;
};

struct Metadata {
  std::string project;  // name in its dbt_project.yml: the folder it is installed in
  std::vector<PackageSpec> packages;
};

// What a run of `weir deps` tells as it goes.
using Say = std::function<void(const std::string& line)>;

class PackageSource {
 public:
  // `work` is an empty folder for downloads, on the file system of the project. All outlive this.
  PackageSource(std::filesystem::path root, std::filesystem::path work, Web& web, Hub& hub,
                const project::PlainValues& values, Say warn)
      : root_(std::move(root)), work_(std::move(work)), web_(web), hub_(hub), values_(values), warn_(std::move(warn)) {}

  Hub& hub() { return hub_; }
  // What the package is called and needs. For git, `pinned.revision` becomes the commit.
  const Metadata& metadata(Pinned& pinned);
  // Puts the package into the folder `into`, which does not exist yet. A local one becomes a link to where it is.
  void install(Pinned& pinned, const std::filesystem::path& into);

 private:
  struct Fetched {
    std::filesystem::path folder;
    std::string commit;
    Metadata metadata;
  };
  Fetched& fetched(const Pinned& pinned);
  Fetched from_git(const Pinned& pinned);
  Fetched from_tarball(const std::string& address);
  Metadata read(const std::filesystem::path& folder, const Pinned& pinned) const;
  std::filesystem::path new_folder();

  std::filesystem::path root_, work_;
  Web& web_;
  Hub& hub_;
  const project::PlainValues& values_;
  Say warn_;
  std::map<std::string, Fetched> known_;
  std::map<std::string, Metadata> hub_metadata_;
  int count_ = 0;
};

}  // namespace weir::deps
