#include "plan/criterion.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "plan/state_comparison.h"

namespace weir::plan {

namespace {

const std::vector<std::string>& methods() {
  static const std::vector<std::string> names = {"fqn",    "path",           "file",         "tag",       "source",
                                                 "config", "resource_type",  "test_name",    "test_type", "package",
                                                 "group",  "access",         "asset",        "version",   "exposure",
                                                 "metric", "semantic_model", "saved_query",  "unit_test", "selector",
                                                 "state",  "result",         "source_status"};
  return names;
}

Error bad(const std::string& text, const std::string& what) {
  return Error(ErrorCode::bad_selector, "selection \"" + text + "\": " + what);
}

// Digits before or after a '+', at the end or the beginning of `text`; removes them.
std::optional<int> depth(std::string_view digits, const std::string& text) {
  if (digits.empty()) return std::nullopt;
  const auto number = parse_int(digits);
  if (!number || *number < 0 || *number > 1'000'000)
    throw bad(text, "\"" + std::string(digits) + "\" is no number of steps");
  return static_cast<int>(*number);
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void take_front(std::string_view& rest, Criterion& out) {
  if (rest.starts_with("@")) {
    out.with_childrens_parents = true;
    rest.remove_prefix(1);
  }
  const size_t plus = rest.find('+');
  if (plus == std::string_view::npos || !all_digits(rest.substr(0, plus)) || plus + 1 == rest.size()) return;
  out.ancestors = true;
  out.ancestors_depth = depth(rest.substr(0, plus), out.text);
  rest.remove_prefix(plus + 1);
}

void take_back(std::string_view& rest, Criterion& out) {
  const size_t plus = rest.rfind('+');
  if (plus == std::string_view::npos || !all_digits(rest.substr(plus + 1))) return;
  out.descendants = true;
  out.descendants_depth = depth(rest.substr(plus + 1), out.text);
  rest.remove_suffix(rest.size() - plus);
}

std::string default_method(std::string_view value) {
  if (value.find('/') != std::string_view::npos) return "path";
  for (const std::string_view ending : {".sql", ".py", ".csv", ".yml"})
    if (value.ends_with(ending)) return "file";
  return "fqn";
}

// The words that a method's value may be; empty = any text.
const std::vector<std::string>& words_of(std::string_view method) {
  static const std::vector<std::string> none;
  static const std::vector<std::string> resource_types = {
      "model",    "seed",   "source", "snapshot",       "test",        "unit_test", "analysis",
      "exposure", "metric", "group",  "semantic_model", "saved_query", "operation", "function"};
  static const std::vector<std::string> test_types = {"generic", "singular", "data", "schema", "unit"};
  static const std::vector<std::string> versions = {"latest", "prerelease", "old", "none"};
  static const std::vector<std::string> source_states = {"fresher"};
  if (method == "resource_type") return resource_types;
  if (method == "test_type") return test_types;
  if (method == "version") return versions;
  if (method == "source_status") return source_states;
  return method == "state" ? state_words() : none;
}

// "resource_type" as words.
std::string replaced(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

}  // namespace

std::optional<IndirectSelection> parse_indirect_selection(std::string_view text) {
  if (text == "eager") return IndirectSelection::eager;
  if (text == "cautious") return IndirectSelection::cautious;
  if (text == "buildable") return IndirectSelection::buildable;
  if (text == "empty") return IndirectSelection::empty;
  return std::nullopt;
}

void check_criterion(const Criterion& criterion) {
  const auto holds = [](const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  const std::string& method = criterion.method;
  if (!holds(methods(), method))
    throw bad(criterion.text, "there is no method \"" + method + "\"" + did_you_mean(method, methods()));
  if (method == "config" && criterion.arguments.empty())
    throw bad(criterion.text, "config needs a key").with_hint("write  config.materialized:table");
  if (criterion.value.empty()) throw bad(criterion.text, "nothing is named");
  if (method == "source" && split(criterion.value, '.').size() > 3)
    throw bad(criterion.text, "a source has at most three parts").with_hint("write  source:package.source.table");
  const std::vector<std::string>& words = words_of(method);
  const bool pattern = method == "resource_type" && criterion.value.find_first_of("*?[") != std::string::npos;
  if (!words.empty() && !pattern && !holds(words, criterion.value))
    throw bad(criterion.text,
              "there is no " + replaced(method) + " \"" + criterion.value + "\"" + did_you_mean(criterion.value, words))
        .with_hint("one of " + join(words, ", "));
}

Criterion parse_criterion(std::string_view text) {
  Criterion out;
  out.text = text;
  std::string_view rest = text;
  take_front(rest, out);
  const size_t colon = rest.find(':');
  const std::string_view head = colon == std::string_view::npos ? std::string_view() : rest.substr(0, colon);
  take_back(rest, out);
  if (out.with_childrens_parents && out.descendants)
    throw bad(out.text, "\"@\" and a \"+\" behind do not go together")
        .with_hint("\"@x\" has the descendants of x already");
  if (colon != std::string_view::npos) {
    std::vector<std::string> parts = split(head, '.');
    out.method = parts.front();
    out.arguments.assign(parts.begin() + 1, parts.end());
    out.value = rest.substr(std::min(colon + 1, rest.size()));
  } else {
    out.value = rest;
    out.method = default_method(out.value);
  }
  check_criterion(out);
  return out;
}

}  // namespace weir::plan
