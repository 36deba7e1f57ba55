// Values of YAML files that are read before there is a project, like packages.yml: Jinja with env_var (secrets too) and
// the variables of --vars, as dbt renders them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "project/load.h"

namespace weir::project {

class Rendering;
struct Capture;

class PlainValues {
 public:
  // Of `flags` the variables and the environment count. Throws Error{bad_option_value} for bad --vars.
  explicit PlainValues(const LoadFlags& flags);
  ~PlainValues();
  // Secrets are put in whole: what a filter makes of one is Error{bad_packages}.
  Json value(const Yaml& yaml) const;
  std::string text(const std::string& text, const Span& span) const;
  // The same text with the value of each secret of the environment (DBT_ENV_SECRET…) as "*****".
  std::string without_secrets(std::string text) const;
  // What templates logged so far, with placeholders of secrets as "*****".
  std::vector<std::string> logged() const;

 private:
  std::unique_ptr<Rendering> rendering_;
  std::unique_ptr<Capture> capture_;
};

// --vars as a mapping.
Json parse_vars(const std::string& text);

}  // namespace weir::project
