// weir debug: versions, files, profile and connection, in dbt's form.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "base/process.h"
#include "base/text.h"
#include "cli/dbt_log.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/workspace.h"
#include "dbt/run_results.h"
#include "project/early_look.h"
#include "run/database.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

std::string os_text() {
  utsname info{};
  uname(&info);
  return fmt::format("{}-{}-{}", info.sysname, info.release, info.machine);
}

class Debug {
 public:
  explicit Debug(const Call& call)
      : call_(call), style_(call.terminal.out), workspace_(call), flags_(workspace_.load_flags()) {}

  int run() {
    if (is_dbt(call_) && call_.options.is_set("project-dir") && !fs::is_directory(call_.options.text("project-dir")))
      throw Error(ErrorCode::bad_option_value,
                  "--project-dir " + call_.options.text("project-dir") + " does not exist");
    find_files();
    if (call_.options.boolean("config-dir")) {
      line("To view your profiles.yml file, run:\n\nxdg-open " + profiles_.parent_path().string());
      return exit_done;
    }
    line("weir version: " WEIR_VERSION);
    line(std::string("dbt version: ") + dbt::dbt_version);
    line("os info: " + os_text());
    load();
    tell_warnings(call_, warnings_, project_flags_);
    line("Using profiles dir at " + profiles_.parent_path().string());
    line("Using profiles.yml file at " + profiles_.string());
    line("Using dbt_project.yml file at " + project_.string());
    if (target_) {
      line("adapter type: " + target_->type);
      line("adapter version: " + workspace_.engine().version());
    }
    if (call_.options.boolean("connection"))
      line("Skipping steps before connection verification");
    else
      tell_configuration();
    test_connection();
    if (failures_.empty()) {
      line(style_.green("All checks passed!"));
      return exit_done;
    }
    line(style_.red(fmt::format("{} check{} failed:", failures_.size(), failures_.size() == 1 ? "" : "s")));
    for (const std::string& failure : failures_) line(failure + "\n");
    return exit_failed;
  }

 private:
  void line(const std::string& text) const { print(stdout, text + "\n"); }
  std::string good(const char* text) const { return style_.green(text); }
  std::string bad(const char* text) const { return style_.red(text); }

  // Where they are, or would be looked for.
  void find_files() {
    const std::string start = flags_project_dir();
    const fs::path root = workspace_.has_project() ? fs::path(workspace_.root()) : fs::absolute(start);
    project_ = root / "dbt_project.yml";
    std::optional<std::string> found;
    try {
      found = project::find_profiles(root.string(), flags_);
    } catch (const Error&) {  // --profiles-dir without a profiles.yml: told below
    }
    const auto home = flags_.env.find("HOME");
    const fs::path otherwise = flags_.profiles_dir ? fs::path(*flags_.profiles_dir)
                                                   : fs::path(home == flags_.env.end() ? "" : home->second) / ".dbt";
    profiles_found_ = found.has_value();
    profiles_ = fs::absolute(found ? fs::path(*found) : otherwise / "profiles.yml").lexically_normal();
  }

  std::string flags_project_dir() const {
    const std::string folder = call_.options.is_set("project-dir") ? call_.options.text("project-dir") : ".";
    return fs::absolute(folder).lexically_normal().string();
  }

  void fail(const std::string& what, const Error& error) {
    std::string text = what + " failed for the following reason:\n  ";
    if (error.span() && error.span()->known()) text += fmt::format("{}:{}: ", error.span()->file, error.span()->line);
    text += error.message();
    failures_.push_back(error.hint().empty() ? text : text + "\n  " + error.hint());
  }

  void load() {
    if (!workspace_.has_project()) {
      project_status_ = bad("ERROR not found");
      profile_status_ = profiles_found_ ? "not looked at" : bad("ERROR not found");
      failures_.push_back("Project loading failed for the following reason:\n  project path <" + project_.string() +
                          "> not found");
      return;
    }
    project::ProjectFile file;
    try {
      file = project::read_project_file(workspace_.root(), "", warnings_);
      project_flags_ = file.flags;
      project_status_ = good("OK found and valid");
    } catch (const Error& error) {
      project_status_ = bad("ERROR invalid");
      profile_status_ = "not looked at";
      fail("Project loading", error);
      if (!flags_.profile) return;  // else the profile is known without the project
    }
    load_profile(file);
  }

