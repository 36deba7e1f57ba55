#include "deps/version.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace weir::deps {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-'; }

// Takes a number without leading zeros from the front; nullopt: there is none.
std::optional<int64_t> take_number(std::string_view& text) {
  size_t length = 0;
  while (length < text.size() && is_digit(text[length])) length++;
  if (length > 1 && text[0] == '0') length = 1;
  const auto number = length == 0 ? std::nullopt : parse_int(text.substr(0, length));
  if (number) text.remove_prefix(length);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Parts between dots; a number in a prerelease has no leading zeros.
bool are_identifiers(std::string_view text, bool of_prerelease) {
  for (const std::string& part : split(text, '.')) {
    if (!std::all_of(part.begin(), part.end(), is_word)) return false;
    const bool number = std::all_of(part.begin(), part.end(), is_digit);
    if (of_prerelease && (part.empty() || (number && part.size() > 1 && part[0] == '0'))) return false;
  }
  return true;
}

bool parse_rest(std::string_view rest, Version& out) {
  const size_t plus = rest.find('+');
  std::string_view before = rest.substr(0, plus);
  if (plus != std::string_view::npos) {
    out.build = rest.substr(plus + 1);
    if (!are_identifiers(out.build, false)) return false;
  }
  take(before, '-');
  out.prerelease = before;
  return out.prerelease.empty() ? before.size() == rest.substr(0, plus).size() : are_identifiers(before, true);
}

Matcher take_matcher(std::string_view& text) {
  if (text.starts_with(">=")) return text.remove_prefix(2), Matcher::greater_or_equal;
  if (text.starts_with("<=")) return text.remove_prefix(2), Matcher::less_or_equal;
  if (take(text, '>')) return Matcher::greater;
  if (take(text, '<')) return Matcher::less;
  take(text, '=');
  return Matcher::exact;
}

int order(auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; }

// Part by part, numbers as numbers and before words; then by length.
int compare_prereleases(const std::string& a, const std::string& b) {
  const std::vector<std::string> left = split(a, '.'), right = split(b, '.');
  for (size_t i = 0; i < std::min(left.size(), right.size()); i++) {
    const auto number = parse_int(left[i]), other = parse_int(right[i]);
    const int found = number && other ? order(*number, *other) : number ? -1 : other ? 1 : order(left[i], right[i]);
    if (found != 0) return found;
  }
  return order(a.size(), b.size());
}

bool is_lower(Matcher m) { return m == Matcher::greater || m == Matcher::greater_or_equal; }
bool is_upper(Matcher m) { return m == Matcher::less || m == Matcher::less_or_equal; }

// Of bounds at one place.
int compare_matchers(Matcher a, Matcher b) {
  const bool touch = (a == Matcher::greater_or_equal && b == Matcher::less_or_equal) ||
                     (a == Matcher::less_or_equal && b == Matcher::greater_or_equal);
  if (touch) return 0;
  const auto before = [](Matcher x, Matcher y) {
    return (x == Matcher::less && y == Matcher::less_or_equal) ||
           (y == Matcher::greater && x == Matcher::greater_or_equal) || (is_upper(x) && is_lower(y));
  };
  return before(a, b) ? -1 : before(b, a) ? 1 : 0;
}

VersionRange range_of(const Version& version) {
  VersionRange out;
  if (!is_upper(version.matcher)) out.from = version;
  if (!is_lower(version.matcher)) out.to = version;
  return out;
}

// The narrower of two bounds of one side; nullopt: they exclude each other. `side` is 1 for lower bounds, -1 for upper.
std::optional<Version> narrower(const Version& a, const Version& b, int side) {
  if (b.unbounded) return a;
  if (a.unbounded) return b;
  const bool a_exact = a.matcher == Matcher::exact, b_exact = b.matcher == Matcher::exact;
  if (!a_exact && !b_exact) return a.compare(b) * side < 0 ? b : a;
  const Version& exact = a_exact ? a : b;
  const Version& bound = a_exact ? b : a;
  const int compared = bound.compare(exact) * side;
  const bool inclusive = bound.matcher == (side > 0 ? Matcher::greater_or_equal : Matcher::less_or_equal);
  return compared < 0 || (compared == 0 && inclusive) ? std::optional(exact) : std::nullopt;
}

std::optional<VersionRange> both(const VersionRange& a, const VersionRange& b) {
  const auto is_exact = [](const Version& v) { return !v.unbounded && v.matcher == Matcher::exact; };
  if (is_exact(a.from) && is_exact(b.from))
    return a.from.compare(b.from) == 0 ? std::optional(VersionRange{a.from, a.from}) : std::nullopt;
  const auto from = narrower(a.from, b.from, 1), to = narrower(a.to, b.to, -1);
  if (!from || !to || from->compare(*to) > 0) return std::nullopt;
  return VersionRange{*from, *to};
}

}  // namespace

