#include "cli/version_spec.h"

#include "base/text.h"
#include "base/time.h"
#include "cli/flags.h"

namespace weir::cli {

namespace {

// A minute without seconds is what people type.
std::optional<int64_t> time_of(const std::string& text) {
  const auto time_us = parse_iso_us(text);
  return time_us ? time_us : parse_iso_us(text + ":00");
}

}  // namespace

std::vector<Flag> version_flags() {
  auto version = value_flag("version", 0, "N", "as of this version");
  auto at = value_flag("at", 0, "TIME", "as of this time, e.g. 2026-01-05 or \"2026-01-05 09:12\" (UTC)");
  return {version, at};
}

Flag limit_flag(int64_t otherwise) {
  auto limit = value_flag("limit", 0, "N", "at most so many lines; 0 = all");
  limit.spec.type = OptionType::integer;
  limit.spec.default_value = otherwise;
  return limit;
}

int64_t version_number(const std::string& text) {
  const std::string_view digits =
      !text.empty() && (text[0] == 'v' || text[0] == 'V') ? std::string_view(text).substr(1) : text;
  const auto number = parse_int(digits);
  if (!number || *number < 0 || digits.empty() || digits[0] == '+')
    throw Error(ErrorCode::usage, "\"" + text + "\" is not a version", "versions are numbers: 7 or v7");
  return *number;
}

lake::VersionSpec version_spec(const Options& options) {
  lake::VersionSpec spec;
  const std::string version = options.text("version"), at = options.text("at");
  if (!version.empty() && !at.empty()) throw Error(ErrorCode::usage, "--version and --at exclude each other");
  if (!version.empty()) spec.version = version_number(version);
  if (at.empty()) return spec;
  const auto time_us = time_of(at);
  if (!time_us)
    throw Error(ErrorCode::bad_option_value, "\"" + at + "\" is not a time",
                "write 2026-01-05 or 2026-01-05T09:12:44Z");
  spec.at_ms = *time_us / 1000;
  return spec;
}

lake::VersionSpec version_spec(const std::string& text) {
  lake::VersionSpec spec;
  if (text.find_first_of("-:") == std::string::npos) {
    spec.version = version_number(text);
  } else if (const auto time_us = time_of(text)) {
    spec.at_ms = *time_us / 1000;
  } else {
    throw Error(ErrorCode::bad_option_value, "\"" + text + "\" is neither a version nor a time",
                "versions are numbers: 7 or v7; times are written 2026-01-05 or 2026-01-05T09:12:44Z");
  }
  return spec;
}

}  // namespace weir::cli
