#include "dbt/sql_paths.h"

#include <filesystem>

namespace weir::dbt {

namespace fs = std::filesystem;

namespace {

std::string below_target(const project::Project& project, const project::Node& node, const char* folder) {
  const fs::path file = fs::path(project.target_path) / folder / node.package / node.file;
  if (node.unit) return (file / fs::path(node.file).parent_path() / (node.name + ".sql")).string();
  return (fs::path(node.path).filename() == file.filename() ? file : file / node.path).string();
}

}  // namespace

bool has_compiled_file(const project::Node& node) { return node.type != project::ResourceType::snapshot; }

std::string compiled_path(const project::Project& project, const project::Node& node) {
  return below_target(project, node, "compiled");
}

std::string run_path(const project::Project& project, const project::Node& node) {
  return below_target(project, node, "run");
}

}  // namespace weir::dbt
