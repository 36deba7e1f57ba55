// What a node's sql_header is to the statements that build or show it.
#pragma once

#include <string>

#include "engine/session.h"
#include "project/node.h"

namespace weir::run {

// Statements in the header run now, once, ahead of all that may need what they make. Returns what stands before each
// later statement: "", or the beginning of a query with a line feed.
std::string begin_sql_header(engine::Session& session, const project::Node& node);

}  // namespace weir::run
