#include "store/s3/profiles.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace weir::store::s3 {

namespace {

// A comment begins a line, or stands after a space.
std::string_view without_comment(std::string_view line) {
  if (line.starts_with('#') || line.starts_with(';')) return {};
  return line.substr(0, std::min(line.find(" #"), line.find(" ;")));
}

std::string aws_file(const Environment& environment, const std::string& variable, const std::string& usual_name) {
  if (const auto named = environment(variable)) return *named;
  const auto home = environment("HOME");
  return home ? *home + "/.aws/" + usual_name : std::string();
}

Sections read_sections(const std::string& file) {
  if (file.empty()) return {};
  const auto text = read_file_if_exists(file);
  return text ? parse_sections(*text, file) : Sections{};
}

}  // namespace

Sections parse_sections(std::string_view text, const std::string& file) {
  Sections sections;
  std::string section, parent;
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    const bool nested = line.starts_with(' ') || line.starts_with('\t');
    const std::string_view content = trim(without_comment(line));
    if (content.empty()) continue;
    const size_t equals = content.find('=');
    if (content.starts_with('[') && content.ends_with(']')) {
      section = join(split(trim(content.substr(1, content.size() - 2)), '\t'), " ");
      sections[section];
      parent.clear();
    } else if (equals == std::string_view::npos || section.empty()) {
      // The line's text is not shown: it may be a secret.
      throw Error(ErrorCode::bad_option_value, file + ":" + std::to_string(number) + " is no setting of a profile",
                  "write settings as `key = value` below a [section]");
    } else {
      const std::string key = lower(trim(content.substr(0, equals)));
      const std::string value(trim(content.substr(equals + 1)));
      const bool is_nested = nested && !parent.empty();
      sections[section][is_nested ? parent + "." + key : key] = value;
      if (!is_nested) parent = value.empty() ? key : "";
    }
  }
  return sections;
}

Profiles Profiles::read(const Environment& environment) {
  Profiles profiles;
  const auto named = [](const std::string& section, std::string_view kind) {
    return std::string(trim(std::string_view(section).substr(kind.size())));
  };
  for (auto& [section, values] : read_sections(aws_file(environment, "AWS_CONFIG_FILE", "config"))) {
    if (section == "default")
      profiles.profiles_["default"] = values;
    else if (section.starts_with("profile "))
      profiles.profiles_[named(section, "profile ")] = values;
    else if (section.starts_with("services "))
      profiles.services_[named(section, "services ")] = values;
  }
  for (auto& [section, values] : read_sections(aws_file(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials")))
    for (auto& [key, value] : values) profiles.profiles_[section][key] = value;
  if (const auto name = environment("AWS_PROFILE")) {
    profiles.current_ = *name;
    profiles.chosen_ = true;
  }
  return profiles;
}

bool Profiles::has(const std::string& profile) const { return profiles_.contains(profile); }

std::optional<std::string> Profiles::find(const std::string& profile, const std::string& key) const {
  const auto section = profiles_.find(profile);
  if (section == profiles_.end()) return std::nullopt;
  const auto value = section->second.find(key);
  return value == section->second.end() || value->second.empty() ? std::nullopt : std::optional(value->second);
}

std::optional<std::string> Profiles::endpoint(const std::string& profile, const std::string& service) const {
  if (const auto name = find(profile, "services"))
    if (const auto section = services_.find(*name); section != services_.end())
      if (const auto value = section->second.find(service + ".endpoint_url"); value != section->second.end())
        return value->second;
  return find(profile, "endpoint_url");
}

}  // namespace weir::store::s3
