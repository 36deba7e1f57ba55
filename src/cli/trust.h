// Whether a project's code outside of SQL and Jinja may run (project/foreign_code.h). What the user has confirmed is
// kept outside of the project, in trust.json of the user's configuration: a folder, and digests of the code that was
// seen there.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "cli/workspace.h"
#include "project/foreign_code.h"

namespace weir::cli {

struct TrustedFolder {
  std::string folder, since;    // absolute; "2026-01-05T10:00:00Z"
  std::set<std::string> codes;  // digests
};

class TrustStore {
 public:
  // $XDG_CONFIG_HOME/weir/trust.json, else ~/.config/weir/trust.json. Throws for a file that is not understood.
  static TrustStore open();
  const std::vector<TrustedFolder>& folders() const { return folders_; }
  const TrustedFolder* find(const std::string& folder) const;
  // These write the file. Throw Error{state_io} if it cannot be written.
  void remember(const std::string& folder, const std::vector<project::ForeignCode>& codes, int64_t now_ms);
  bool forget(const std::string& folder);
  const std::filesystem::path& path() const { return path_; }

 private:
  void write() const;
  std::filesystem::path path_;
  std::vector<TrustedFolder> folders_;
};

// The project's folder as the store knows it: links resolved.
std::string trusted_name(Workspace& workspace);

// Of the project's code what is not remembered; nothing where nobody is asked (WEIR_TRUST=1, a database under the name
// dbt).
struct TrustQuestion {
  std::vector<project::ForeignCode> all, open;
};
TrustQuestion trust_question(const Call& call, Workspace& workspace);

// Settles what of the project is trusted. Throws if what is to run reaches code that is not confirmed: an error for
// each place.
void ask_for_trust(const Call& call, Workspace& workspace, const project::ToRun& to_run);
// The same for what only renders, and meets a refusal when it would execute: throws for the target's files alone.
// Nothing happens once it is settled.
void settle_trust(Workspace& workspace);

}  // namespace weir::cli
