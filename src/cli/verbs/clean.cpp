// weir clean: removes what clean-targets names.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/say.h"
#include "cli/workspace.h"
#include "project/project_file.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

Error refusal(const Call& call, const std::string& what, const Span& span) {
  return Error(ErrorCode::bad_project_file, call.program + " will not clean the following " + what)
      .with_span(span)
      .with_hint(
          "let clean-targets name only folders that can be made again, like target and dbt_packages; nothing was "
          "removed");
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// Where a name stands, links on the way to it followed: to remove it removes what is there, a link itself if it is one.
fs::path real_place_of(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  const fs::path named = normal.has_filename() ? normal : normal.parent_path();
  return fs::weakly_canonical(named.parent_path()) / named.filename();
}

// What must stay: the project's own files, the lake, the local state.
std::vector<fs::path> kept(Workspace& workspace, const project::ProjectFile& file, const fs::path& root) {
  std::vector<fs::path> out = {root / "dbt_project.yml", workspace.state_dir()};
  for (const auto* paths : {&file.model_paths, &file.seed_paths, &file.test_paths, &file.macro_paths,
                            &file.snapshot_paths, &file.analysis_paths, &file.function_paths})
    for (const std::string& path : *paths) out.push_back(root / path);
  const std::string lake = project::lake_uri(workspace.root(), workspace.settings());
  if (lake.find("://") == std::string::npos) out.emplace_back(lake);
  std::vector<fs::path> places;
  for (const fs::path& path : out) {
    places.push_back(real_place_of(path));
    places.push_back(fs::weakly_canonical(path));  // a link and what it leads to
  }
  return places;
}

std::vector<fs::path> targets(Workspace& workspace, const project::ProjectFile& file, const fs::path& root) {
  const Call& call = workspace.call();
  const bool anywhere =
      call.declares("no-clean-project-files-only") && call.options.boolean("no-clean-project-files-only");
  const std::vector<fs::path> keep = kept(workspace, file, root);
  std::vector<fs::path> out;
  const auto add = [&](const std::string& folder, const Span& span) {
    const fs::path path = real_place_of(root / folder);
    const bool inside = lies_in(path, root) && path != root;
    if (!inside && (!anywhere || lies_in(root, path)))
      throw refusal(call, "directories outside the project: " + folder, span);
    for (const fs::path& other : keep)
      if (lies_in(other, path) || lies_in(path, other))
        throw refusal(
            call,
            "source paths, which cannot be made again: " + folder + " holds " + other.lexically_relative(root).string(),
            span);
    out.push_back(path);
  };
  const Yaml* named = file.document.find("clean-targets");
  if (!named || named->is_null()) {
    add(file.target_path, file.document.span);
    return out;
  }
  if (named->kind != Yaml::Kind::sequence)
    throw Error(ErrorCode::bad_project_file, "clean-targets must be a list of folders")
        .with_span(named->span)
        .with_hint("write  clean-targets: [target, dbt_packages]");
  for (const Yaml& item : named->items) add(item.as_string(), item.span);
  return out;
}

int run_clean(Call& call) {
  Workspace workspace(call);
  std::vector<project::Diagnostic> warnings;
  const project::ProjectFile file = project::read_project_file(workspace.root(), "", warnings);
  tell_warnings(call, warnings, file.flags);
  const bool dry_run = call.options.boolean("dry-run");
  const fs::path root = fs::canonical(workspace.root());
  for (const fs::path& path : targets(workspace, file, root)) {
    if (!fs::exists(fs::symlink_status(path))) continue;
    const std::string name = lies_in(path, root) ? path.lexically_relative(root).string() : path.string();
    std::error_code error;
    if (!dry_run) fs::remove_all(path, error);
    if (error) throw Error(ErrorCode::store_io, "cannot remove " + name + ": " + error.message());
    say(call, (dry_run ? "would remove " : "removed ") + name);
  }
  return exit_done;
}

}  // namespace

Verb clean_verb() {
  Verb verb;
  verb.name = "clean";
  verb.group = "Run";
  verb.summary = "remove the folders that clean-targets of dbt_project.yml names (as dbt's clean)";
  verb.detail =
      "Without clean-targets that is the target folder. Folders outside the project, and those that hold the project's "
      "own files, the lake or the local state are refused before anything is removed.";
  verb.flags = together({project_flags(), {switch_flag("dry-run", 0, "only tell what would be removed")}});
  verb.in_dbt = true;
  verb.run = run_clean;
  return verb;
}

}  // namespace weir::cli
