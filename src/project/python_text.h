// Python's text as words: enough of its grammar to find calls and definitions, without running anything. ("The Python
// Language Reference", Lexical analysis.)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::project {

struct PythonWord {
  enum class Kind { name, number, text, sign, line_end };
  Kind kind = Kind::sign;
  std::string text;  // as written; of a text its value
  int line = 1, column = 1;
  int depth = 0;           // brackets that are open before it
  int indent = -1;         // of the first word of a statement: columns before it; else -1
  bool formatted = false;  // a text with {expressions}, which follow it as words of their own, in brackets
  bool bytes = false;
  bool is(std::string_view sign) const { return kind != Kind::text && text == sign; }
};

struct PythonWords {
  std::vector<PythonWord> words;
  std::vector<std::string> lines;  // of the file, for spans
  std::string file;
  Span span_of(const PythonWord& word) const;
};

// Throws Error{bad_python_model} for a text or bracket that does not end.
PythonWords python_words(std::string_view text, const std::string& file);

}  // namespace weir::project
