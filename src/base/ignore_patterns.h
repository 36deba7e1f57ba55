// Lines of a file like .gitignore, by its rules: what is left out, and what is taken back by "!".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace weir {

class IgnorePatterns {
 public:
  IgnorePatterns() = default;
  explicit IgnorePatterns(std::string_view text) {
    for (const std::string& raw : split(text, '\n')) {
      std::string line(trim(raw));
      if (line.empty() || line[0] == '#') continue;
      const bool back = line[0] == '!';
      if (back) line.erase(0, 1);
      patterns_.emplace_back(std::move(line), back);
    }
  }

  bool empty() const { return patterns_.empty(); }

  // `path` is relative to the file's folder, with '/' between. nullopt: nothing is said of it.
  std::optional<bool> ignores(const std::string& path) const {
    std::optional<bool> answer;
    for (auto [pattern, back] : patterns_) {
      while (!pattern.empty() && pattern.back() == '/') pattern.pop_back();
      const bool anchored = pattern.find('/') != std::string::npos;
      if (!pattern.empty() && pattern[0] == '/') pattern.erase(0, 1);
      bool fits = false;
      // A folder's pattern holds for all that is in it.
      for (std::string at = path; !fits;) {
        fits = glob_match(pattern, at, true) || (!anchored && glob_match("**/" + pattern, at, true));
        const size_t slash = at.rfind('/');
        if (slash == std::string::npos) break;
        at.resize(slash);
      }
      if (fits) answer = !back;
    }
    return answer;
  }

 private:
  std::vector<std::pair<std::string, bool>> patterns_;  // and whether it takes back
};

}  // namespace weir
