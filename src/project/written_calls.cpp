#include "project/written_calls.h"

#include <cctype>
#include <string>
#include <vector>

#include "base/text.h"

namespace weir::project {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The arguments of a call whose opening bracket stands before `at`. Empty if the call does not end.
std::vector<std::string> written_arguments(std::string_view text, size_t at) {
  std::vector<std::string> out(1);
  char quote = 0;
  for (int depth = 0; at < text.size(); at++) {
    const char c = text[at];
    if (quote) {
      if (c == '\\' && at + 1 < text.size()) out.back() += text[at++];
      if (text[at] == quote && c != '\\') quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      depth++;
    } else if (c == ')' || c == ']' || c == '}') {
      if (depth-- == 0) return out;
    } else if (c == ',' && depth == 0) {
      out.emplace_back();
      continue;
    }
    out.back() += text[at];
  }
  return {};
}

// A call is the only thing in a value that another run may see otherwise.
bool is_computed(std::string_view value) {
  char quote = 0;
  for (size_t i = 0; i < value.size(); i++) {
    const char c = value[i];
    if (quote) {
      if (c == '\\') i++;
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' && i > 0 && is_word(value[i - 1])) {
      return true;
    }
  }
  return false;
}

}  // namespace

Json written_config_calls(std::string_view text) {
  Json out = Json::object();
  constexpr std::string_view call = "config";
  for (size_t at = text.find(call); at != std::string_view::npos; at = text.find(call, at + 1)) {
    if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.')) continue;
    const size_t open = text.find_first_not_of(" \t\n", at + call.size());
    if (open == std::string_view::npos || text[open] != '(') continue;
    for (const std::string& argument : written_arguments(text, open + 1)) {
      const size_t equals = argument.find('=');
      if (equals == std::string::npos || argument.substr(equals, 2) == "==") continue;
      const std::string name(trim(std::string_view(argument).substr(0, equals)));
      const std::string value(trim(std::string_view(argument).substr(equals + 1)));
      const bool word = !name.empty() && name.find_first_of(" \t\n'\"(*") == std::string::npos;
      if (word && is_computed(value)) out.set(name, "{{ " + value + " }}");
    }
  }
  return out;
}

}  // namespace weir::project
