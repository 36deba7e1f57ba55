// Files for weir lint and weir format: which, under what options, and how their templates are rendered.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "cli/workspace.h"
#include "lint/linter.h"

namespace weir::cli {

struct LintFile {
  std::string path;  // as shown
  std::string source;
  lint::Config config;
  std::vector<const lint::Rule*> rules;
  lint::Reader read;
};

// What both verbs have: paths, --select, --rules, --exclude-rules, --dialect, --templater.
std::vector<Flag> lint_flags();

class LintFiles {
 public:
  // `only`: rules that come into question at all; empty: every one.
  LintFiles(Call& call, Workspace& workspace, std::vector<std::string> only);
  ~LintFiles();

  std::vector<LintFile>& files() { return files_; }
  // May files be judged on several threads? (Not where a database answers their templates.)
  bool independent() const;

 private:
  struct Project;
  void add(const std::string& path, bool named);
  void add_folder(const std::string& path);
  const lint::Config& folder_config(const std::string& folder);

  Call& call_;
  Workspace& workspace_;
  std::vector<std::string> only_;
  std::unique_ptr<Project> project_;
  std::map<std::string, lint::Config> configs_;
  std::vector<LintFile> files_;
  std::vector<std::string> told_;
};

}  // namespace weir::cli
