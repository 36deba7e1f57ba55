// What a file defines: blocks of templates, common table expressions, entries of YAML.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace weir::lsp {

bool is_word_part(char c);

// An opening tag of a named block: {% macro cents(column) %}.
struct BlockTag {
  std::string kind;
  size_t begin = 0, name_begin = 0, name_end = 0;
};
std::vector<BlockTag> block_tags(const std::string& text);

// DocumentSymbol[] of LSP 3.17.
Json template_symbols(const std::string& text, bool sql);
Json yaml_symbols(const std::string& text);  // none of a text that is no YAML

}  // namespace weir::lsp
