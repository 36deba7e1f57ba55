// Where in its own file something of a node stands.
#pragma once

#include <string>
#include <utility>

#include "project/node.h"

namespace weir::cli {

// Where a byte of a text is, counted from 1.
std::pair<int, int> line_and_column(const std::string& text, size_t offset);
std::string line_at(const std::string& text, int line);  // "" beyond the end
// At most 120 bytes of it, and never half a character.
std::string shortened(const std::string& text);

Span place_of(const project::Node& node);
// A key of config(), or a word of SQL, where it first stands in the node's file; without a line if it does not.
Span place_of_key(const project::Node& node, const std::string& key);
Span place_of_word(const project::Node& node, const std::string& word);

}  // namespace weir::cli
