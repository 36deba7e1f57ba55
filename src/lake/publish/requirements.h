// What weir requires of a table it publishes to (docs/publish-protocol.md, "What the table must keep").
#pragma once

#include <cstdint>

#include "lake/publish/asset.h"
#include "lake/snapshot.h"

namespace weir::lake::publish {

// Delta's default when the property is not set.
inline constexpr int64_t default_deleted_file_retention_ms = 7LL * 24 * 3600 * 1000;
inline constexpr int64_t default_log_retention_ms = 30LL * 24 * 3600 * 1000;

int64_t deleted_file_retention_ms(const Metadata& metadata);
int64_t log_retention_ms(const Metadata& metadata);

// Throws Error{txn_retention | retention_too_short}.
void check_requirements(const Asset& asset, const Metadata& metadata, const std::string& uri);

}  // namespace weir::lake::publish
