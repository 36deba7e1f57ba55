// Nearest words and shell patterns (declared in text.h).
#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace weir {

namespace {

// Optimal string alignment: insert, delete, replace, swap of neighbours; case ignored.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

// Matches one "[...]" at the pattern's start; advances it behind the set. False also for an unclosed set.
bool match_set(std::string_view& pattern, char c, bool& closed) {
  size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  const size_t first = i;
  for (; i < pattern.size() && (pattern[i] != ']' || i == first); ++i) {
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      found = found || (pattern[i] <= c && c <= pattern[i + 2]);
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  closed = i < pattern.size();
  if (closed) pattern.remove_prefix(i + 1);
  return found != negated;
}

// One character of the pattern that is no star, against one of the text; advances the pattern.
bool match_one(std::string_view& pattern, char c, bool path_mode) {
  const bool slash = path_mode && c == '/';
  if (pattern.front() == '?') {
    pattern.remove_prefix(1);
    return !slash;
  }
  if (pattern.front() == '[') {
    bool closed = false;
    const bool matched = match_set(pattern, c, closed);
    if (closed) return matched && !slash;
  }
  const bool same = pattern.front() == c;
  pattern.remove_prefix(1);
  return same;
}

struct Retry {
  std::string_view pattern, text;
  bool armed = false;
  bool whole_segments = false;  // may only go on behind a '/'
};

bool step_back(Retry& retry, bool may_cross) {
  if (!retry.armed || retry.text.empty()) return false;
  if (!may_cross && retry.text.front() == '/') return false;
  const size_t slash = retry.whole_segments ? retry.text.find('/') : 0;
  if (slash == std::string_view::npos) return false;
  retry.text.remove_prefix(slash + 1);
  return true;
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string wanted = lower(word);
  std::optional<std::string> best;
  // A third of the letters may be wrong; two-letter words have too many neighbours for more than one.
  size_t limit = std::max<size_t>(1, wanted.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const size_t distance = edit_distance(wanted, lower(candidate));
    if (distance >= limit || distance >= std::max(wanted.size(), candidate.size())) continue;
    best = candidate;
    limit = distance;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto best = nearest(word, candidates);
  return best ? "; did you mean \"" + *best + "\"?" : "";
}

bool glob_match(std::string_view pattern, std::string_view text, bool path_mode) {
  // Going back to the last star is enough; in path mode also to the last "**", since "*" stops at '/'. So the time is
  // bounded by a polynomial whatever the pattern.
  Retry star, deep;
  bool at_segment = true;  // of the pattern
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      const bool crosses = !path_mode || pattern.substr(0, 2) == "**";
      const bool folders = path_mode && at_segment && pattern.substr(0, 3) == "**/";
      while (!pattern.empty() && pattern.front() == '*') pattern.remove_prefix(1);
      if (folders) pattern.remove_prefix(1);
      (crosses ? deep : star) = {pattern, text, true, folders};
      if (crosses) star.armed = false;
      at_segment = folders;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    std::string_view rest = pattern;
    if (!text.empty() && !rest.empty() && match_one(rest, text.front(), path_mode)) {
      at_segment = pattern.front() == '/';
      pattern = rest;
      text.remove_prefix(1);
      continue;
    }
    Retry* back = step_back(star, false) ? &star : step_back(deep, true) ? &deep : nullptr;
    if (!back) return false;
    if (back == &deep) star.armed = false;
    pattern = back->pattern;
    text = back->text;
    at_segment = back->whole_segments;
  }
}

}  // namespace weir
