// What stands at a place of a template as it is being typed, so often half: names, and calls with their texts. Only the
// shape is looked at; what does not parse is no obstacle.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::lsp {

struct TextArgument {
  int index = 0;     // among the arguments, from 0
  std::string name;  // of a keyword argument
  std::string text;  // between the quotes
  size_t begin = 0, end = 0;
};

struct TemplateCall {
  std::string name;          // "ref", "dbt_utils.star"; "" = parentheses alone
  size_t begin = 0;          // of the name
  size_t open = 0, end = 0;  // behind the parenthesis; of the closing one, or where the tag ends
  std::vector<TextArgument> texts;
  std::vector<TextArgument> numbers;          // of keyword arguments: v=2
  const TextArgument* text(int index) const;  // a positional one
  const TextArgument* last_text() const;
  const TextArgument* keyword(std::string_view name) const;  // a text or a number
};

// In the order of their ends. With `everywhere` the whole text counts as the inside of a tag, for YAML.
std::vector<TemplateCall> calls_in(std::string_view text, bool everywhere);

struct Cursor {
  enum class Kind { outside, expression, statement };  // of {{ }} or {% %}
  Kind kind = Kind::outside;
  std::string word;           // the dotted name around the place, up to where the last of its parts ends
  std::string part;           // of the word: only the part that the place is in
  size_t begin = 0, end = 0;  // of that part
  bool in_text = false;       // within quotes: then begin and end are those of the text
  bool after_pipe = false;    // names a filter
  int argument = 0;
  std::string keyword;  // of the argument it is in
  TemplateCall call;    // the innermost around it; name "" = none
};
Cursor cursor_at(std::string_view text, size_t offset, bool everywhere);

}  // namespace weir::lsp
