#include "deps/source.h"

#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "deps/git_checkout.h"
#include "deps/package_files.h"
#include "deps/tar_archive.h"

namespace weir::deps {

namespace fs = std::filesystem;

namespace {

std::string key_of(const Pinned& pinned) {
  return join(
      {kind_key(pinned.kind), pinned.place, pinned.revision.value_or("HEAD"), pinned.subdirectory, pinned.version},
      "\n");
}

// A project's name is the name of the folder that it is installed in.
void check_project_name(const std::string& name, const std::string& place) {
  bool good = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    good = good && (byte >= 0x80 || c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'));
  }
  if (!good)
    throw Error(ErrorCode::package_fetch, place + " is a package called \"" + name + "\", which is no name for one");
}

}  // namespace

fs::path PackageSource::new_folder() { return work_ / std::to_string(++count_); }

Metadata PackageSource::read(const fs::path& folder, const Pinned& pinned) const {
  const std::optional<std::string> text = read_file_if_exists(folder / "dbt_project.yml");
  if (!text)
    throw Error(
        ErrorCode::package_fetch, pinned.place + " is no package: there is no dbt_project.yml in it",
        pinned.kind == PackageKind::git ? "subdirectory: names the folder of the package in its repository" : "");
  const Yaml document = Yaml::parse(*text, pinned.place + "/dbt_project.yml");
  const Yaml* name = document.find("name");
  Metadata out;
  out.project = name && name->kind == Yaml::Kind::scalar ? name->text : "";
  check_project_name(out.project, pinned.place);
  out.packages = read_packages(folder, pinned.place + "/", false, values_).specs;
  return out;
}

PackageSource::Fetched PackageSource::from_git(const Pinned& pinned) {
  const Checkout done = check_out(pinned.place, pinned.revision, pinned.subdirectory, new_folder(), root_);
  const std::string revision = pinned.revision.value_or("HEAD");
  if (pinned.warn_unpinned && (revision == "HEAD" || revision == "main" || revision == "master"))
    warn_("the package " + pinned.place + " is not pinned: it is taken from " +
          (revision == "HEAD" ? "the default branch" : "branch " + revision) +
          ", which may change at any time (revision: names a tag or commit, warn-unpinned: false is content)");
  return {done.folder, done.commit, {}};
}

PackageSource::Fetched PackageSource::from_tarball(const std::string& address) {
  const std::optional<std::string> bytes = web_.get(address);
  if (!bytes) throw Error(ErrorCode::package_not_found, "there is no " + address);
  const fs::path folder = new_folder();
  fs::create_directories(folder);
  return {folder / unpack_tar_gz(*bytes, folder, address), "", {}};
}

PackageSource::Fetched& PackageSource::fetched(const Pinned& pinned) {
  const std::string key = key_of(pinned);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  Fetched out;
  switch (pinned.kind) {
    case PackageKind::local:
      out.folder = (root_ / pinned.place).lexically_normal();
      break;
    case PackageKind::git:
      out = from_git(pinned);
      break;
    case PackageKind::tarball:
      out = from_tarball(pinned.place);
      break;
    default:
      out = from_tarball(hub_.package(pinned.place).versions.at(pinned.version).tarball);
      break;
  }
  if (!out.folder.has_filename()) out.folder = out.folder.parent_path();
  out.metadata = read(out.folder, pinned);
  if (pinned.kind == PackageKind::tarball) {
    check_project_name(pinned.name, pinned.place);
    out.metadata.project = pinned.name;
  }
  Fetched& kept = known_.emplace(key, std::move(out)).first->second;
  if (!kept.commit.empty()) {  // the same under its commit, by which it may be asked for next
    Pinned by_commit = pinned;
    by_commit.revision = kept.commit;
    known_.emplace(key_of(by_commit), kept);
  }
  return kept;
}

const Metadata& PackageSource::metadata(Pinned& pinned) {
  if (pinned.kind != PackageKind::hub) {
    const Fetched& found = fetched(pinned);
    if (!found.commit.empty()) pinned.revision = found.commit;
    return found.metadata;
  }
  const auto& versions = hub_.package(pinned.place).versions;
  const auto version = versions.find(pinned.version);
  if (version == versions.end())
    throw Error(ErrorCode::package_not_found, pinned.place + " has no version " + pinned.version);
  Metadata& out = hub_metadata_[pinned.place + "@" + pinned.version];
  out.project = version->second.name;
  out.packages = version->second.packages;
  check_project_name(out.project, pinned.place);
  return out;
}

void PackageSource::install(Pinned& pinned, const fs::path& into) {
  const fs::path folder = fetched(pinned).folder;
  std::error_code error;
  if (pinned.kind == PackageKind::local) {
    fs::create_directory_symlink(folder, into, error);
    if (error) fs::copy(folder, into, fs::copy_options::recursive, error = {});
  } else {
    fs::remove_all(folder / ".git", error);  // the history belongs to who made the package
    fs::rename(folder, into, error);
  }
  if (error) throw Error(ErrorCode::store_io, "cannot install " + pinned.place + ": " + error.message());
}

}  // namespace weir::deps
