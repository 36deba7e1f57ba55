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
// Of what that leaves away, up to the last semicolon.
std::string terminator_of(std::string_view sql);

// An ephemeral model among the CTEs of a query, as it was rendered for it.
struct InjectedModel {
  std::string id, name;            // unique_id, and the CTE's name
  std::string query, terminator;   // its own text
  std::vector<std::string> reads;  // unique_ids of those that are put in front of it where it is compiled by itself
};

// What dbt's artefacts tell of it.
struct EphemeralText {
  std::string id, name;
  std::string own;                // its query as it stands in others
  std::string compiled;           // with the models that it reads in front
  std::vector<std::string> ctes;  // unique_ids of these, in their order there
};
// Nothing is rendered again. `injected`: each behind those that it reads.
std::vector<EphemeralText> ephemeral_texts(const std::vector<InjectedModel>& injected);

}  // namespace weir::project
