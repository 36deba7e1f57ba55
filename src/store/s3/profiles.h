// The shared files of AWS tools: ~/.aws/config and ~/.aws/credentials. (AWS SDKs and Tools Reference Guide, "Shared
// config and credentials files".)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/remote/environment.h"

namespace weir::store::s3 {

using remote::Environment;

// Section -> key -> value. Nested settings ("s3 =" with indented lines below) have keys like "s3.addressing_style".
using Sections = std::map<std::string, std::map<std::string, std::string>>;
// Throws Error{bad_option_value} with file and line, never with the line's text, for what is no section and no setting.
Sections parse_sections(std::string_view text, const std::string& file);

class Profiles {
 public:
  // Reads the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else those below HOME; absent files are
  // empty ones. Keys of the credentials file win.
  static Profiles read(const Environment& environment);

  bool has(const std::string& profile) const;
  std::optional<std::string> find(const std::string& profile, const std::string& key) const;
  // The endpoint_url of a service: from the profile's `services` section, else of the profile.
  std::optional<std::string> endpoint(const std::string& profile, const std::string& service) const;
  const std::string& current() const { return current_; }  // AWS_PROFILE, else "default"
  bool chosen() const { return chosen_; }                  // AWS_PROFILE is set

 private:
  Sections profiles_, services_;
  std::string current_ = "default";
  bool chosen_ = false;
};

}  // namespace weir::store::s3