Version Version::parse(std::string_view text) {
  Version out;
  std::string_view rest = text;
  out.matcher = take_matcher(rest);
  int64_t* numbers[] = {&out.major, &out.minor, &out.patch};
  bool good = true;
  for (int i = 0; i < 3 && good; i++) {
    const auto number = i > 0 && !take(rest, '.') ? std::nullopt : take_number(rest);
    good = number.has_value();
    if (good) *numbers[i] = *number;
  }
  if (!good || !parse_rest(rest, out))
    throw Error(ErrorCode::bad_packages, "\"" + std::string(text) + "\" is no version",
                "a version has three numbers, like 1.2.0 or >=1.2.0; a range is a list: [\">=1.0.0\", \"<2.0.0\"]");
  return out;
}

Version Version::any() {
  Version out;
  out.unbounded = true;
  return out;
}

std::string Version::text(bool with_matcher) const {
  if (unbounded) return "*";
  constexpr const char* matchers[] = {"=", ">", ">=", "<", "<="};
  std::string out = with_matcher ? matchers[static_cast<size_t>(matcher)] : "";
  out += std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  if (!prerelease.empty()) out += "-" + prerelease;
  return build.empty() ? out : out + "+" + build;
}

int Version::compare(const Version& other) const {
  if (unbounded || other.unbounded) return 0;
  for (const auto& [a, b] : {std::pair(major, other.major), {minor, other.minor}, {patch, other.patch}})
    if (a != b) return order(a, b);
  if (prerelease != other.prerelease) {
    // "<2.0.0" leaves out the prereleases of 2.0.0; else a release comes after its prereleases.
    if (prerelease.empty()) return matcher == Matcher::less ? -1 : 1;
    if (other.prerelease.empty()) return -1;
    if (const int found = compare_prereleases(prerelease, other.prerelease); found != 0) return found;
  }
  return compare_matchers(matcher, other.matcher);
}

std::string VersionRange::text() const {
  if (from.unbounded && to.unbounded) return "ANY";
  if (from.unbounded) return to.text();
  const bool one = to.unbounded || from.text() == to.text();
  return one ? from.text() : from.text() + ", " + to.text();
}

std::optional<VersionRange> reduce(std::vector<Version> versions) {
  std::erase_if(versions, [](const Version& version) { return version.unbounded; });
  if (versions.empty()) return VersionRange{};
  std::optional<VersionRange> out = range_of(versions.back());
  versions.pop_back();
  for (size_t i = 0; i < versions.size() && out; i++) out = both(*out, range_of(versions[i]));
  return out;
}

bool is_within(const Version& version, const VersionRange& range) {
  return reduce({version, range.from, range.to}).has_value();
}

std::vector<std::string> installable(const std::vector<std::string>& versions, bool prereleases) {
  std::vector<std::pair<Version, std::string>> found;
  for (const std::string& text : versions)
    if (Version version = Version::parse(text); prereleases || version.prerelease.empty())
      found.emplace_back(std::move(version), text);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first.compare(b.first) < 0; });
  std::vector<std::string> out;
  out.reserve(found.size());
  for (auto& [version, text] : found) out.push_back(std::move(text));
  return out;
}

std::optional<std::string> newest_within(const std::vector<std::string>& versions, const VersionRange& range) {
  std::optional<Version> best;
  std::optional<std::string> out;
  for (const std::string& text : versions) {
    const Version version = Version::parse(text);
    if (!is_within(version, range) || (best && best->compare(version) >= 0)) continue;
    best = version;
    out = text;
  }
  return out;
}

}  // namespace weir::deps
