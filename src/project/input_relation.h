// The relation that ref() and source() give for a node: where it is read from (--defer), and which of its rows are seen
// (--empty, --sample, the batch of a microbatch model).
#pragma once

#include "project/host.h"
#include "template/value.h"

namespace weir::project {

// "view", "table" or "function".
const char* relation_kind(const Node& node);

// An ephemeral model is a CTE; the caller notes that it is used.
tmpl::Value input_relation(const ProjectHost& host, const Node& node);

}  // namespace weir::project
