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

// The two statements that make a table named `relation` with the declared columns and constraints, and fill it with the
// rows of `sql`, as dbt-duckdb writes them: names are quoted only where the columns say so, and a constraint of the
// table has its own `name`. `resolved` makes a relation's name of the template that a foreign key's `to` is.
struct ContractSql {
  std::string create, insert;
};
ContractSql contract_sql(const project::Node& node, const std::string& relation, const std::string& sql,
                         const std::function<std::string(const std::string&)>& resolved);

}  // namespace weir::run
