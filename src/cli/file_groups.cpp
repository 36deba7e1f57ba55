#include "cli/file_groups.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/text.h"

namespace weir::cli {

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_separator(char c) { return c == '-' || c == '_' || c == '.' || c == 'T' || c == ' '; }

// Glob characters in a real name would match other names: such a name stays as it is.
bool is_literal_glob(const std::string& segment) { return segment.find_first_of("*?[]") != std::string::npos; }

// "trips-2024-01" -> "trips-*", "2024" -> "*", "year=2024" -> "year=*"
std::string generalised(const std::string& segment) {
  if (is_literal_glob(segment)) return segment;
  if (const size_t equals = segment.find('='); equals != std::string::npos && equals > 0)
    return segment.substr(0, equals + 1) + "*";
  std::string result;
  for (size_t i = 0; i < segment.size();) {
    if (!is_digit(segment[i])) {
      result += segment[i++];
      continue;
    }
    // A run of digits and what joins digits: one date is one star.
    while (i < segment.size() &&
           (is_digit(segment[i]) || (is_separator(segment[i]) && i + 1 < segment.size() && is_digit(segment[i + 1]))))
      ++i;
    result += '*';
  }
  return result;
}

struct SplitName {
  std::string stem, ending;  // "trips-01" and ".csv.gz"
};
SplitName split_name(const std::string& name) {
  size_t end = name.size();
  for (;;) {
    const size_t dot = name.substr(0, end).rfind('.');
    if (dot == std::string::npos || dot == 0) break;
    const std::string piece = lower(name.substr(dot, end - dot));
    static const std::set<std::string> known = {".csv", ".tsv", ".txt", ".psv", ".parquet",
                                                ".pq",  ".gz",  ".zst", ".zstd"};
    if (!known.contains(piece)) break;
    end = dot;
  }
  return {name.substr(0, end), name.substr(end)};
}

std::string pattern_of(const std::string& file) {
  std::vector<std::string> segments = split(file, '/');
  for (size_t i = 0; i + 1 < segments.size(); ++i) segments[i] = generalised(segments[i]);
  const SplitName name = split_name(segments.back());
  segments.back() = generalised(name.stem) + name.ending;
  return join(segments, "/");
}

// Folders above the project are places, not data: only what differs between the files becomes a star.
std::string keep_common_folders(const std::string& pattern, const std::vector<std::string>& files) {
  std::vector<std::string> segments = split(pattern, '/');
  for (size_t i = 0; i + 1 < segments.size(); ++i) {
    std::set<std::string> seen;
    for (const auto& file : files) seen.insert(split(file, '/')[i]);
    const bool hive = segments[i].find('=') != std::string::npos;
    if (seen.size() == 1 && !hive) segments[i] = *seen.begin();
  }
  return join(segments, "/");
}

std::string name_of(const std::string& pattern) {
  std::vector<std::string> segments = split(pattern, '/');
  for (size_t i = segments.size(); i-- > 0;) {
    std::string stem = i + 1 == segments.size() ? split_name(segments[i]).stem : segments[i];
    stem = replace_all(stem, "*", "");
    const std::string name = plain_name(stem);
    if (!name.empty() && name != "_" && stem.find('=') == std::string::npos && stem != "..") return name;
  }
  return "data";
}

}  // namespace

std::string plain_name(const std::string& text) {
  std::string name;
  for (const char c : lower(text)) {
    const bool fits = std::isalnum(static_cast<unsigned char>(c)) || c == '_';
    if (fits)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  while (!name.empty() && name.front() == '_') name.erase(0, 1);
  return !name.empty() && is_digit(name.front()) ? "_" + name : name;
}

std::vector<FileGroup> group_files(const std::vector<std::string>& files) {
  std::map<std::string, std::vector<std::string>> by_pattern;
  for (const auto& file : files) by_pattern[pattern_of(file)].push_back(file);
  std::vector<FileGroup> groups;
  std::set<std::string> names;
  for (auto& [pattern, members] : by_pattern) {
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
    FileGroup group{name_of(pattern), keep_common_folders(pattern, members), std::move(members)};
    for (int i = 2; !names.insert(group.name).second; ++i) group.name = name_of(pattern) + "_" + std::to_string(i);
    groups.push_back(std::move(group));
  }
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return groups;
}

}  // namespace weir::cli
