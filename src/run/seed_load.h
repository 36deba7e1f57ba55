// Seeds: a CSV file of the project becomes a table, on the lake or in a database.
#pragma once

#include <string>

#include "engine/session.h"
#include "project/node.h"

namespace weir::run {

// The query of the file's rows with the names and types that the seed's table has. The session knows the file from then
// on, until it is asked for another one. Throws as load_seed().
std::string seed_query(engine::Session& session, engine::Engine& engine, const std::string& root,
                       const project::Node& node);

// Makes the table anew with the types that dbt would give it, in the session's transaction. `root` is the project's
// folder. Returns the number of rows. Throws Error{seed_malformed}, and what the engine says of the file.
int64_t load_seed(engine::Session& session, engine::Engine& engine, const std::string& root, const project::Node& node);

// The same for a database, in a schema that is there, the values read as dbt-duckdb reads them: by DuckDB's COPY, which
// guesses the quotes. `refills`: the table is there; it is emptied and filled again, as dbt does without
// --full-refresh. Names of columns are quoted unless quote_columns is false.
int64_t copy_seed(engine::Session& session, engine::Session& main, engine::Engine& engine, const std::string& root,
                  const project::Node& node, bool refills);

}  // namespace weir::run
