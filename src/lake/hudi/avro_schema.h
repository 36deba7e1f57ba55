// A table's schema as Avro has it, in the form that Hudi's commits carry.
#pragma once

#include <string>

#include "base/json.h"
#include "lake/schema.h"

namespace weir::lake::hudi {

// A record of that name, its fields nullable where the table's are.
Json avro_schema(const Schema& schema, const std::string& name);

}  // namespace weir::lake::hudi
