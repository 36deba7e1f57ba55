#include "cli/docs_files.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "cli/artifacts.h"
#include "project/project_file.h"

namespace weir::cli {

namespace fs = std::filesystem;

std::vector<dbt::NodeResult> compiled_before(const project::Project& project) {
  std::vector<dbt::NodeResult> out;
  for (const project::Node& node : project.nodes) {
    if (!node.sql && !node.python && !node.is_test()) continue;
    std::optional<std::string> text = read_file_if_exists(compiled_path(project, node));
    if (!text) continue;
    while (text->ends_with("\n")) text->pop_back();
    dbt::NodeResult& result = out.emplace_back();
    result.unique_id = node.unique_id;
    result.compiled_code = std::move(text);
  }
  return out;
}

Json last_results(const project::Project& project) {
  const fs::path path = fs::path(project.root) / project.target_path / "run_results.json";
  try {
    const std::optional<std::string> text = read_file_if_exists(path);
    return text ? Json::parse(*text, "run_results.json") : Json();
  } catch (const Error&) {
    return {};
  }
}

void copy_assets(const project::Project& project) {
  std::vector<project::Diagnostic> told;
  const project::ProjectFile file = project::read_project_file(project.root, "", told);
  for (const std::string& folder : file.asset_paths) {
    if (folder.empty() || folder == ".") continue;  // the target folder itself would be removed
    const fs::path from = fs::path(project.root) / folder, to = fs::path(project.root) / project.target_path / folder;
    std::error_code error;
    fs::remove_all(to, error);
    if (!fs::is_directory(from, error)) continue;
    fs::create_directories(to.parent_path(), error);
    fs::copy(from, to, fs::copy_options::recursive, error);
    if (error) throw Error(ErrorCode::store_io, "cannot copy " + folder + " into the target: " + error.message());
  }
}

}  // namespace weir::cli
