#include "cli/trust.h"

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "base/time.h"
#include "cli/dbt_log.h"
#include "cli/project_errors.h"

namespace weir::cli {

namespace fs = std::filesystem;

namespace {

fs::path config_folder() {
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config && *config) return fs::path(config) / "weir";
  if (const char* home = std::getenv("HOME"); home && *home) return fs::path(home) / ".config" / "weir";
  return {};
}

// Nobody is asked: the environment says so, or it is called as dbt is, which asks nobody either.
bool unasked(const Call& call, const project::Project& project) {
  const char* wish = std::getenv("WEIR_TRUST");
  if (wish && std::string_view(wish) == "1") return true;
  return is_dbt(call) && project.target.kind == project::TargetKind::database;
}

std::string message_of(const project::ForeignCode& code) {
  return code.text.empty() ? code.kind + " asks for trust" : code.kind + " asks for trust: " + code.text;
}

}  // namespace

TrustStore TrustStore::open() {
  TrustStore out;
  const fs::path folder = config_folder();
  if (folder.empty()) return out;
  out.path_ = folder / "trust.json";
  const std::optional<std::string> text = read_file_if_exists(out.path_);
  if (!text) return out;
  try {
    const Json all = Json::parse(*text, out.path_.string());
    for (const Json& entry : all.at("folders").as_array()) {
      TrustedFolder known;
      known.folder = entry.at("folder").as_string();
      known.since = entry.get_string("since").value_or("");
      for (const Json& code : entry.at("codes").as_array()) known.codes.insert(code.as_string());
      out.folders_.push_back(std::move(known));
    }
  } catch (Error& error) {
    throw error.with_hint("remove " + out.path_.string() + " and confirm anew: weir trust");
  }
  return out;
}

const TrustedFolder* TrustStore::find(const std::string& folder) const {
  const auto found =
      std::find_if(folders_.begin(), folders_.end(), [&](const auto& known) { return known.folder == folder; });
  return found == folders_.end() ? nullptr : &*found;
}

void TrustStore::remember(const std::string& folder, const std::vector<project::ForeignCode>& codes, int64_t now_ms) {
  std::erase_if(folders_, [&](const TrustedFolder& known) { return known.folder == folder; });
  TrustedFolder made;
  made.folder = folder;
  made.since = iso_seconds(now_ms);
  for (const project::ForeignCode& code : codes) made.codes.insert(code.digest);
  folders_.push_back(std::move(made));
  write();
}

bool TrustStore::forget(const std::string& folder) {
  if (std::erase_if(folders_, [&](const TrustedFolder& known) { return known.folder == folder; }) == 0) return false;
  write();
  return true;
}

void TrustStore::write() const {
  if (path_.empty())
    throw Error(ErrorCode::state_io, "there is no place to remember it: neither XDG_CONFIG_HOME nor HOME is set",
                "set one of them, or WEIR_TRUST=1");
  Json list = Json::array();
  for (const TrustedFolder& known : folders_)
    list.push_back(Json::object()
                       .set("folder", known.folder)
                       .set("since", known.since)
                       .set("codes", Json::strings(std::vector<std::string>(known.codes.begin(), known.codes.end()))));
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  write_file(path_, Json::object().set("folders", std::move(list)).dump(2) + "\n");
}

std::string trusted_name(Workspace& workspace) { return resolved_path(workspace.root()); }

TrustQuestion trust_question(const Call& call, Workspace& workspace) {
  const project::Project& project = workspace.project();
  TrustQuestion out;
  out.all = project::foreign_code(project);
  project::Trust trust;
  trust.all = unasked(call, project);
  if (!trust.all) {
    const TrustStore store = TrustStore::open();
    const TrustedFolder* known = store.find(trusted_name(workspace));
    for (const project::ForeignCode& code : out.all) {
      if (known && known->codes.contains(code.digest))
        trust.kinds.insert(code.kind);
      else
        out.open.push_back(code);
    }
    for (const project::ForeignCode& code : out.open) trust.kinds.erase(code.kind);
  }
  workspace.set_trust(std::move(trust));
  return out;
}

void ask_for_trust(const Call& call, Workspace& workspace, const project::ToRun& to_run) {
  TrustQuestion question = trust_question(call, workspace);
  if (question.open.empty()) return;
  const std::vector<project::ForeignCode> reached = project::reached_code(workspace.project(), question.all, to_run);
  const auto is_open = [&](const project::ForeignCode& code) {
    return std::any_of(question.open.begin(), question.open.end(),
                       [&](const project::ForeignCode& open) { return open.digest == code.digest; });
  };
  std::vector<Error> errors;
  const auto refuse = [&](const project::ForeignCode& code) {
    errors.push_back(Error(ErrorCode::not_trusted, message_of(code)).with_span(code.span));
  };
  for (const project::ForeignCode& code : reached)
    if (is_open(code)) refuse(code);
  // A kind that the run needs is allowed once all of it is confirmed.
  if (errors.empty())
    for (const project::ForeignCode& code : question.open)
      if (std::any_of(reached.begin(), reached.end(), [&](const auto& other) { return other.kind == code.kind; }))
        refuse(code);
  if (errors.empty()) return;
  errors.back().with_hint(
      "it can do what you can do on this machine; if that is well, `weir trust` remembers it; "
      "WEIR_TRUST=1 does not ask");
  throw ProjectErrors(std::move(errors));
}

void settle_trust(Workspace& workspace) {
  if (!workspace.trust_settled()) ask_for_trust(workspace.call(), workspace, {});
}

}  // namespace weir::cli
