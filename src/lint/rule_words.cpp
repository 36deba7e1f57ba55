#include "base/error.h"
#include "base/text.h"
#include "lint/rule_functions.h"

namespace weir::lint {

tmpl::Regex search_pattern(const std::string& text) {
  std::string problem;
  auto pattern = tmpl::Regex::compile(text, problem);
  if (!pattern)
    throw Error(ErrorCode::bad_lint_config, "\"" + text + "\" is no regular expression: " + problem,
                "Mend the pattern in the configuration. Its form is RE2's: without lookaround and back references.");
  return *pattern;
}

IgnoredWords::IgnoredWords(const RuleRun& run) {
  for (const std::string& word : run.list("ignore_words")) words_.push_back(lower(word));
  if (const std::string pattern = run.text("ignore_words_regex"); !pattern.empty()) pattern_ = search_pattern(pattern);
}

bool IgnoredWords::holds(std::string_view word) const {
  for (const std::string& each : words_)
    if (iequals(each, word)) return true;
  return pattern_ && pattern_->is_in(word);
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
