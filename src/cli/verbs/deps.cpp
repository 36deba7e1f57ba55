// weir deps: the packages that packages.yml names, resolved, locked and installed.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/dbt_log.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/workspace.h"
#include "dbt/run_results.h"
#include "deps/add_package.h"
#include "deps/install.h"
#include "deps/package_files.h"
#include "deps/resolve.h"
#include "project/project_file.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

bool contains(const fs::path& outer, const fs::path& inner) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// All of it is replaced, so it may hold nothing of the project's own.
fs::path install_folder(const fs::path& root, const project::ProjectFile& file, const project::PlainValues& values) {
  const std::string named = values.text(file.packages_install_path, file.document.span);
  fs::path folder = fs::weakly_canonical(root / named);
  if (!folder.has_filename()) folder = folder.parent_path();
  std::vector<fs::path> own = {root};
  for (const auto* paths : {&file.model_paths, &file.seed_paths, &file.test_paths, &file.macro_paths,
                            &file.snapshot_paths, &file.analysis_paths, &file.function_paths})
    for (const std::string& path : *paths) own.push_back(fs::weakly_canonical(root / path));
  for (const fs::path& path : own)
    if (contains(folder, path) || (path != own.front() && contains(path, folder)))
      throw Error(ErrorCode::bad_project_file,
                  "packages-install-path is " + named + ", where files of the project itself are",
                  "weir deps replaces that whole folder; name one of its own, like dbt_packages");
  return folder;
}

class Deps {
 public:
  explicit Deps(const Call& call)
      : call_(call),
        workspace_(call),
        root_(fs::canonical(workspace_.root())),
        values_(load_flags(call)),
        file_(read_project()),
        web_(workspace_.clock()),
        hub_(web_, deps::hub_address(project::process_environment())) {}

  int run() {
    const fs::path folder = install_folder(root_, file_, values_);
    if (call_.options.is_set("add-package")) add();
    const deps::Packages wanted = deps::read_packages(root_, "", true, values_);
    for (const std::string& line : values_.logged()) say(call_, line);
    if (wanted.specs.empty()) {
      say(call_, "no packages are named in packages.yml or dependencies.yml");
      return exit_done;
    }
    const deps::Staging staging(folder);
    const fs::path work = staging.folder() / "work";
    fs::create_directory(work);
    deps::PackageSource source(root_, work, web_, hub_, values_, [this](const std::string& text) { warn(text); });
    const std::string hash = deps::packages_hash(wanted.specs);
    std::optional<deps::Lock> lock = deps::read_lock(root_, values_);
    if (!lock || lock->hash != hash || call_.options.boolean("upgrade")) {
      write_lock(wanted.specs, hash, source);
      lock = deps::read_lock(root_, values_);
    } else if (call_.options.boolean("lock")) {
      say(call_, std::string(deps::lock_file_name) + " is up to date");
    }
    if (call_.options.boolean("lock")) return exit_done;
    std::vector<deps::Pinned> pinned = deps::pin(lock->packages, dbt_version(), source);
    warn_moved(pinned);
    const auto installed = deps::install(std::move(pinned), source, folder, staging);
    for (const deps::Installed& package : installed) tell(package);
    return exit_done;
  }

  // Addresses stand in errors, and secrets in addresses.
  Error without_secrets(const Error& error) const {
    Error out(error.code(), values_.without_secrets(error.message()), values_.without_secrets(error.hint()));
    out.with_blame(error.blame());
    if (error.span()) out.with_span(*error.span());
    for (const Error::Context& context : error.contexts())
      out.add_context(values_.without_secrets(context.what), context.span);
    return out;
  }

 private:
  static project::LoadFlags load_flags(const Call& call) {
    project::LoadFlags flags;
    flags.vars = call.options.text("vars");
    flags.which = "deps";
    return flags;
  }

  project::ProjectFile read_project() const {
    std::vector<project::Diagnostic> told;
    return project::read_project_file(root_.string(), "", told);
  }

  void warn(const std::string& text) const {
    say(call_, call_.terminal.error.yellow("warning:") + " " + values_.without_secrets(text));
  }

  // Versions on the hub must fit it; "" where the project or the user does not mind.
  std::string dbt_version() const {
    const bool checked = file_.flags.get_bool("version_check").value_or(true);
    const Options& options = call_.options;
    return checked && options.boolean("version-check") && !options.boolean("no-version-check") ? dbt::dbt_version : "";
  }

  void add() {
    const std::string word = call_.options.text("add-package");
    const size_t at = word.rfind('@');
    const std::string source = call_.options.text("source");
    deps::NewEntry entry;
    entry.kind = source == "hub" ? "package" : source;
    // "git@host:…" has no version: what follows an '@' of that kind holds a ':' or '/'.
    const bool has_version = at != std::string::npos && at > 0 && word.find_first_of(":/", at) == std::string::npos;
    entry.place = has_version ? word.substr(0, at) : word;
    if (has_version) entry.version = word.substr(at + 1);
    if (entry.version.empty() && source != "local")
      throw Error(ErrorCode::usage, "--add-package needs a version: " + entry.place + "@1.0.0",
                  "only a local package has none (--source local)");
    const std::string name = deps::read_packages(root_, "", true, values_).file;
    const deps::Edited edited =
        deps::with_package(read_file_if_exists(root_ / name).value_or(""), name, entry, is_dbt(call_));
    write_file(root_ / name, edited.text);
    for (const std::string& place : edited.replaced) say(call_, "replaced " + place + " in " + name);
    say(call_, "added " + entry.place + (entry.version.empty() ? "" : " " + entry.version) + " to " + name);
  }

