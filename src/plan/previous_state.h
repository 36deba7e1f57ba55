// An earlier state of the project, as artefacts in a folder tell it (--state): manifest.json, run_results.json and
// sources.json, by weir or by dbt. Each is read when it is first asked for. Immutable to callers, thread-safe to share
// after the first use; not while it is used first.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"

namespace weir::plan {

class PreviousState {
 public:
  // `current_folder` is where the project's own artefacts are: what became fresher since is told by its sources.json.
  PreviousState(std::string folder, std::string current_folder)
      : folder_(std::move(folder)), current_folder_(std::move(current_folder)) {}

  // From manifest.json; nullptr if it was not there. Throws Error{bad_option_value} if the folder holds no manifest,
  // Error{bad_json} if it is none.
  const Json* node(std::string_view unique_id) const;  // nodes, sources, exposures, metrics, unit tests, ...
  const Json* macro(std::string_view unique_id) const;

  // All of nodes(…), tests too, by unique_id. Throws like node().
  std::vector<const Json*> nodes() const;
  // metadata.adapter_type; "" if it does not say. Throws like node().
  std::string adapter() const;

  // The lake that the state is of; "" = it is of none, or dbt's. Throws like node().
  std::string lake() const;

  // From run_results.json: dbt's word for what came of a node; "" = it was not run. Throws like node().
  std::string result(std::string_view unique_id) const;
  // By both sources.json: loaded later than it was then, or not known then. Throws like node().
  bool fresher(std::string_view unique_id) const;

 private:
  using Index = std::unordered_map<std::string_view, const Json*>;
  const Json& manifest() const;
  static Json read(const std::string& folder, const char* name, const char* remedy);

  std::string folder_, current_folder_;
  mutable std::optional<Json> manifest_;
  mutable Index nodes_, macros_;
  mutable std::optional<std::unordered_map<std::string, std::string>> results_;
  mutable std::optional<std::set<std::string, std::less<>>> fresher_;
};

}  // namespace weir::plan
