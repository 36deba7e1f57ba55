// The files of a new project, as texts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/file_groups.h"
#include "cli/file_survey.h"

namespace weir::cli {

// Path in the project -> content.
using ProjectFiles = std::map<std::string, std::string>;

// What every project has: dbt_project.yml, weir.yml with a new id, profiles.yml for real dbt, .gitignore.
ProjectFiles base_files(const std::string& name);
// A seed, a model and its tests: something that runs at once.
ProjectFiles example_files();

struct SourceFiles {
  FileGroup group;
  Survey survey;
};
// models/sources.yml with pinned types and tests, and a model for each source.
ProjectFiles source_files(const std::vector<SourceFiles>& sources);

}  // namespace weir::cli
