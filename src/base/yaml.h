// YAML documents with positions. Scalars are resolved as PyYAML's safe loader does (see yaml_scalar.h), since the files
// are also read by dbt; only dates stay text. One document per file; an empty one is null. Refused with a position:
// duplicate keys (unless they are asked for), lists or mappings as keys, tags other than the standard ones, a bare '='
// (all but the first by PyYAML too), control characters, anything but UTF-8, nesting deeper than 100 levels, aliases
// that expand to more than 200,000 values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir {

class Yaml {
 public:
  enum class Kind { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  std::string text;             // of a scalar, as written, without its quotes
  bool quoted = false;          // a quoted or block scalar: always a string
  std::vector<Yaml> items;      // of a sequence
  struct Member;                // key and value, in this order
  std::vector<Member> members;  // of a mapping, in file order; keys are scalars or null
  // Where it starts, with line_text unless the line is longer than 400 bytes. What came by an alias keeps its own
  // place.
  Span span;

  bool is_null() const { return kind == Kind::null; }
  const Yaml* find(std::string_view key) const;      // nullptr if absent or no mapping
  const Yaml* find_key(std::string_view key) const;  // the key node, for its position
  std::string as_string() const;                     // throws Error{bad_yaml} with the position
  Json to_json() const;                              // scalars resolved; keys are texts as written

  // Anchors, aliases and merge keys are expanded. Throws Error{bad_yaml} with position, also for a key that is in its
  // mapping already; with `repeated` given these keys are put there, and their last value is the one that counts.
  static Yaml parse(std::string_view text, std::string file, std::vector<Yaml>* repeated = nullptr);
};

struct Yaml::Member {
  Yaml key;
  Yaml value;
};

}  // namespace weir
