// Where the files of a project lie. A node's `file` and `patch_file` are relative to its package's folder; a span's
// file is relative to the project's, or absolute where packages are installed at an absolute path.
#pragma once

#include <string>

#include "project/node.h"

namespace weir::project {

// The absolute path of a file that a span names. `root`: the project's folder, absolute.
std::string path_of_span(const std::string& root, const std::string& file);
// Of the file that the node is defined in: a model's SQL, a seed's CSV, the YAML of sources, generic tests, unit tests.
std::string path_of_node(const std::string& root, const Node& node);
// Of the YAML file that describes it; "" = none.
std::string path_of_patch(const std::string& root, const Node& node);

}  // namespace weir::project
