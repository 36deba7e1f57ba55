// What of a project this weir cannot run, and the typed values of a test's configuration.
#pragma once

#include <string>

#include "project/node.h"
#include "project/project.h"

namespace weir::project {

// "" if the node can be run, else what it asks for: "snapshots", "materialization my_own", ...
std::string why_unsupported(const Node& node, TargetKind target);

// severity, where, limit, warn_if, error_if, fail_calc, store_failures from the merged configuration into node.test.
// `store_failures` is what holds where the configuration does not say. Throws Error{bad_config}.
void settle_test(Node& node, bool store_failures);

// What a model's contract, constraints and colour must be like, whatever it is built on. Throws Error{bad_config} at
// `span`, or Error{bad_schema_yaml}.
void check_model_rules(const Node& node, const Span& span);
// What a snapshot cannot do without.
void check_snapshot_rules(const Node& node, const Span& span);

}  // namespace weir::project
