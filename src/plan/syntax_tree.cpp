#include "plan/syntax_tree.h"

#include <optional>
#include <string_view>

#include "base/text.h"

namespace weir::plan {

namespace {

constexpr std::string_view start = "Keyword(key='";

// The literal in "…, value=Const(value=LITERAL))", as Python writes it.
std::optional<std::string> literal_of(const std::string& tree) {
  constexpr std::string_view before = ", value=Const(value=", after = "))";
  const size_t at = tree.find(before);
  if (at == std::string::npos || tree.find('=', start.size()) != at + 7 || !tree.ends_with(after)) return std::nullopt;
  return tree.substr(at + before.size(), tree.size() - at - before.size() - after.size());
}

std::string without_quotes(const std::string& literal) {
  std::string out;
  for (size_t i = 1; i + 1 < literal.size(); i++) {
    if (literal[i] == '\\' && i + 2 < literal.size()) i++;
    out += literal[i];
  }
  return out;
}

}  // namespace

bool is_syntax_tree(const Json& value) { return value.is_string() && value.as_string().starts_with(start); }

bool same_as_tree(const Json& value, const std::string& tree, bool same_file) {
  const std::optional<std::string> literal = literal_of(tree);
  if (!literal || literal->empty()) return same_file;
  if (literal->front() == '\'' || literal->front() == '"')
    return value.is_string() && value.as_string() == without_quotes(*literal);
  if (*literal == "None") return value.is_null();
  if (*literal == "True" || *literal == "False") return value == Json(*literal == "True");
  return value.is_number() ? value.dump() == *literal : same_file;
}

}  // namespace weir::plan
