#include "lint/report.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace weir::lint {

namespace {

std::string padded(size_t number) {
  std::string text = std::to_string(number);
  return std::string(text.size() < 4 ? 4 - text.size() : 0, ' ') + text;
}

}  // namespace

bool fails(const std::vector<Violation>& violations) {
  return std::any_of(violations.begin(), violations.end(), [](const Violation& each) { return !each.warning; });
}

std::string human_report(const FileReport& file, bool quiet) {
  if (file.violations.empty() && quiet) return {};
  std::string out = "== [" + file.path + "] " + (fails(file.violations) ? "FAIL" : "PASS") + "\n";
  for (const Violation& each : file.violations) {
    out += "L:" + padded(each.line) + " | P:" + padded(each.column) + " | " + each.code +
           std::string(each.code.size() < 4 ? 4 - each.code.size() : 0, ' ') + " | ";
    if (each.warning) out += "WARNING: ";
    out += each.text + (each.name.empty() ? "" : " [" + each.name + "]") + "\n";
  }
  return out;
}

std::string json_report(const std::vector<FileReport>& files) {
  Json all = Json::array();
  for (const FileReport& file : files) {
    Json violations = Json::array();
    for (const Violation& each : file.violations)
      violations.push_back(Json::object()
                               .set("start_line_no", static_cast<int64_t>(each.line))
                               .set("start_line_pos", static_cast<int64_t>(each.column))
                               .set("end_line_no", static_cast<int64_t>(each.end_line))
                               .set("end_line_pos", static_cast<int64_t>(each.end_column))
                               .set("code", each.code)
                               .set("description", each.text)
                               .set("name", each.name)
                               .set("warning", each.warning)
                               .set("fixable", each.fixable));
    all.push_back(Json::object().set("filepath", file.path).set("violations", std::move(violations)));
  }
  return all.dump() + "\n";
}

std::string github_report(const std::vector<FileReport>& files) {
  const auto escaped = [](std::string text) {
    return replace_all(replace_all(replace_all(std::move(text), "%", "%25"), "\r", "%0D"), "\n", "%0A");
  };
  std::string out;
  for (const FileReport& file : files)
    for (const Violation& each : file.violations)
      out += std::string(each.warning ? "::warning" : "::error") + " title=weir lint,file=" + file.path +
             ",line=" + std::to_string(each.line) + ",col=" + std::to_string(each.column) +
             ",endLine=" + std::to_string(each.end_line) + ",endColumn=" + std::to_string(each.end_column) +
             "::" + each.code + ": " + escaped(each.text) + (each.name.empty() ? "" : " [" + each.name + "]") + "\n";
  return out;
}

std::string sarif_report(const std::vector<FileReport>& files, const std::string& version) {
  Json rules_json = Json::array(), results = Json::array();
  std::vector<std::string> codes;
  for (const FileReport& file : files)
    for (const Violation& each : file.violations) {
      if (std::find(codes.begin(), codes.end(), each.code) == codes.end()) codes.push_back(each.code);
    }
  std::sort(codes.begin(), codes.end());
  for (const std::string& code : codes) {
    Json rule = Json::object().set("id", code);
    for (const Rule& each : rules())
      if (each.code == code)
        rule.set("name", each.name)
            .set("shortDescription", Json::object().set("text", each.description))
            .set("helpUri", "https://docs.sqlfluff.com/en/stable/reference/rules.html");
    rules_json.push_back(std::move(rule));
  }
  for (const FileReport& file : files)
    for (const Violation& each : file.violations) {
      const auto index = std::find(codes.begin(), codes.end(), each.code) - codes.begin();
      Json region = Json::object()
                        .set("startLine", static_cast<int64_t>(each.line))
                        .set("startColumn", static_cast<int64_t>(each.column));
      if (std::tie(each.end_line, each.end_column) > std::tie(each.line, each.column))
        region.set("endLine", static_cast<int64_t>(each.end_line))
            .set("endColumn", static_cast<int64_t>(each.end_column));
      Json location =
          Json::object().set("physicalLocation",
                             Json::object()
                                 .set("artifactLocation", Json::object().set("uri", percent_encode(file.path, "/._-~")))
                                 .set("region", std::move(region)));
      Json locations = Json::array();
      locations.push_back(std::move(location));
      results.push_back(Json::object()
                            .set("ruleId", each.code)
                            .set("ruleIndex", static_cast<int64_t>(index))
                            .set("level", each.warning ? "warning" : "error")
                            .set("message", Json::object().set("text", each.text))
                            .set("locations", std::move(locations)));
    }
  Json driver = Json::object()
                    .set("name", "weir lint")
                    .set("version", version)
                    .set("informationUri", "https://docs.sqlfluff.com")
                    .set("rules", std::move(rules_json));
  Json runs = Json::array();
  runs.push_back(Json::object()
                     .set("tool", Json::object().set("driver", std::move(driver)))
                     .set("columnKind", "unicodeCodePoints")
                     .set("results", std::move(results)));
  return Json::object()
             .set("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
             .set("version", "2.1.0")
             .set("runs", std::move(runs))
             .dump(2) +
         "\n";
}

}  // namespace weir::lint
