#include "connectors/files/patterns.h"

#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace weir::files {

namespace {

namespace fs = std::filesystem;

std::string home() {
  const char* folder = std::getenv("HOME");
  return folder != nullptr ? folder : "/";
}

std::string without_scheme(const std::string& pattern) {
  constexpr std::string_view file = "file://";
  return pattern.starts_with(file) ? pattern.substr(file.size()) : pattern;
}

// `written`: with a leading "~" or relative as the user wrote it; the fixed part in that form tells the base's rule.
Pattern parse(const std::string& written, const fs::path& project_dir, const Span& span) {
  std::string text = without_scheme(written);
  if (text.empty()) throw Error(ErrorCode::bad_option_value, "ingest.files holds an empty pattern").with_span(span);
  if (text == "~" || text.starts_with("~/")) text = home() + text.substr(1);
  fs::path absolute = fs::path(text).is_absolute() ? fs::path(text) : project_dir / text;
  Pattern pattern;
  pattern.fixed = "/";
  bool fixed = true;
  std::vector<std::string> names;
  for (const fs::path& part : absolute.relative_path()) {
    if (!part.empty() && part != ".") names.push_back(part.string());
  }
  for (size_t i = 0; i < names.size(); i++) {
    fixed = fixed && !has_wildcard(names[i]) && i + 1 < names.size();
    if (fixed) {
      pattern.fixed /= names[i];
    } else if (names[i] == "..") {
      throw Error(ErrorCode::bad_option_value, "\"" + written + "\": \"..\" cannot follow a wildcard").with_span(span);
    } else {
      pattern.segments.push_back(names[i]);
    }
  }
  if (pattern.segments.empty()) {
    throw Error(ErrorCode::bad_option_value, "\"" + written + "\" names no file").with_span(span);
  }
  pattern.fixed = pattern.fixed.lexically_normal();
  return pattern;
}

fs::path folder_of(std::string text, const fs::path& project_dir) {
  if (text == "~" || text.starts_with("~/")) text = home() + text.substr(1);
  fs::path folder = (fs::path(text).is_absolute() ? fs::path(text) : project_dir / text).lexically_normal();
  return folder.has_filename() ? folder : folder.parent_path();
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  auto [at_folder, at_path] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return at_folder == folder.end();
}

fs::path common_folder(const std::vector<Pattern>& patterns) {
  fs::path common = patterns.front().fixed;
  for (const Pattern& pattern : patterns) {
    while (!lies_in(pattern.fixed, common)) common = common.parent_path();
  }
  return common;
}

std::string rule_of(const fs::path& base, const IngestSpec& spec, const fs::path& project_dir) {
  bool all_relative = true, all_home = true;
  for (const std::string& pattern : spec.patterns) {
    all_home &= pattern.starts_with("~/");
    all_relative &= !pattern.starts_with("/") && !pattern.starts_with("~/") && pattern.find("://") == std::string::npos;
  }
  if (all_relative) return base.lexically_relative(project_dir).generic_string();
  if (all_home) return "~/" + base.lexically_relative(home()).generic_string();
  return base.generic_string();
}

}  // namespace

bool has_wildcard(const std::string& segment) { return segment.find_first_of("*?[") != std::string::npos; }

bool name_matches(const std::string& segment, const std::string& name) {
  if (name.empty() || (name.front() == '.' && segment.front() != '.')) return false;
  return segment == name || glob_match(segment, name);
}

std::map<std::string, std::string> hive_values(const std::string& label) {
  std::map<std::string, std::string> values;
  std::vector<std::string> folders = split(label, '/');
  folders.pop_back();
  for (const std::string& folder : folders) {
    size_t equals = folder.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    std::string value = percent_decode(folder.substr(equals + 1));
    if (value != "__HIVE_DEFAULT_PARTITION__") values[percent_decode(folder.substr(0, equals))] = value;
  }
  return values;
}

Patterns resolve_patterns(const IngestSpec& spec) {
  fs::path project_dir = folder_of(fs::absolute(spec.project_dir).string(), {});
  Patterns result;
  if (spec.patterns.empty()) {
    throw Error(ErrorCode::bad_option_value, spec.asset + ": ingest.files is empty").with_span(spec.span);
  }
  bool inside = true;
  for (const std::string& written : spec.patterns) {
    result.patterns.push_back(parse(written, project_dir, spec.span));
    inside &= lies_in(result.patterns.back().fixed, project_dir);
  }
  if (spec.base) {
    result.base = folder_of(*spec.base, project_dir);
    result.base_rule = *spec.base;
    for (const Pattern& pattern : result.patterns) {
      if (lies_in(pattern.fixed, result.base)) continue;
      throw Error(ErrorCode::bad_option_value,
                  "files in " + pattern.fixed.string() + " do not lie in ingest.base " + *spec.base)
          .with_span(spec.span);
    }
    return result;
  }
  result.base = inside ? project_dir : common_folder(result.patterns);
  result.base_rule = inside ? "." : rule_of(result.base, spec, project_dir);
  return result;
}

}  // namespace weir::files