  void load_profile(project::ProjectFile& file) {
    try {
      target_ = project::begin_rendering(workspace_.root(), file, flags_, workspace_.settings())->target;
      profile_status_ = profiles_found_ ? good("OK found and valid") : "not found, and not needed by the lake";
    } catch (const Error& error) {
      const bool of_project = error.span() && error.span()->file == "dbt_project.yml";
      if (of_project && is_dbt(call_)) throw;  // as dbt's ends where the templates of dbt_project.yml fail
      (of_project ? project_status_ : profile_status_) = bad("ERROR invalid");
      if (of_project) profile_status_ = "not looked at";
      if (!of_project && !profiles_found_) profile_status_ = bad("ERROR not found");
      fail(of_project ? "Project loading" : "Profile loading", error);
    }
  }

  void tell_configuration() const {
    line("Configuration:");
    line("  profiles.yml file [" + profile_status_ + "]");
    line("  dbt_project.yml file [" + project_status_ + "]");
    line("Required dependencies:");
    const bool git = run_program({"git", "--version"}).has_value();
    line(" - git [" + (git ? good("OK found") : "not found: weir deps needs it for git packages") + "]\n");
  }

  void test_connection() {
    if (!target_) {
      line("Connection test skipped since no profile was found");
      return;
    }
    line("Connection:");
    for (const auto& [key, value] : connection_info()) line("  " + key + ": " + value);
    try {
      run::TargetSession session(workspace_.engine(), workspace_.lake(), *target_, {});
      session.session().query("select 1 as id");
      if (target_->kind == project::TargetKind::lake) workspace_.lake()->schemas();
      line("  Connection test: [" + good("OK connection ok") + "]\n");
    } catch (const Error& error) {
      line("  Connection test: [" + bad("ERROR") + "]\n");
      fail("Connection test", error);
    }
  }

  std::vector<std::pair<std::string, std::string>> connection_info() {
    const project::Target& target = *target_;
    std::vector<std::pair<std::string, std::string>> out = {
        {"target", target.name}, {"database", target.database}, {"schema", target.schema}};
    if (target.kind == project::TargetKind::lake) {
      out.emplace_back("lake", workspace_.lake()->uri());
    } else {
      out.emplace_back("path", target.path.empty() ? ":memory:" : target.path);
      for (const auto& [name, value] : target.settings) out.emplace_back("setting " + name, value);
      for (const project::Attachment& other : target.attach) out.emplace_back("attach " + other.alias, other.path);
    }
    if (target.threads > 0) out.emplace_back("threads", std::to_string(target.threads));
    return out;
  }

  const Call& call_;
  const Style& style_;
  Workspace workspace_;
  project::LoadFlags flags_;
  fs::path project_, profiles_;
  bool profiles_found_ = false;
  std::optional<project::Target> target_;
  std::string profile_status_, project_status_;
  std::vector<project::Diagnostic> warnings_;
  Json project_flags_ = Json::object();
  std::vector<std::string> failures_;
};

int run_debug(Call& call) { return Debug(call).run(); }

}  // namespace

Verb debug_verb() {
  Verb verb;
  verb.name = "debug";
  verb.group = "Help";
  verb.summary = "show versions, files and profile, and try the connection (as dbt's debug)";
  verb.detail =
      "Reads dbt_project.yml and profiles.yml, no models, and changes nothing. Exit code 1 if something is not as it "
      "must be. `weir doctor` looks at the models, the lake and every published table.";
  verb.flags = together({project_flags(),
                         engine_flags(),
                         {switch_flag("connection", 0, "only try the connection"),
                          switch_flag("config-dir", 0, "only tell where profiles.yml is")}});
  verb.in_dbt = true;
  verb.run = run_debug;
  return verb;
}

}  // namespace weir::cli
