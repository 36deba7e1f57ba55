// Formatting must not change what a file says.
#pragma once

#include <string_view>

#include "lint/tree.h"

namespace weir::lint {

// Are both the same but for blanks, line breaks and the case of unquoted words? Tags of templates are words, too, but
// for the blanks inside; a comment stays itself, though it may move.
bool same_words(std::string_view before, std::string_view after, Dialect dialect);

}  // namespace weir::lint
