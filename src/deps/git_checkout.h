// A revision of a git repository, checked out by the program git.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace weir::deps {

struct Checkout {
  std::filesystem::path folder;  // of the package: the repository's, or the subdirectory of it
  std::string commit;            // 40 hex digits
};

// `revision` is a tag, a branch or a whole commit id; nullopt: the default branch. Only this revision is fetched where
// the server lets one. `into` does not exist yet; a relative `repository` is meant from `from`. The user's own git
// settings hold, so private repositories work as on the command line. Throws Error{package_fetch},
// Error{package_not_found} for a revision or subdirectory that is not there, Error{bad_packages} for one that git would
// take for an option.
Checkout check_out(const std::string& repository, const std::optional<std::string>& revision,
                   const std::string& subdirectory, const std::filesystem::path& into,
                   const std::filesystem::path& from);

}  // namespace weir::deps
