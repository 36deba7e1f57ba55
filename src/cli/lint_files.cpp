#include "cli/lint_files.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/ignore_patterns.h"
#include "base/text.h"
#include "cli/flags.h"
#include "cli/node_sql.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "lint/jinja_reader.h"

namespace weir::cli {

namespace fs = std::filesystem;

namespace {

// A node whose file is its SQL: not a test or snapshot that a YAML file describes.
bool is_sql_of_file(const project::Project& project, const project::Node& node) {
  return node.package == project.name && node.sql && lower(fs::path(node.file).extension().string()) == ".sql";
}

}  // namespace

// The nodes of a dbt project by their files, and what their templates may ask.
struct LintFiles::Project {
  explicit Project(Workspace& workspace) : sql(workspace, false, {}, NodeSql::Opens::when_asked) {
    const project::Project& project = workspace.project();
    for (const auto& node : project.nodes)
      if (is_sql_of_file(project, node) && node.raw.find_first_not_of(" \n") != std::string::npos)
        nodes.emplace(resolved_path(fs::path(project.root) / node.file), &node);
  }

  NodeSql sql;
  std::map<std::string, const project::Node*> nodes;
};

namespace {

// nullopt: the .sqlfluffignore of that folder says nothing of the path.
std::optional<bool> ignored_by(const fs::path& folder, const fs::path& path) {
  const std::string relative = path.lexically_relative(folder).generic_string();
  if (relative.empty() || relative.rfind("..", 0) == 0) return std::nullopt;
  const auto text = read_file_if_exists(folder / ".sqlfluffignore");
  return text ? IgnorePatterns(*text).ignores(relative) : std::nullopt;
}

bool is_ignored(const fs::path& path) {
  const fs::path absolute = fs::absolute(path).lexically_normal();
  std::vector<fs::path> folders;
  for (fs::path at = absolute.parent_path();; at = at.parent_path()) {
    folders.push_back(at);
    if (at == fs::current_path() || at == at.parent_path()) break;
  }
  bool ignored = false;
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder)
    if (const auto answer = ignored_by(*folder, absolute)) ignored = *answer;
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
  if (selects) add_selected();
  std::vector<std::string> paths = call.arguments;
  if (paths.empty() && !selects) add_folder(".");
  for (const std::string& path : paths) {
    if (!fs::exists(path))
      throw Error(ErrorCode::usage, "there is no file or folder \"" + path + "\"",
                  "Name files or folders of SQL; without any, weir takes the current folder.");
    if (!(fs::is_directory(path) ? add_folder(path) : is_sql(path) && add(path, true)))
      throw Error(
          ErrorCode::usage, "there is no SQL to judge in \"" + path + "\"",
          "SQL is in files that end as sql_file_exts says and that .sqlfluffignore does not leave out. In a dbt "
          "project, files without a node of their own (macros, disabled models) are judged only if they are "
          "named themselves.");
  }
}

void LintFiles::add_selected() {
  const project::Project& project = workspace_.project();
  bool any = false;
  for (const auto* node : selected_nodes(call_, project))
    if (is_sql_of_file(project, *node))
      any |= add((fs::path(project.root) / node->file).lexically_proximate(fs::current_path()).string(), false);
  if (!any)
    throw Error(ErrorCode::usage, "nothing that is selected has SQL in a file of its own",
                "Select models, analyses, snapshots or singular tests of the project itself.");
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

bool LintFiles::is_sql(const fs::path& path) {
  const auto extensions = of_folder(path.parent_path().string())->config.list("core", "sql_file_exts");
  const std::string name = lower(path.filename().string());
  return std::any_of(extensions.begin(), extensions.end(), [&](const std::string& extension) {
    return name.size() > extension.size() && name.ends_with(lower(extension));
  });
}

// Links are followed, each folder is looked into once.
void LintFiles::walk(const fs::path& folder, std::set<std::string>& entered, std::vector<std::string>& found) {
  if (!entered.insert(resolved_path(folder)).second) return;
  // What dbt makes or installs is not the user's.
  static const std::set<std::string> never = {".git", ".venv"},
                                     of_dbt = {"target", "dbt_packages", "dbt_modules", "node_modules"};
  std::error_code unreadable;
  for (const fs::directory_entry& each :
       fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, unreadable)) {
    const std::string name = each.path().filename().string();
    if (each.is_directory(unreadable)) {
      const bool skipped = never.count(name) || (of_dbt.count(name) && workspace_.has_project());
      if (!skipped) walk(each.path(), entered, found);
    } else if (each.is_regular_file(unreadable) && is_sql(each.path()) && !is_ignored(each.path())) {
      found.push_back(each.path().lexically_normal().string());
    }
  }
}

bool LintFiles::add_folder(const std::string& path) {
  std::set<std::string> entered;
  std::vector<std::string> found;
  walk(path, entered, found);
  std::sort(found.begin(), found.end());
  bool any = false;
  for (const std::string& each : found) any |= add(each, false);
  return any;
}

bool LintFiles::add(const std::string& path, bool named) {
  const std::string real = resolved_path(path);
  if (known_.count(real)) return true;
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
    known_.insert(real);
    return true;
  }
  file.read = reader_of(config, path, real, named);
  if (!file.read) return false;
  known_.insert(real);
  files_.push_back(std::move(file));
  return true;
}

lint::Reader LintFiles::reader_of(const lint::Config& config, const std::string& path, const std::string& real,
                                  bool named) {
  std::string templater = config.text("core", "templater");
  if (templater.empty()) templater = workspace_.has_project() ? "dbt" : "jinja";
  if (templater == "raw") return lint::raw_reader();
  // The reader looks at the configuration when it is made only.
  if (templater == "jinja") return lint::jinja_reader(config, path);
  if (!project_) project_ = std::make_unique<Project>(workspace_);
  const auto node = project_->nodes.find(real);
  // Macros, disabled models and the like have no SQL of their own: judged only if the user names them.
  if (node == project_->nodes.end()) return named ? lint::jinja_reader(config, path) : lint::Reader();
  return [project = project_.get(), of = node->second](const std::string& source) {
    // As sqlfluff's dbt templater: only what is rendered is judged.
    return lint::trace_template(
        source, [&](const std::string& text) { return project->sql.of_source(*of, text); }, of->span.file, false);
  };
}

}  // namespace weir::cli
