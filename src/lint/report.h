// Violations as text, JSON, annotations of GitHub and SARIF 2.1.0.
#pragma once

#include <string>
#include <vector>

#include "lint/linter.h"

namespace weir::lint {

struct FileReport {
  std::string path;
  std::vector<Violation> violations;
};

bool fails(const std::vector<Violation>& violations);  // has it more than warnings?
std::string human_report(const FileReport& file, bool quiet);
std::string json_report(const std::vector<FileReport>& files);
std::string github_report(const std::vector<FileReport>& files);
std::string sarif_report(const std::vector<FileReport>& files, const std::string& version);

}  // namespace weir::lint
