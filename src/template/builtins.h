// Jinja's own filters, tests and globals.
#pragma once

#include <string>
#include <vector>

#include "template/environment.h"
#include "template/evaluation.h"

namespace weir::tmpl {

void add_builtin_filters(Environment& environment);
void add_builtin_tests(Environment& environment);
void add_builtin_globals(Environment& environment);

// The parts of add_builtin_filters.
void add_text_filters(Environment& environment);
void add_markup_filters(Environment& environment);
void add_number_filters(Environment& environment);
void add_sequence_filters(Environment& environment);
void add_selection_filters(Environment& environment);

// Reads an attribute by a path like "address.city" or "0.name", as filters take it.
class AttributePath {
 public:
  explicit AttributePath(const Value& path);  // None: the item itself
  Value of(Evaluation& evaluation, Value item, const Value* fallback = nullptr) const;

 private:
  std::vector<Value> parts_;
};

// Text as lower case, all else as it is: how filters compare without regard to case.
Value fold_case(const Value& value, bool case_sensitive);
// Any text stays (Markup too), all else is printed.
Value soft_text(const Value& value);

// json.dumps(value, sort_keys=..., indent=...): ASCII only, as Python writes it.
std::string json_text(Evaluation& evaluation, const Value& value, bool sort_keys, const Value& indent);
// pprint.pformat
std::string pretty_text(Evaluation& evaluation, const Value& value);
// textwrap.wrap of one line
struct WrapOptions {
  int64_t width = 79;
  bool break_long_words = true, break_on_hyphens = true;
};
std::vector<std::string> wrap_text(Evaluation& evaluation, std::string_view line, const WrapOptions& options);

}  // namespace weir::tmpl
