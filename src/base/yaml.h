// YAML documents with positions. Scalars are resolved as PyYAML's safe loader does (YAML 1.1: yes/no/on/off are booleans,
// 0o/0x/sexagesimal integers, dates stay text), since the files are also read by dbt.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir {

class Yaml {
 public:
  enum class Kind { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  std::string text;     // of a scalar, as written (unquoted)
  bool quoted = false;  // a quoted or block scalar: always a string
  std::vector<Yaml> items;                       // of a sequence
  std::vector<std::pair<Yaml, Yaml>> members;    // of a mapping, in file order; keys are scalars
  Span span;                                     // where it starts (with line_text)

  bool is_null() const { return kind == Kind::null; }
  const Yaml* find(std::string_view key) const;  // nullptr if absent or no mapping
  const Yaml* find_key(std::string_view key) const;  // the key node, for its position
  std::string as_string() const;                 // throws Error{bad_yaml} with the position
  Json to_json() const;                          // scalars resolved

  // Anchors, aliases and merge keys are expanded; duplicate keys are an error. Throws Error{bad_yaml} with position.
  static Yaml parse(std::string_view text, std::string file);
};

}  // namespace weir
