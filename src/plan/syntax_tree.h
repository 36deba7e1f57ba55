// What a manifest of dbt says of a file's config() call under state_modified_compare_more_unrendered_values: the text
// of a syntax tree of its own, "Keyword(key='materialized', value=Const(value='table'))".
#pragma once

#include <string>

#include "base/json.h"

namespace weir::plan {

bool is_syntax_tree(const Json& value);

// Whether the value is the tree's constant. A tree of something else (a call, a name) is the same where the file that
// it is of is.
bool same_as_tree(const Json& value, const std::string& tree, bool same_file);

}  // namespace weir::plan
