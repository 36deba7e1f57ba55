// dbt_project.yml, of the project or of a package in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "project/load.h"
#include "project/macro_table.h"
#include "project/node.h"
#include "project/query_comment.h"

namespace weir::project {

// Diagnostic::event of a key that dbt_project.yml does not have, which dbt refuses.
inline constexpr std::string_view unknown_project_key = "weir:UnknownProjectKey";

struct ProjectFile {
  std::string dir;     // absolute folder
  std::string prefix;  // of the folder below the project's root: "" for the project itself, else "dbt_packages/utils/"
  Yaml document;
  std::string name, version, profile;
  std::vector<std::string> model_paths, seed_paths, test_paths, macro_paths, snapshot_paths, analysis_paths;
  std::vector<std::string> function_paths, asset_paths;
  std::vector<std::string> docs_paths;  // empty: all folders of the project
  std::string packages_install_path = "dbt_packages", target_path = "target";
  // Trees, Jinja rendered but in hooks.
  Json models, seeds, snapshots, sources, data_tests, unit_tests, functions;
  Json declared = Json::object();  // trees of metrics, exposures, …, by the kind they configure: "saved_query"
  Json written = Json::object();   // the same trees by their keys, as written
  Json quoting = Json::object();
  Json vars = Json::object();
  Json flags = Json::object();
  std::vector<Hook> on_run_start, on_run_end;
  std::vector<DispatchOrder> dispatch;
  QueryComment query_comment;
};

// Two steps, since the profile's name is needed before the rest can be rendered. `read` takes what holds no Jinja but
// the version and the name of the profile, and checks keys and kinds: Error{bad_project_file} with the place. Old names
// are taken with a warning, unknown keys warn.
ProjectFile read_project_file(const std::string& dir, const std::string& prefix, std::vector<Diagnostic>& warnings,
                              const std::string* text_instead = nullptr);
// Renders trees, hooks' texts excepted.
class YamlValues;
void render_project_file(ProjectFile& file, const YamlValues& values);

}  // namespace weir::project
