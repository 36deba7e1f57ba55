// Common table expressions put in front of a query, as dbt injects ephemeral models.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::project {

struct Injected {
  std::string sql;
  int at_line = 0;  // line of the result after which the injected text stands (0 = before everything)
  int lines = 0;    // line breaks that it has
};

// `ctes`: names and queries, in order. A query that begins with WITH (after comments) gets them first in its list.
Injected inject_ctes(std::string_view sql, const std::vector<std::pair<std::string, std::string>>& ctes);

// Without blanks and semicolons at the end.
std::string_view without_terminator(std::string_view sql);

}  // namespace weir::project
