#include "lint/toml.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/error.h"

namespace weir::lint {

namespace {

// Entries with the place of their key.
using Placed = std::vector<std::pair<toml::source_position, TomlEntry>>;

void add_values(const toml::node& node, std::vector<std::string>& out) {
  if (const auto* list = node.as_array()) {
    for (const toml::node& member : *list) add_values(member, out);
  } else if (const auto* text = node.as_string()) {
    out.push_back(text->get());
  } else if (!node.is_table()) {
    std::ostringstream value;
    toml::node_view(node).visit([&](const auto& each) { value << each; });
    out.push_back(value.str());
  }
}

void add_entries(const toml::table& table, const std::vector<std::string>& path, Placed& out) {
  for (const auto& [key, node] : table) {
    std::vector<std::string> below = path;
    below.emplace_back(key.str());
    if (const auto* inner = node.as_table()) {
      add_entries(*inner, below, out);
    } else if (node.is_array_of_tables()) {
      for (const toml::node& member : *node.as_array()) add_entries(*member.as_table(), below, out);
    } else {
      TomlEntry entry;
      entry.path = std::move(below);
      add_values(node, entry.values);
      entry.line = static_cast<int>(key.source().begin.line);
      out.emplace_back(key.source().begin, std::move(entry));
    }
  }
}

}  // namespace

std::vector<TomlEntry> read_toml_entries(std::string_view text, const std::string& label) {
  Placed found;
  try {
    add_entries(toml::parse(text, label), {}, found);
  } catch (const toml::parse_error& error) {
    Span span;
    span.file = label;
    span.line = static_cast<int>(error.source().begin.line);
    span.column = static_cast<int>(error.source().begin.column);
    throw Error(ErrorCode::bad_lint_config, "this is no TOML: " + std::string(error.description()),
                "mend it there; it is read as TOML 1.0")
        .with_span(span);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<TomlEntry> out;
  for (auto& [place, entry] : found) out.push_back(std::move(entry));
  return out;
}

}  // namespace weir::lint
