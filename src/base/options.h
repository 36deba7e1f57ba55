// Options are declared once. Parser, unknown-key error with "did you mean", JSON Schema for editors, reference page and
// `weir config show` with each value's origin all come from one table.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"

namespace weir {

enum class OptionType { boolean, integer, number, text, text_list, duration, bytes, map };

struct OptionSpec {
  std::string name;  // dotted: "quarantine.max_ratio"
  OptionType type = OptionType::text;
  Json default_value;                // null = none
  std::vector<std::string> allowed;  // of a text; empty = any
  std::string doc;                   // one sentence
  bool secret = false;               // never printed
};

struct OptionValue {
  Json value;
  std::string origin;  // "default", "weir.yml:3", "env WEIR_THREADS", "--threads"
};

// A table of specs plus the values set so far; later sets win. A null value means the default again. Not thread-safe
// while it is being filled. An accessor asked for a name that no spec has throws Error{internal}: the caller misspelt
// it.
class Options {
 public:
  explicit Options(std::vector<OptionSpec> specs);

  // Reads a mapping (nested keys become dotted names). `where` names the mapping in messages
  // ("config.meta.weir.ingest"). Throws Error{unknown_option | bad_option_value} with the key's or value's position.
  // null is an empty mapping.
  void read(const Yaml& mapping, std::string_view where);
  // JSON knows no positions: `span_of` gives that of a dotted name, known or not, if the mapping was written somewhere.
  using SpanOf = std::function<Span(const std::string&)>;
  void read(const Json& mapping, std::string_view where, std::string_view origin, const SpanOf& span_of = {});
  // From a flag or the environment: lists are comma-separated, mappings are JSON.
  void set(std::string_view name, std::string_view text, std::string origin);
  void set_value(std::string_view name, const Json& value, std::string origin);

  bool is_set(std::string_view name) const;   // to something else than by default
  bool boolean(std::string_view name) const;  // false if it has no value
  int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  std::string text(std::string_view name) const;               // "" if it has no value
  std::vector<std::string> list(std::string_view name) const;  // empty if it has no value
  int64_t duration_ms(std::string_view name) const;
  int64_t bytes(std::string_view name) const;
  Json value(std::string_view name) const;  // durations and sizes as written
  const OptionValue& entry(std::string_view name) const;

  const std::vector<OptionSpec>& specs() const { return specs_; }
  Json json_schema() const;
  std::string reference_markdown() const;  // a table

 private:
  const OptionSpec* find(std::string_view name) const;
  const OptionSpec& spec(std::string_view name) const;
  [[noreturn]] void unknown(std::string_view name, std::string_view where, const Span& span) const;
  void assign(const OptionSpec& spec, const Json& value, std::string origin, const Span& span);
  void read_yaml(const Yaml& mapping, const std::string& prefix, std::string_view where);
  void read_json(const Json& mapping, const std::string& prefix, std::string_view where, std::string_view origin,
                 const SpanOf& span_of);
  std::vector<OptionSpec> specs_;
  std::vector<OptionValue> values_;  // parallel to specs_
};

// "512MB", "2 GiB", "1048576", "1.5g": k, m, g, t are powers of 1000, KiB and so on of 1024. nullopt if it is no size.
std::optional<int64_t> parse_bytes(std::string_view text);

}  // namespace weir
