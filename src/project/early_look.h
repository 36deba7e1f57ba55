// What dbt_project.yml and profiles.yml say by themselves, without the models: the steps before a project is loaded.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "project/load.h"
#include "project/project_file.h"
#include "project/rendering.h"

namespace weir::project {

// Makes what templates are rendered with, chooses the target and renders the rest of the file. `file` is the root's,
// as read. Throws what choose_target and templates throw.
std::shared_ptr<Rendering> begin_rendering(const std::string& root, ProjectFile& file, const LoadFlags& flags,
                                           const Options& settings);

// The path of the profiles.yml that counts; nullopt: there is none.
std::optional<std::string> find_profiles(const std::string& root, const LoadFlags& flags);

}  // namespace weir::project
