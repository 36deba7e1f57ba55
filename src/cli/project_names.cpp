#include "cli/project_names.h"

#include "base/error.h"
#include "project/load.h"
#include "state/state_db.h"
#include "store/object_store.h"

namespace weir::cli {

namespace {

std::vector<std::string> asset_names(const std::string& root) {
  std::vector<std::string> names;
  const project::Loaded loaded = project::load(root);
  if (!loaded.project) return names;
  for (const auto& node : loaded.project->nodes) {
    const bool asset = node.type != project::ResourceType::test && node.type != project::ResourceType::analysis;
    if (asset)
      names.push_back(node.type == project::ResourceType::source ? node.source_name + "." + node.name : node.name);
    if (asset && !node.asset.empty()) names.push_back(node.asset);
  }
  return names;
}

std::vector<std::string> table_names(const std::string& root) {
  std::vector<std::string> names;
  lake::Lake lake(store::open(project::lake_uri(root, project::read_settings(root))));
  for (const auto& schema : lake.schemas())
    for (const auto& table : lake.tables(schema)) names.push_back(schema + "." + table);
  return names;
}

std::vector<std::string> run_ids(const std::string& root) {
  std::vector<std::string> ids = {"last"};
  if (const auto reader = state::StateReader::open(std::filesystem::path(root) / ".weir"))
    for (const auto& run : reader->runs()) ids.push_back(run.id);
  return ids;
}

}  // namespace

std::vector<std::string> names_in_project(Completes what) {
  try {
    const auto root = project::find_root(".");
    if (!root) return {};
    if (what == Completes::asset) return asset_names(*root);
    if (what == Completes::table) return table_names(*root);
    if (what == Completes::run) return run_ids(*root);
  } catch (const std::exception&) {
    return {};  // a half-written project completes nothing; the verb itself will say what is wrong
  }
  return {};
}

}  // namespace weir::cli