  void write_lock(const std::vector<deps::PackageSpec>& packages, const std::string& hash,
                  deps::PackageSource& source) const {
    std::vector<deps::LockEntry> entries;
    for (const deps::Resolution& found : deps::resolve(packages, file_.name, dbt_version(), source)) {
      const deps::Pinned& pinned = found.pinned;
      // As in dbt a folder is locked as it came out, an address as it is written. A folder with a secret in it is
      // locked as it is written, too.
      const bool local = pinned.kind == deps::PackageKind::local;
      const bool as_it_came_out = local && values_.without_secrets(pinned.place) == pinned.place;
      const std::string& wanted = as_it_came_out ? pinned.place : pinned.written_place;
      const std::string place = values_.without_secrets(wanted);
      if (place != wanted)
        warn(std::string("a secret stands in the ") + (local ? "path" : "address") + " of " + found.project +
             ": it is left out of package-lock.yml, so that nothing can be installed by that; write "
             "{{ env_var('DBT_ENV_SECRET_…') }} in packages.yml");
      deps::LockEntry entry = {{deps::kind_key(pinned.kind), place}, {"name", found.project}};
      if (pinned.kind == deps::PackageKind::hub) entry.emplace_back("version", pinned.version);
      if (pinned.revision) entry.emplace_back("revision", *pinned.revision);
      if (!pinned.subdirectory.empty()) entry.emplace_back("subdirectory", pinned.subdirectory);
      entries.push_back(std::move(entry));
    }
    write_file(root_ / deps::lock_file_name, deps::lock_text(entries, hash));
    say(call_, std::string("wrote ") + deps::lock_file_name);
  }

  void warn_moved(const std::vector<deps::Pinned>& packages) {
    std::vector<project::Diagnostic> moved;
    for (const deps::Pinned& pinned : packages) {
      if (pinned.kind != deps::PackageKind::hub) continue;
      const std::string& name = hub_.package(pinned.place).moved_to;
      if (!name.empty())
        moved.push_back({"The `" + pinned.place + "` package is deprecated in favor of `" + name + "`",
                         "change its name in packages.yml",
                         {},
                         "PackageRedirectDeprecation",
                         Json::object().set("old_name", pinned.place).set("new_name", name)});
    }
    if (!moved.empty()) tell_warnings(call_, moved, file_.flags);
  }

  // As dbt calls what was installed.
  static std::string version_name(const deps::Pinned& pinned) {
    switch (pinned.kind) {
      case deps::PackageKind::hub:
        return "version " + pinned.version;
      case deps::PackageKind::git:
        return "revision " + pinned.revision.value_or("");
      case deps::PackageKind::local:
        return "<local @ " + pinned.written_place + ">";
      default:
        return "tarball (url: " + deps::without_password(pinned.written_place) + ")";
    }
  }

  void tell(const deps::Installed& package) {
    const deps::Pinned& pinned = package.pinned;
    if (is_dbt(call_)) {
      say(call_, values_.without_secrets("Installing " + package.project));
      say(call_, values_.without_secrets("Installed from " + version_name(pinned)));
      return;
    }
    std::string text = "installed " + package.project;
    switch (pinned.kind) {
      case deps::PackageKind::hub:
        text += " " + pinned.version + " from the hub";
        if (pinned.newest != pinned.version) text += "; " + pinned.newest + " is there";
        break;
      case deps::PackageKind::git:
        text += " at " + pinned.revision.value_or("").substr(0, 10) + " from " +
                deps::without_password(pinned.written_place);
        if (!pinned.subdirectory.empty()) text += ", " + pinned.subdirectory;
        break;
      case deps::PackageKind::local:
        text += " as a link to " + pinned.place;
        break;
      default:
        text += " from " + deps::without_password(pinned.written_place);
    }
    say(call_, values_.without_secrets(text));
  }

  const Call& call_;
  Workspace workspace_;
  fs::path root_;
  project::PlainValues values_;
  project::ProjectFile file_;
  deps::HttpWeb web_;
  deps::Hub hub_;
};

int run_deps(Call& call) {
  Deps deps(call);
  try {
    return deps.run();
  } catch (const Error& error) {
    throw deps.without_secrets(error);
  }
}

}  // namespace

Verb deps_verb() {
  auto source = value_flag("source", 0, "KIND", "where the package of --add-package comes from");
  source.spec.allowed = {"hub", "git", "local"};
  source.spec.default_value = "hub";
  auto version_check = switch_flag("version-check", 0, "");
  version_check.spec.default_value = true;
  version_check.hidden = true;
  version_check.environment = "DBT_VERSION_CHECK";
  Verb verb;
  verb.name = "deps";
  verb.group = "Run";
  verb.summary = "install the packages that packages.yml names (as dbt's deps)";
  verb.detail =
      "From dbt's hub, git repositories, folders and tarballs, with all that these need in turn, into the folder "
      "packages-install-path (dbt_packages). package-lock.yml keeps the versions and commits until packages.yml is "
      "changed or --upgrade is given; it is dbt's own file. DBT_PACKAGE_HUB_URL names another hub.";
  verb.flags =
      together({project_flags(),
                {switch_flag("upgrade", 0, "the newest versions that packages.yml allows, whatever is locked"),
                 switch_flag("lock", 0, "write package-lock.yml and install nothing"),
                 value_flag("add-package", 0, "NAME@VERSION", "add this to packages.yml first"), source,
                 switch_flag("no-version-check", 0, "take versions made for another dbt too"), version_check}});
  verb.in_dbt = true;
  verb.run = run_deps;
  return verb;
}

}  // namespace weir::cli
