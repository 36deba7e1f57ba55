// What a table must keep to so that its files are an Iceberg table too (Delta protocol, "Iceberg Compatibility V2").
#pragma once

#include <map>
#include <string>

#include "lake/action.h"
#include "lake/commit.h"

namespace weir::lake::iceberg {

inline constexpr const char* compat_property = "delta.enableIcebergCompatV2";
// Set on files that are as the feature wants them, as Delta's own writer does.
inline constexpr const char* compat_tag = "ICEBERG_COMPAT_VERSION";

// Whether Iceberg metadata is kept beside the log: delta.universalFormat.enabledFormats names iceberg.
bool is_kept(const std::map<std::string, std::string>& configuration);
// Whether files must be fit for it: delta.enableIcebergCompatV2 is true.
bool is_compatible(const std::map<std::string, std::string>& configuration);

// What a new table with Iceberg metadata needs beside the property, unless it says otherwise.
void add_defaults(std::map<std::string, std::string>& configuration);

// Throws Error{iceberg_compat} naming the condition that a commit does not meet, and what to do. `before` is the table
// that it is made on, nullptr for a new one; the metadata is that after it.
void check_commit(const std::string& table, const Snapshot* before, const CommitDraft& draft, const Metadata& metadata);

}  // namespace weir::lake::iceberg
