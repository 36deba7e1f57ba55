// From names to nodes: what each ref(), source() and function() means, in dbt's search order.
#pragma once

#include <string>
#include <vector>

#include "project/load.h"
#include "project/node_parser.h"

namespace weir::project {

// Fills depends_on of `nodes`. A test that depends on a disabled node moves to `disabled` with a warning, as in dbt;
// any other node that does is an error. Errors come with the place of the call and the nearest name.
void resolve_references(ParsedNodes& nodes, ParsedNodes& disabled, const Rendering& rendering,
                        std::vector<Error>& errors, std::vector<Diagnostic>& warnings);

// Of nodes sorted by unique_id: two with one id, two that ref() cannot tell apart, two that make one relation. The
// later ones are removed. As in dbt, nodes of different kinds may share a name, with a warning, unless `unique_names`.
void refuse_duplicates(ParsedNodes& nodes, bool unique_names, std::vector<Error>& errors,
                       std::vector<Diagnostic>& warnings);

}  // namespace weir::project
