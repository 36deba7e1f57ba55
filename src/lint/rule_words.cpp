#include <memory>
#include <regex>

#include "base/error.h"
#include "base/text.h"
#include "lint/rule_functions.h"

namespace weir::lint {

struct IgnoredWords::Pattern {
  std::regex expression;
};

namespace {

std::regex compiled(std::string pattern) {
  auto flags = std::regex::ECMAScript;
  if (pattern.rfind("(?i)", 0) == 0) {
    pattern.erase(0, 4);
    flags |= std::regex::icase;
  }
  try {
    return std::regex(pattern, flags);
  } catch (const std::regex_error& error) {
    throw Error(ErrorCode::bad_lint_config, "\"" + pattern + "\" is no regular expression: " + error.what(),
                "Mend the pattern in the configuration.");
  }
}

}  // namespace

IgnoredWords::IgnoredWords(const RuleRun& run) {
  for (const std::string& word : run.list("ignore_words")) words_.push_back(lower(word));
  if (const std::string pattern = run.text("ignore_words_regex"); !pattern.empty())
    pattern_ = std::make_unique<Pattern>(Pattern{compiled(pattern)});
}

IgnoredWords::~IgnoredWords() = default;

bool IgnoredWords::holds(std::string_view word) const {
  for (const std::string& each : words_)
    if (iequals(each, word)) return true;
  return pattern_ && std::regex_search(word.begin(), word.end(), pattern_->expression);
}

bool matches(const std::string& pattern, std::string_view text) {
  const std::regex expression = compiled(pattern);
  return std::regex_search(text.begin(), text.end(), expression);
}

bool policy_holds(const std::string& policy, const Segment& identifier) {
  if (policy == "all") return true;
  if (policy == "none" || policy.empty()) return false;
  const bool alias = identifier.parent &&
                     identifier.parent->is_any({K::alias_expression, K::column_definition, K::with_compound_statement});
  if (!alias) return false;
  if (policy == "aliases") return true;
  const Segment* around = ancestor(identifier, {K::select_clause, K::from_clause});
  const bool inside_from = around && around->is(K::from_clause);
  return policy == "column_aliases" ? !inside_from : policy == "table_aliases" && inside_from;
}

}  // namespace weir::lint
