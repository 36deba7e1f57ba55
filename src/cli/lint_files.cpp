#include "cli/lint_files.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/flags.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/trust.h"
#include "lint/jinja_reader.h"
#include "project/render.h"
#include "run/database.h"

namespace weir::cli {

namespace fs = std::filesystem;

// The nodes of a dbt project by their files, and what their templates may ask.
struct LintFiles::Project {
  explicit Project(Workspace& workspace) : workspace(workspace), project(workspace.project()) {
    for (const auto& node : project.nodes)
      if (node.package == project.name && node.sql && node.raw.find_first_not_of(" \n") != std::string::npos)
        nodes.emplace(fs::path(project.root).append(node.file).lexically_normal().string(), &node);
  }

  // Opens the target when the first template is rendered.
  project::RenderState state(const project::Node& node) {
    const std::lock_guard lock(mutex);
    if (!target) {
      settle_trust(workspace);
      target = std::make_unique<run::TargetSession>(workspace.engine(), workspace.lake(), project, CancelToken());
      target->session().begin("lint");
    }
    project::RenderState state;
    state.warehouse = &target->warehouse();
    state.table_exists =
        node.has_table() && state.warehouse->relation_type({node.database, node.schema, node.alias}) == "table";
    return state;
  }

  Workspace& workspace;
  const project::Project& project;
  std::map<std::string, const project::Node*> nodes;
  std::unique_ptr<run::TargetSession> target;
  std::mutex mutex;
};

namespace {

// Patterns of one .sqlfluffignore, as in .gitignore.
struct IgnoreFile {
  fs::path folder;
  std::vector<std::pair<std::string, bool>> patterns;  // and whether it takes back

  static IgnoreFile read(const fs::path& folder) {
    IgnoreFile file{folder, {}};
    if (const auto text = read_file_if_exists(folder / ".sqlfluffignore"))
      for (const std::string& raw : split(*text, '\n')) {
        std::string line(trim(raw));
        if (line.empty() || line[0] == '#') continue;
        const bool back = line[0] == '!';
        if (back) line.erase(0, 1);
        file.patterns.emplace_back(line, back);
      }
    return file;
  }

  // nullopt: it says nothing of that path.
  std::optional<bool> ignores(const fs::path& path) const {
    std::optional<bool> answer;
    const std::string relative = path.lexically_relative(folder).generic_string();
    if (relative.empty() || relative.rfind("..", 0) == 0) return answer;
    for (auto [pattern, back] : patterns) {
      while (!pattern.empty() && pattern.back() == '/') pattern.pop_back();
      const bool anchored = pattern.find('/') != std::string::npos;
      if (!pattern.empty() && pattern[0] == '/') pattern.erase(0, 1);
      bool fits = false;
      // A folder's pattern holds for all that is in it.
      for (std::string at = relative; !fits;) {
        fits = glob_match(pattern, at, true) || (!anchored && glob_match("**/" + pattern, at, true));
        const size_t slash = at.rfind('/');
        if (slash == std::string::npos) break;
        at.resize(slash);
      }
      if (fits) answer = !back;
    }
    return answer;
  }
};

bool is_ignored(const fs::path& path) {
  const fs::path absolute = fs::absolute(path).lexically_normal();
  std::vector<fs::path> folders;
  for (fs::path at = absolute.parent_path();; at = at.parent_path()) {
    folders.push_back(at);
    if (at == fs::current_path() || at == at.parent_path()) break;
  }
  bool ignored = false;
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder)
    if (const auto answer = IgnoreFile::read(*folder).ignores(absolute)) ignored = *answer;
  return ignored;
}

}  // namespace

std::vector<Flag> lint_flags() {
  auto templater =
      value_flag("templater", 0, "NAME",
                 "how templates are rendered; else as the configuration says, or dbt in a project and jinja elsewhere");
  templater.spec.allowed = {"dbt", "jinja", "raw"};
  auto dialect = value_flag("dialect", 0, "NAME", "dialect of the SQL; else as the configuration says, or duckdb");
  dialect.spec.allowed = {"duckdb", "ansi"};
  return {value_flag("rules", 0, "NAMES", "only these rules: codes, names, groups, patterns, with commas between"),
          value_flag("exclude-rules", 0, "NAMES", "without these rules"), dialect, templater};
}

bool tell_obstacle(const Call& call, const std::string& path, const lint::Linter::Fixed& fixed) {
  const lint::Violation& what = *fixed.obstacle;
  const bool ignored = std::none_of(fixed.before.begin(), fixed.before.end(),
                                    [&](const lint::Violation& each) { return each.code == what.code; });
  say(call, std::string(ignored ? "warning: " : "error: ") + path + ":" + std::to_string(what.line) + ":" +
                std::to_string(what.column) + ": left as it is: " + what.text);
  return ignored;
}

LintFiles::LintFiles(Call& call, Workspace& workspace, std::vector<std::string> only)
    : call_(call), workspace_(workspace), only_(std::move(only)) {
  const bool selects =
      call.options.is_set("select") || call.options.is_set("exclude") || call.options.is_set("selector");
  if (selects) {
    const project::Project& project = workspace.project();
    for (const auto* node : selected_nodes(call, project))
      if (node->sql && node->package == project.name)
        add((fs::path(project.root) / node->file).lexically_proximate(fs::current_path()).string(), false);
  }
  std::vector<std::string> paths = call.arguments;
  if (paths.empty() && !selects) paths = {"."};
  for (const std::string& path : paths) {
    if (fs::is_directory(path))
      add_folder(path);
    else if (fs::exists(path))
      add(path, true);
    else
      throw Error(ErrorCode::usage, "there is no file or folder \"" + path + "\"",
                  "Name files or folders of SQL; without any, weir takes the current folder.");
  }
}

