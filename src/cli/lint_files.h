// Files for weir lint and weir format: which, under what options, and how their templates are rendered.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "cli/workspace.h"
#include "lint/linter.h"

namespace weir::cli {

// Files of one folder share theirs, unless they say something themselves.
struct LintSettings {
  lint::Config config;
  std::unique_ptr<lint::Linter> linter;
};

struct LintFile {
  std::string path;  // as shown
  std::string source;
  std::shared_ptr<const LintSettings> settings;
  lint::Reader read;

  const lint::Linter& linter() const { return *settings->linter; }
};

// What both verbs have: paths, --select, --rules, --exclude-rules, --dialect, --templater.
std::vector<Flag> lint_flags();

// Tells why a file was left as it is. True where the options ignore such a thing: then it is no failure.
bool tell_obstacle(const Call& call, const std::string& path, const lint::Linter::Fixed& fixed);

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
  void add_selected();
  // False if there is no SQL to judge; true also of what is there already, or is left out for its size, which is told.
  bool add(const std::string& path, bool named);
  bool add_folder(const std::string& path);
  void walk(const std::filesystem::path& folder, std::set<std::string>& entered, std::vector<std::string>& found);
  bool is_sql(const std::filesystem::path& path);  // as sql_file_exts says
  // Empty if a file has no node and was not named.
  lint::Reader reader_of(const lint::Config& config, const std::string& path, const std::string& real, bool named);
  const std::shared_ptr<LintSettings>& of_folder(const std::string& folder);
  void finish(LintSettings& settings);  // chooses the rules, tells what is odd
  void tell(const std::string& warning);

  Call& call_;
  Workspace& workspace_;
  std::vector<std::string> only_;
  std::unique_ptr<Project> project_;
  std::map<std::string, std::shared_ptr<LintSettings>> folders_;
  std::vector<LintFile> files_;
  std::set<std::string> known_;  // files by their real paths
  std::vector<std::string> told_;
};

}  // namespace weir::cli
