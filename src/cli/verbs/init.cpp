// weir init: a project that runs at once, empty-handed or from files.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/exit_code.h"
#include "cli/file_groups.h"
#include "cli/file_survey.h"
#include "cli/flags.h"
#include "cli/interrupts.h"
#include "cli/new_project.h"
#include "cli/say.h"
#include "cli/table_text.h"
#include "cli/workspace.h"
#include "connectors/files/listing.h"
#include "store/remote_uri.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

// The words of --from: files, or patterns that the shell left alone.
std::vector<std::string> found_files(const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const auto& word : words) {
    std::error_code ignored;
    if (fs::is_regular_file(word, ignored)) {
      files.push_back(fs::absolute(word).lexically_normal().string());
      continue;
    }
    if (fs::is_directory(word, ignored))
      throw Error(ErrorCode::usage, word + " is a folder", "name its files: weir init --from '" + word + "/*.csv'");
    if (store::is_remote_uri(word))
      throw Error(ErrorCode::usage, "--from looks into files of this machine: " + word + " lies in a store",
                  "declare the source by hand: config.meta.weir.ingest.files takes the URI");
    files::IngestSpec spec;
    spec.project_dir = fs::current_path();
    spec.patterns = {word};
    const auto listing = files::list_files(spec);
    if (listing.files.empty())
      throw Error(ErrorCode::no_files, "no file matches " + word,
                  "name CSV or Parquet files, plain or packed with gzip or zstd");
    for (const auto& file : listing.files) files.push_back(fs::path(file.place).lexically_normal().string());
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

// Inside the project relative to it, else absolute.
std::string seen_from(const fs::path& root, const std::string& pattern) {
  const fs::path relative = fs::path(pattern).lexically_relative(root);
  const bool inside = !relative.empty() && relative.begin()->string() != "..";
  return inside ? relative.string() : pattern;
}

std::string types_text(const Survey& survey) {
  std::map<std::string, int> counts;
  for (const auto& column : survey.columns) ++counts[lower(column.type)];
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  for (const auto& [type, count] : sorted) parts.push_back(fmt::format("{} {}", count, type));
  return join(parts, ", ");
}

void tell(const Call& call, const SourceFiles& source, size_t width) {
  const Survey& survey = source.survey;
  const std::string indent(width + 2, ' ');
  const size_t count = source.group.files.size();
  const std::string dialect =
      survey.format == engine::FileFormat::parquet ? "parquet" : "dialect " + dialect_text(survey.dialect);
  std::string name = source.group.name;
  name.resize(std::max(width, name.size()), ' ');
  const int64_t rows = survey.rows + survey.rejected;
  say(call, call.terminal.error.bold(name) + fmt::format("  {} file{}, {}, {} row{} sampled fully; {}", count,
                                                         count == 1 ? "" : "s", human_bytes(survey.bytes),
                                                         human_count(static_cast<uint64_t>(rows)), rows == 1 ? "" : "s",
                                                         dialect));
  std::string columns = fmt::format("{}{} column{}: {}", indent, survey.columns.size(),
                                    survey.columns.size() == 1 ? "" : "s", types_text(survey));
  if (survey.key) columns += "   key candidate: " + survey.columns[*survey.key].name + " (unique)";
  say(call, columns);
  if (survey.rejected == 0) return;
  std::vector<std::string> places;
  for (const auto& reject : survey.rejects) places.push_back(fmt::format("{}:{}", reject.file, reject.line));
  if (static_cast<size_t>(survey.rejected) > places.size()) places.emplace_back(call.terminal.error.ellipsis());
  say(call,
      fmt::format("{}{} row{} not fit the types ({}): {} will go to quarantine", indent, survey.rejected,
                  survey.rejected == 1 ? " does" : "s do", join(places, ", "), survey.rejected == 1 ? "it" : "they"));
}

std::vector<SourceFiles> survey_groups(Call& call, const fs::path& root, const std::vector<std::string>& files) {
  CancelToken cancel;
  const Interrupts interrupts(cancel, {});
  Workspace workspace(call);
  std::vector<SourceFiles> sources;
  for (auto& group : group_files(files)) {
    std::vector<engine::ScanFile> scans;
    std::optional<engine::FileFormat> format;
    for (const auto& file : group.files) {
      const auto named = format_by_name(file);
      if (!named)
        throw Error(ErrorCode::usage, "the name of " + file + " does not say whether it is CSV or Parquet",
                    "use a name ending in .csv, .tsv, .txt or .parquet, also with .gz or .zst");
      format = named;
      scans.push_back({file, fs::path(file).filename().string(), {}});
    }
    Survey survey = survey_files(workspace.engine(), *format, scans, cancel);
    if (survey.columns.empty())
      throw Error(ErrorCode::file_unreadable,
                  (group.files.size() == 1 ? group.files.front() + " is" : group.pattern + ": the files are") +
                      " empty: there are no columns to learn",
                  "name a file with a header and some lines; nothing was written");
    group.pattern = seen_from(root, group.pattern);
    sources.push_back({std::move(group), std::move(survey)});
  }
  return sources;
}

// Files of the user are never overwritten: what is there stays, and it is an error where it would be needed.
std::vector<std::string> write_files(const fs::path& root, const ProjectFiles& files, const ProjectFiles& must_be_new) {
  for (const auto& [path, content] : must_be_new)
    if (fs::exists(root / path))
      throw Error(ErrorCode::would_overwrite, (root / path).lexically_normal().string() + " is there already",
                  "nothing was written; move it away, or make the project in another folder: weir init FOLDER");
  std::vector<std::string> written;
  ProjectFiles all = files;
  all.insert(must_be_new.begin(), must_be_new.end());
  for (const auto& [path, content] : all) {
    if (fs::exists(root / path)) continue;
    fs::create_directories((root / path).parent_path());
    write_file(root / path, content);
    written.push_back(path);
  }
  return written;
}

// Of a project that is there the profile it names, else the folder's name.
std::string profile_name(const fs::path& root) {
  if (const auto text = read_file_if_exists(root / "dbt_project.yml")) {
    const Yaml project = Yaml::parse(*text, "dbt_project.yml");
    for (const auto* key : {"profile", "name"})
      if (const Yaml* value = project.find(key); value && value->kind == Yaml::Kind::scalar) return value->text;
  }
  const std::string name = plain_name(root.filename().string());
  return name.empty() ? "project" : name;
}

int run_init(Call& call) {
  const std::string folder = call.arguments.empty() ? "." : call.argument(0);
  fs::path root = fs::absolute(folder).lexically_normal();
  if (!root.has_filename()) root = root.parent_path();  // "." and a '/' at the end
  const std::string name = profile_name(root);
  const bool known_project = fs::exists(root / "dbt_project.yml");
  if (known_project && call.declares("profile") && call.options.is_set("profile"))
    throw Error(ErrorCode::usage, "--profile is for a new project, and there is one in " + root.string(),
                "name the profile in its dbt_project.yml");
  std::vector<SourceFiles> sources;
  if (call.options.is_set("from")) {
    sources = survey_groups(call, root, found_files(call.options.list("from")));
    size_t width = 9;
    for (const auto& source : sources) width = std::max(width, source.group.name.size());
    for (const auto& source : sources) tell(call, source, width);
  }
  const ProjectFiles content = !sources.empty() ? source_files(sources)
                               : known_project  ? ProjectFiles{}
                                                : example_files();
  const auto written = write_files(root, base_files(name), content);
  if (written.empty()) {
    say(call, "nothing to do: " + root.string() + " is a project already");
    return exit_done;
  }
  say(call, "wrote " + join(written, ", "));
  say(call, folder == "." ? "next: weir build" : "next: cd " + folder + " && weir build");
  return exit_done;
}

}  // namespace

Verb init_verb() {
  Verb verb;
  verb.name = "init";
  verb.group = "Run";
  verb.summary = "make a project that runs at once, or one for files you have";
  verb.detail =
      "--from looks into the files: which belong together by their names, dialect, columns, types, key, rows that do "
      "not fit; and "
      "writes sources with pinned types and tests, and a model for each. The files themselves are never changed.\n"
      "In a folder with a dbt project it only adds what weir needs.";
  auto from = value_flag("from", 0, "FILE…", "CSV or Parquet files or patterns, plain, gzip or zstd");
  from.spec.type = OptionType::text_list;
  from.completes = Completes::file;
  verb.flags = together({{from}, engine_flags()});
  verb.arguments = {{"FOLDER", "where (default: this folder)", false, false, Completes::folder}};
  verb.in_dbt = true;
  verb.run = run_init;
  return verb;
}

}  // namespace weir::cli
