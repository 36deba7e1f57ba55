// The standard macros of dbt as weir writes them, for the lake (DuckDB's SQL): the text of the built-in package "dbt".
#pragma once

#include <string>
#include <string_view>

namespace weir::project {

// Each macro NAME dispatches to default__NAME, so that a project may override it as in dbt: by a macro of its own
// called NAME, weir__NAME, duckdb__NAME or default__NAME.
std::string standard_macros();

// Further texts of the same package.
std::string_view standard_tests();
std::string_view standard_statements();  // relations, statements, hooks, incremental and snapshot helpers
std::string_view standard_duckdb();      // of dbt-duckdb: the catalogue, external models
std::string_view standard_functions();   // what makes functions of the project functions of the target

}  // namespace weir::project
