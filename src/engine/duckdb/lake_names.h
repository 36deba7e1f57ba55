// What views and functions of the lake read, named so that they mean the same wherever they are used.
#pragma once

#include <duckdb/parser/parsed_expression.hpp>
#include <duckdb/parser/query_node.hpp>
#include <string>

#include "engine/duckdb/lake_transaction.h"

namespace weir::engine::duck {

// Gives each table its schema; a plain name is one of `schema`, else of main. A table that is not in the lake is
// refused by name. Of a view no catalogue is named, since its own is looked in; a function's text stands where it is
// called.
void qualify_names(LakeTransaction& transaction, const std::string& schema, duckdb::QueryNode& query);
void qualify_names_in_function(LakeTransaction& transaction, const std::string& schema, duckdb::QueryNode& query);
void qualify_names_in_function(LakeTransaction& transaction, const std::string& schema,
                               duckdb::ParsedExpression& expression);

}  // namespace weir::engine::duck
