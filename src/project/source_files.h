// Which files make up a project or a package: where dbt looks for each kind.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "project/project_file.h"

namespace weir::project {

struct SourceFile {
  std::string path;   // absolute
  std::string file;   // relative to the package's folder: "models/staging/orders.sql"
  std::string below;  // relative to its root path: "staging/orders.sql"
  std::string root;   // the root path: "models"
  std::string label;  // relative to the project's folder, for messages: "dbt_packages/utils/models/…"
  std::string package;
  size_t package_index = 0;
  std::optional<std::string> unsaved;        // the text that counts instead of the file's
  std::string read() const;                  // throws Error{store_io} with the file as its place
  std::string stem() const;                  // "orders"
  std::vector<std::string> folders() const;  // of `below`: {"staging"}
};

struct SourceFiles {
  std::vector<SourceFile> models, seeds, snapshots, macros, generic_tests, singular_tests, analyses, functions;
  std::vector<SourceFile> properties;  // YAML below any of these paths
  std::vector<SourceFile> docs;        // *.md
  std::vector<SourceFile> fixtures;    // rows of unit tests: *.csv and *.sql below fixtures/ of a test path
  void append(SourceFiles more);
};

// Texts by absolute path that count instead of what is on disk, where the file may be missing: an editor's.
using UnsavedFiles = std::map<std::string, std::string>;

// Sorted by path; folders that do not exist hold nothing. Throws Error{store_io} for one that cannot be read.
SourceFiles find_source_files(const ProjectFile& project, size_t package_index, const UnsavedFiles& unsaved = {});

}  // namespace weir::project
