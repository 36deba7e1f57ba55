#include "deps/install.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/ids.h"

namespace weir::deps {

namespace fs = std::filesystem;

namespace {

void move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) throw Error(ErrorCode::store_io, "cannot make " + to.string() + ": " + error.message());
}

}  // namespace

Staging::Staging(const fs::path& target)
    : folder_(target.parent_path() / (".weir-packages-" + uuid_v4().substr(0, 8))) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw Error(ErrorCode::store_io, "cannot make " + folder_.string() + ": " + error.message());
}

Staging::~Staging() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<Installed> install(std::vector<Pinned> packages, PackageSource& source, const fs::path& target,
                               const Staging& staging) {
  const fs::path made = staging.folder() / "made";
  fs::create_directory(made);
  std::vector<Installed> out;
  for (Pinned& pinned : packages) {
    const std::string project = source.metadata(pinned).project;
    if (std::any_of(out.begin(), out.end(), [&](const Installed& other) { return other.project == project; }))
      throw Error(ErrorCode::package_conflict, "two packages are called " + project);
    source.install(pinned, made / project);
    out.push_back({std::move(pinned), project});
  }
  if (fs::exists(target)) move(target, staging.folder() / "before");
  move(made, target);
  return out;
}

}  // namespace weir::deps
