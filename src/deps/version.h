// Versions of packages and ranges of them, by the rules of dbt (its reading of Semantic Versioning 2.0).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::deps {

enum class Matcher { exact, greater, greater_or_equal, less, less_or_equal };

// "1.2.3", ">=1.2.0", "1.0.0-rc1", "=1.0.0+build". A bound of a range that is open has `unbounded` set.
struct Version {
  int64_t major = 0, minor = 0, patch = 0;
  std::string prerelease, build;
  Matcher matcher = Matcher::exact;
  bool unbounded = false;

  // Throws Error{bad_packages} for anything else: dbt wants all three numbers, and one comparison a text.
  static Version parse(std::string_view text);
  static Version any();
  std::string text(bool with_matcher = true) const;  // "=1.2.3": an exact one has its matcher too
  // < 0, 0 or > 0. Of bounds the matcher counts: ">1.0.0" comes after ">=1.0.0".
  int compare(const Version& other) const;
};

struct VersionRange {
  Version from = Version::any(), to = Version::any();
  std::string text() const;  // ">=1.0.0, <2.0.0"; "ANY"
};

// What all of them allow together; nullopt: nothing.
std::optional<VersionRange> reduce(std::vector<Version> versions);
bool is_within(const Version& version, const VersionRange& range);

// Those that may be installed, the oldest first: prereleases only if they are wanted.
std::vector<std::string> installable(const std::vector<std::string>& versions, bool prereleases);
// The newest of them within the range.
std::optional<std::string> newest_within(const std::vector<std::string>& versions, const VersionRange& range);

}  // namespace weir::deps
