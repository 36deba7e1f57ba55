// Types of a seed's columns as dbt infers them (agate's order: number, date, timestamp, boolean, text). All facts come
// from one query over the columns read as text.
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"

namespace weir::run {

struct SeedColumn {
  std::string name, type;  // SQL type: integer, bigint, decimal(38,0), double, date, timestamp, boolean, varchar
  std::string value_sql;   // from the text column of that name to a value of the type
};

// `relation` has only VARCHAR columns, named `names`.
std::vector<SeedColumn> infer_seed_types(engine::Session& session, const std::string& relation,
                                         const std::vector<std::string>& names);
// A column whose type was declared (column_types).
SeedColumn declared_seed_column(const std::string& name, const std::string& type);

}  // namespace weir::run
