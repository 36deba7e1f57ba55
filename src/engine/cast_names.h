// Names in SQL text with a type put around them. Needs no session.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/session.h"

namespace weir::engine {

// Of "a + t.a" and a DOUBLE: "(CAST(a AS "DOUBLE") + t.a)". `sql` is an expression or a query, its subqueries are
// looked at too. What has a table in front, and what a lambda calls so, is another name. Throws Error{sql_syntax} with
// the place, also where a type is none.
std::string cast_names(std::string_view sql, const std::vector<ColumnInfo>& types);

}  // namespace weir::engine
