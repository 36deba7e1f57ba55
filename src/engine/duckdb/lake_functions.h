// Macros of the lake's catalogue: lake.<schema>.<name>(…). They are texts, like views: an expression, or a query in the
// place of a table, with parameters that may have types and defaults.
#pragma once

#include <duckdb/catalog/catalog_entry.hpp>
#include <duckdb/parser/parsed_data/create_function_info.hpp>
#include <duckdb/parser/parsed_data/drop_info.hpp>
#include <functional>

#include "engine/duckdb/lake_catalog.h"

namespace weir::engine::duck {

// Is an entry of this type a function of some kind?
bool names_functions(duckdb::CatalogType type);

// nullptr: the lake has none of this name and kind.
duckdb::optional_ptr<duckdb::CatalogEntry> look_up_function(duckdb::CatalogTransaction ct, LakeSchema& schema,
                                                            const duckdb::EntryLookupInfo& info);
void scan_functions(duckdb::ClientContext& context, LakeSchema& schema, duckdb::CatalogType type,
                    const std::function<void(duckdb::CatalogEntry&)>& visit);
// Stages it. Functions that are no macros are refused.
duckdb::optional_ptr<duckdb::CatalogEntry> create_function(duckdb::CatalogTransaction ct, LakeSchema& schema,
                                                           duckdb::CreateFunctionInfo& info);
void drop_function(duckdb::ClientContext& context, LakeSchema& schema, duckdb::DropInfo& info);

}  // namespace weir::engine::duck
