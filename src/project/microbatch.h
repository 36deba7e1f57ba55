// The configuration of an incremental model with the strategy microbatch, as dbt demands it.
#pragma once

#include <optional>

#include "project/node.h"
#include "template/template.h"

namespace weir::project {

// From the node's merged configuration; nullopt for any other node. Throws Error{bad_config} with the place.
std::optional<Microbatch> microbatch_config(const Node& node, const Span& span);

// Does the model's own text use {{ this }}? Its batches then build on each other.
bool reads_itself(const tmpl::Template& file);

}  // namespace weir::project
