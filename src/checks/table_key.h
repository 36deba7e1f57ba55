// The columns by which rows of a node's table are told apart, as the project says.
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"
#include "project/project.h"

namespace weir::checks {

// The node's unique_key; else a primary key or unique constraint; else the column of a unique test, or those of
// dbt_utils.unique_combination_of_columns, that holds for all rows. A snapshot has several rows for one key: those are
// told apart by dbt_valid_from too. Empty if the project names none.
std::vector<std::string> key_of(const project::Project& project, const project::Node& node);

// The same if both sides have its columns and none is left out; else none, since it would be no key of both.
std::vector<std::string> shared_key(const project::Project& project, const project::Node& node,
                                    const std::vector<engine::ColumnInfo>& a, const std::vector<engine::ColumnInfo>& b,
                                    const std::vector<std::string>& left_out = {});

}  // namespace weir::checks
