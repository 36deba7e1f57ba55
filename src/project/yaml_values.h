// Values of YAML files with the Jinja in them rendered, as dbt does: with target, var and env_var, no macros; a text
// that is one expression keeps the expression's type.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "project/host.h"
#include "project/rendering.h"

namespace weir::project {

bool has_jinja(std::string_view text);

class YamlValues {
 public:
  // `capture` may be null; it gets the vars and environment variables that were read.
  YamlValues(const Rendering& rendering, std::string package, Capture* capture = nullptr)
      : rendering_(rendering), package_(std::move(package)), capture_(capture) {}

  // Values of secrets are put in when all else is rendered: what a filter makes of one is an error.
  YamlValues& keep_secrets_whole() {
    secrets_whole_ = true;
    return *this;
  }

  const Rendering& rendering() const { return rendering_; }

  // The whole value. Keys for which `keep` says so (path of keys down to it) stay as written. Errors carry the place in
  // the file.
  using Keep = std::function<bool(const std::vector<std::string>& path)>;
  Json value(const Yaml& yaml, const Keep& keep = {}) const;
  Json text(const std::string& text, const Span& span) const;

 private:
  Json render(const Yaml& yaml, std::vector<std::string>& path, const Keep& keep) const;
  const Rendering& rendering_;
  std::string package_;
  Capture* capture_;
  bool secrets_whole_ = false;
};

}  // namespace weir::project
