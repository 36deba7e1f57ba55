#include "project/source_files.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/ignore_patterns.h"
#include "base/text.h"

namespace weir::project {

namespace fs = std::filesystem;

namespace {

// As in dbt ".SQL" is ".sql", and what editors put beside a file (".#orders.sql", "~orders.sql") is none of the
// project.
bool has_ending(const std::string& path, std::initializer_list<const char*> endings) {
  const std::string name = lower(path.substr(path.rfind('/') + 1));
  if (name.starts_with(".") || name.starts_with("#") || name.starts_with("~")) return false;
  return std::any_of(endings.begin(), endings.end(), [&](const char* ending) { return name.ends_with(ending); });
}

// A link that leads nowhere is one too: a file that cannot be read, which whoever reads it tells.
bool is_file(const fs::directory_entry& entry) {
  std::error_code ignored;
  if (entry.is_regular_file(ignored)) return true;
  const bool leads_somewhere = entry.exists(ignored) && !ignored;
  return !leads_somewhere && entry.is_symlink(ignored);
}

class Finder {
 public:
  Finder(const ProjectFile& project, size_t package_index, const UnsavedFiles& unsaved)
      : project_(project), package_index_(package_index), unsaved_(unsaved) {
    if (const auto text = read_file_if_exists(fs::path(project.dir) / ".dbtignore")) ignored_ = IgnorePatterns(*text);
  }

  // Files below the given root paths whose name ends so, each once.
  std::vector<SourceFile> find(const std::vector<std::string>& roots, std::initializer_list<const char*> endings) {
    std::vector<SourceFile> out;
    for (const std::string& root : roots)
      for (const std::string& path : files_below(root))
        if (has_ending(path, endings)) out.push_back(describe(path, root));
    std::stable_sort(out.begin(), out.end(), [](const SourceFile& a, const SourceFile& b) { return a.file < b.file; });
    const auto same = [](const SourceFile& a, const SourceFile& b) { return a.path == b.path; };
    out.erase(std::unique(out.begin(), out.end(), same), out.end());
    return out;
  }

 private:
  // All that a project may look for, on disk or unsaved, in any order.
  const std::vector<std::string>& files_below(const std::string& root) {
    const auto [found, fresh] = listed_.try_emplace(root);
    std::vector<std::string>& out = found->second;
    if (!fresh) return out;
    const fs::path folder = fs::path(project_.dir) / root;
    const std::string inside = folder.string() + "/";
    const auto wanted = [&](const std::string& path) {
      return has_ending(path, {".sql", ".py", ".csv", ".yml", ".yaml", ".md"}) && !is_ignored(path);
    };
    for (auto it = unsaved_.lower_bound(inside); it != unsaved_.end() && it->first.starts_with(inside); ++it)
      if (wanted(it->first)) out.push_back(it->first);
    std::error_code error;
    if (!fs::is_directory(folder, error)) return out;
    const auto options = fs::directory_options::follow_directory_symlink;
    for (auto it = fs::recursive_directory_iterator(folder, options, error); it != fs::end(it); it.increment(error)) {
      if (error) break;
      if (it.depth() > 64)  // a link to a folder above
        throw Error(ErrorCode::store_io, "folders nest too deeply in " + folder.string());
      if (const std::string& path = it->path().native(); wanted(path) && is_file(*it)) out.push_back(path);
    }
    if (error) throw Error(ErrorCode::store_io, "cannot read folder " + folder.string() + ": " + error.message());
    return out;
  }

  bool is_ignored(const std::string& path) const {
    if (ignored_.empty()) return false;
    return ignored_.ignores(fs::path(path).lexically_relative(project_.dir).generic_string()).value_or(false);
  }
  SourceFile describe(const std::string& path, const std::string& root) const {
    SourceFile out;
    out.path = path;
    out.file = path.substr(project_.dir.size() + 1);
    out.root = root;
    out.below = root == "." ? out.file : out.file.substr(root.size() + 1);
    if (root == "." && out.file.starts_with("./")) out.file = out.below = out.file.substr(2);
    out.label = project_.prefix + out.file;
    out.package = project_.name;
    out.package_index = package_index_;
    if (const auto found = unsaved_.find(path); found != unsaved_.end()) out.unsaved = found->second;
    return out;
  }
  const ProjectFile& project_;
  size_t package_index_;
  const UnsavedFiles& unsaved_;
  IgnorePatterns ignored_;                                  // .dbtignore
  std::map<std::string, std::vector<std::string>> listed_;  // by root path
};

void move_into(std::vector<SourceFile>& into, std::vector<SourceFile> more) {
  into.insert(into.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

bool below_folder(const SourceFile& file, std::string_view folder) {
  return file.below.starts_with(std::string(folder) + "/");
}

}  // namespace

std::string SourceFile::read() const {
  if (unsaved) return *unsaved;
  try {
    return read_file(path);
  } catch (Error& error) {
    Span span;
    span.file = label;
    throw error.with_span(span);
  }
}

std::string SourceFile::stem() const { return fs::path(below).stem().string(); }

std::vector<std::string> SourceFile::folders() const {
  std::vector<std::string> out = split(below, '/');
  out.pop_back();
  return out;
}

void SourceFiles::append(SourceFiles more) {
  move_into(models, std::move(more.models));
  move_into(seeds, std::move(more.seeds));
  move_into(snapshots, std::move(more.snapshots));
  move_into(macros, std::move(more.macros));
  move_into(generic_tests, std::move(more.generic_tests));
  move_into(singular_tests, std::move(more.singular_tests));
  move_into(analyses, std::move(more.analyses));
  move_into(functions, std::move(more.functions));
  move_into(properties, std::move(more.properties));
  move_into(docs, std::move(more.docs));
  move_into(fixtures, std::move(more.fixtures));
}

SourceFiles find_source_files(const ProjectFile& project, size_t package_index, const UnsavedFiles& unsaved) {
  Finder finder(project, package_index, unsaved);
  SourceFiles out;
  out.models = finder.find(project.model_paths, {".sql", ".py"});
  out.seeds = finder.find(project.seed_paths, {".csv"});
  out.snapshots = finder.find(project.snapshot_paths, {".sql"});
  out.macros = finder.find(project.macro_paths, {".sql"});
  out.analyses = finder.find(project.analysis_paths, {".sql"});
  out.functions = finder.find(project.function_paths, {".sql", ".py"});
  for (SourceFile& file : finder.find(project.test_paths, {".sql"})) {
    if (below_folder(file, "generic"))
      out.generic_tests.push_back(std::move(file));
    else if (below_folder(file, "fixtures"))
      out.fixtures.push_back(std::move(file));
    else
      out.singular_tests.push_back(std::move(file));
  }
  for (SourceFile& file : finder.find(project.test_paths, {".csv"}))
    if (below_folder(file, "fixtures")) out.fixtures.push_back(std::move(file));
  std::vector<std::string> all;
  for (const auto* paths : {&project.model_paths, &project.seed_paths, &project.snapshot_paths, &project.analysis_paths,
                            &project.macro_paths, &project.test_paths, &project.function_paths})
    all.insert(all.end(), paths->begin(), paths->end());
  out.properties = finder.find(all, {".yml", ".yaml"});
  out.docs = finder.find(project.docs_paths.empty() ? all : project.docs_paths, {".md"});
  return out;
}

}  // namespace weir::project