LintFiles::~LintFiles() = default;

bool LintFiles::independent() const { return !project_; }

void LintFiles::tell(const std::string& warning) {
  if (std::find(told_.begin(), told_.end(), warning) != told_.end()) return;
  told_.push_back(warning);
  say(call_, "warning: " + warning);
}

void LintFiles::finish(LintSettings& settings) {
  lint::Config& config = settings.config;
  for (const std::string& warning : config.warnings) tell(warning);
  config.warnings.clear();
  for (const auto& [flag, option] : {std::pair("rules", "rules"), std::pair("exclude-rules", "exclude_rules"),
                                     std::pair("dialect", "dialect"), std::pair("templater", "templater")})
    if (call_.options.is_set(flag)) config.set("core", option, call_.options.text(flag));
  std::vector<std::string> unknown;
  auto rules = lint::chosen_rules(config, unknown);
  for (const std::string& name : unknown)
    tell("no rule, name or group is called \"" + name + "\" (weir lint --list-rules shows all)");
  const auto left_out = [&](const lint::Rule* rule) {
    return !only_.empty() && std::find(only_.begin(), only_.end(), rule->code) == only_.end();
  };
  rules.erase(std::remove_if(rules.begin(), rules.end(), left_out), rules.end());
  settings.linter = std::make_unique<lint::Linter>(config, std::move(rules));
}

const std::shared_ptr<LintSettings>& LintFiles::of_folder(const std::string& folder) {
  std::shared_ptr<LintSettings>& settings = folders_[folder];
  if (settings) return settings;
  settings = std::make_shared<LintSettings>();
  settings->config = lint::config_for(folder.empty() ? "." : folder, fs::current_path());
  finish(*settings);
  return settings;
}

void LintFiles::add_folder(const std::string& path) {
  const auto extensions = of_folder(path)->config.list("core", "sql_file_exts");
  std::vector<std::string> found;
  std::set<fs::path> skipped;
  if (workspace_.has_project()) {
    // What dbt makes or installs is not the user's.
    for (const char* name : {"target", "dbt_packages", "dbt_modules", ".venv", ".git", "node_modules"})
      skipped.insert(name);
  }
  for (auto at = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied);
       at != fs::recursive_directory_iterator(); ++at) {
    const fs::path& each = at->path();
    if (at->is_directory()) {
      const std::string name = each.filename().string();
      if (skipped.count(name) || name == ".git" || name == ".venv") at.disable_recursion_pending();
      continue;
    }
    const std::string name = lower(each.filename().string());
    const bool wanted = std::any_of(extensions.begin(), extensions.end(), [&](const std::string& extension) {
      return name.size() > extension.size() &&
             name.compare(name.size() - extension.size(), extension.size(), lower(extension)) == 0;
    });
    if (wanted && at->is_regular_file() && !is_ignored(each)) found.push_back(each.lexically_normal().string());
  }
  std::sort(found.begin(), found.end());
  for (const std::string& each : found) add(each, false);
}

void LintFiles::add(const std::string& path, bool named) {
  if (std::any_of(files_.begin(), files_.end(), [&](const LintFile& each) { return each.path == path; })) return;
  LintFile file;
  file.path = path;
  file.source = read_file(path);
  std::shared_ptr<LintSettings> settings = of_folder(fs::path(path).parent_path().string());
  if (file.source.find("sqlfluff:") != std::string::npos) {
    auto own = std::make_shared<LintSettings>();
    own->config = settings->config;
    own->config.read_directives(file.source, path);
    finish(*own);
    settings = std::move(own);
  }
  file.settings = settings;
  const lint::Config& config = settings->config;
  const int limit = config.number("core", "large_file_skip_byte_limit", 0);
  if (limit > 0 && file.source.size() > static_cast<size_t>(limit)) {
    tell(path + ": larger than " + std::to_string(limit) + " bytes (large_file_skip_byte_limit): skipped");
    return;
  }
  std::string templater = config.text("core", "templater");
  if (templater.empty()) templater = workspace_.has_project() ? "dbt" : "jinja";
  files_.push_back(std::move(file));
  LintFile& kept = files_.back();
  if (templater == "raw") {
    kept.read = lint::raw_reader();
  } else if (templater == "jinja") {
    // The reader looks at the configuration when it is made only.
    kept.read = lint::jinja_reader(config, path);
  } else {
    if (!project_) project_ = std::make_unique<Project>(workspace_);
    const auto node = project_->nodes.find(fs::absolute(path).lexically_normal().string());
    if (node == project_->nodes.end()) {
      // Macros, disabled models and the like have no SQL of their own: judged only if the user names them.
      if (named)
        kept.read = lint::jinja_reader(config, path);
      else
        files_.pop_back();
      return;
    }
    kept.read = [project = project_.get(), of = node->second](const std::string& source) {
      // As sqlfluff's dbt templater: only what is rendered is judged.
      const auto render = [&](const std::string& text) {
        return project::render_source(project->project, *of, text, project->state(*of));
      };
      return lint::trace_template(source, render, false);
    };
  }
}

}  // namespace weir::cli
