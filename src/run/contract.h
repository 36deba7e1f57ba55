// Enforced contracts: a model's columns are exactly those that its YAML declares, and its table has the constraints
// named there. For databases.
#pragma once

#include <functional>
#include <string>

#include "engine/session.h"
#include "project/node.h"

namespace weir::run {

bool has_contract(const project::Node& node);

// Throws Error{column_type} naming every column that is missing, surplus or of another type. Runs nothing.
void check_contract(engine::Session& session, const project::Node& node, const std::string& sql);

// Makes the table with the declared columns and constraints and fills it. Returns the number of rows.
// `resolved` makes a relation's name of the template that a foreign key's `to` is.
int64_t create_by_contract(engine::Session& session, const project::Node& node, const std::string& sql,
                           const std::function<std::string(const std::string&)>& resolved);

}  // namespace weir::run
