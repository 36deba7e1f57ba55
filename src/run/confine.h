// Keeps what a project's SQL does in a session to what was confirmed of it (project::Trust).
#pragma once

#include "engine/session.h"
#include "project/project.h"

namespace weir::run {

// Before the first statement that a project's text has a part in.
void confine(engine::Session& session, const project::Project& project);

// For a file that a node names and weir writes. Throws Error{not_trusted} if it lies outside of the project's reach.
void refuse_outside(const project::Project& project, const std::string& path, const Span& span);

}  // namespace weir::run
