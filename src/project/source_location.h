// Sources that are no tables: files or queries that stand where the table would, as in dbt-duckdb (external_location).
#pragma once

#include <string>

#include "project/node.h"

namespace weir::project {

// The SQL that stands for the source: a path in quotes, or a call such as read_csv('…'); "" = it is a table. The
// location is a text with places for values (name, identifier, schema, database, tags and what the source's meta and
// config say), filled in by `formatter`: newstyle ("{name}", the default), oldstyle ("%(name)s") or template ("$name").
// Throws Error{bad_config} with the source's place.
std::string source_location(const Node& source);

}  // namespace weir::project
