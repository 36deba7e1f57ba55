#include "deps/git_checkout.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "deps/web.h"

namespace weir::deps {

namespace fs = std::filesystem;

namespace {

bool is_commit(const std::string& revision) {
  return revision.size() == 40 && revision.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class Git {
 public:
  Git(const std::string& repository, fs::path folder)
      : repository_(repository), shown_(without_password(repository)), folder_(std::move(folder)) {}

  Finished run(std::vector<std::string> words) const {
    words.insert(words.begin(),
                 {"git", "-C", folder_.string(), "-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"});
    // Variables that a hook of git's own would have set for another repository.
    auto done = run_program(words, {{"LC_ALL", "C"},
                                    {"GIT_DIR", std::nullopt},
                                    {"GIT_WORK_TREE", std::nullopt},
                                    {"GIT_INDEX_FILE", std::nullopt}});
    if (!done)
      throw Error(ErrorCode::package_fetch, "cannot get " + shown_ + ": there is no program git",
                  "install git, or name the package in another way");
    return *done;
  }

  std::string need(const std::vector<std::string>& words) const {
    const Finished done = run(words);
    if (done.exit_code != 0) fail(done);
    return std::string(trim(done.output));
  }

  [[noreturn]] void fail(const Finished& done) const {
    std::string why(trim(done.errors));
    if (const size_t fatal = why.find("fatal: "); fatal != std::string::npos) why = why.substr(fatal + 7);
    why = replace_all(replace_all(std::string(trim(why)), "\n", " "), repository_, shown_);
    throw Error(ErrorCode::package_fetch, "cannot get " + shown_ + ": " + why);
  }

 private:
  const std::string& repository_;
  const std::string shown_;
  fs::path folder_;
};

void refuse_options(const std::string& text, const char* what) {
  if (text.starts_with("-"))
    throw Error(ErrorCode::bad_packages, std::string(what) + " " + text + " begins with '-', as options of git do");
}

// What to fetch: a tag goes before a branch of the same name, as in dbt.
std::string reference(const Git& git, const std::string& repository, const std::optional<std::string>& revision) {
  if (!revision || *revision == "HEAD") return "HEAD";
  if (is_commit(*revision)) return *revision;
  const std::string tag = "refs/tags/" + *revision, branch = "refs/heads/" + *revision;
  const std::string listed = git.need({"ls-remote", "origin", tag, branch}) + "\n";
  for (const std::string& name : {tag, branch})
    if (listed.find("\t" + name + "\n") != std::string::npos) return name;
  throw Error(ErrorCode::package_not_found,
              "Error checking out spec='" + *revision + "': " + without_password(repository) + " has no such revision",
              "a revision is a tag, a branch or a whole commit id of 40 digits");
}

void fetch(const Git& git, const std::string& repository, const std::string& wanted, bool partly) {
  std::vector<std::string> words = {"fetch", "--quiet", "--depth", "1", "--no-tags"};
  if (partly) words.emplace_back("--filter=blob:none");
  words.insert(words.end(), {"origin", wanted});
  const Finished done = git.run(words);
  if (done.exit_code == 0) return;
  if (!is_commit(wanted)) git.fail(done);
  // A server that gives branches and tags only: all of them then.
  git.need({"fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"});
  if (git.run({"cat-file", "-e", wanted + "^{commit}"}).exit_code != 0)
    throw Error(ErrorCode::package_not_found,
                "Error checking out spec='" + wanted + "': " + without_password(repository) + " has no such commit");
  git.need({"update-ref", "FETCH_HEAD", wanted});
}

}  // namespace

Checkout check_out(const std::string& repository, const std::optional<std::string>& revision,
                   const std::string& subdirectory, const fs::path& into, const fs::path& from) {
  refuse_options(repository, "repository");
  refuse_options(revision.value_or(""), "revision");
  refuse_options(subdirectory, "subdirectory");
  const fs::path below = fs::path(subdirectory).lexically_normal();
  if (below.is_absolute() || (!below.empty() && *below.begin() == ".."))
    throw Error(ErrorCode::bad_packages,
                "subdirectory " + subdirectory + " leads out of " + without_password(repository));
  std::error_code ignored;
  const bool is_folder = repository.find(':') == std::string::npos && fs::exists(from / repository, ignored);
  fs::create_directories(into);
  const Git git(repository, into);
  git.need({"init", "--quiet"});
  git.need({"remote", "add", "origin", is_folder ? (from / repository).lexically_normal().string() : repository});
  const std::string wanted = reference(git, repository, revision);
  fetch(git, repository, wanted, !subdirectory.empty());
  if (!subdirectory.empty()) git.need({"sparse-checkout", "set", subdirectory});
  git.need({"checkout", "--quiet", "--detach", "FETCH_HEAD"});
  Checkout out;
  out.commit = git.need({"rev-parse", "HEAD"});
  if (!below.empty() && !fs::is_directory(into / below, ignored))
    throw Error(ErrorCode::package_not_found, without_password(repository) + " has no folder " + subdirectory);
  out.folder = into / below;
  return out;
}

}  // namespace weir::deps
