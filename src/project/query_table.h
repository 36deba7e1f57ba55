// The result of a query as templates see it, shaped like the table library dbt uses: table.rows,
// table.columns[0].values(), row['name'], row[0], table.column_names.
#pragma once

#include "project/render.h"
#include "template/value.h"

namespace weir::project {

tmpl::Value make_query_table(const QueryResult& result);

// A column of a relation: column.name, .column, .quoted, .dtype, .data_type, is_string(), ...
tmpl::Value make_column(const RelationColumn& column);

}  // namespace weir::project
