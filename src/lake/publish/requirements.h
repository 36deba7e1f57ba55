// What weir requires of a table it publishes to (docs/publish-protocol.md, "What the table must keep").
#pragma once

#include <cstdint>

#include "lake/publish/asset.h"
#include "lake/snapshot.h"

namespace weir::lake::publish {

// Throws Error{txn_retention | retention_too_short}.
void check_requirements(const Asset& asset, const Metadata& metadata, const std::string& uri);

}  // namespace weir::lake::publish
