// CREATE TABLE and ALTER TABLE on lake tables: what a statement declares, as metadata. What Delta or this weir cannot
// do is refused by name, never accepted and ignored.
#pragma once

#include <duckdb/common/enums/on_create_conflict.hpp>
#include <duckdb/parser/parsed_data/alter_info.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/duckdb/lake_transaction.h"

namespace weir::engine::duck {

struct DeclaredTable {
  lake::Metadata metadata;
  std::vector<lake::ColumnPath> clustering;  // SORTED BY, which is DuckDB's word for Delta's CLUSTER BY
};
// What CREATE TABLE (OR REPLACE) gives the table. One that is replaced keeps its id and the properties that the
// statement does not name; if nothing changes, all of its metadata. Asked once for each statement: columns get new
// physical names where the table maps them.
DeclaredTable declared_table(LakeTransaction& transaction, const lake::TableName& name, duckdb::CreateTableInfo& info);

// The state CREATE TABLE (OR REPLACE) leaves; nullptr if the table exists and IF NOT EXISTS was said.
std::unique_ptr<TableState> created_state(LakeTransaction& transaction, const lake::TableName& name,
                                          duckdb::OnCreateConflict on_conflict, DeclaredTable declared,
                                          const std::string& operation);

// ALTER TABLE and COMMENT ON COLUMN. Nothing is staged if nothing changes.
void alter_table(duckdb::ClientContext& context, LakeTransaction& transaction, const lake::TableName& name,
                 duckdb::AlterInfo& info);

}  // namespace weir::engine::duck
