// What a table must keep to so that its files are an Iceberg table too (Delta protocol, "Iceberg Compatibility V2" and
// its successor for format version 3, "IcebergCompatV3").
#pragma once

#include <map>
#include <string>

#include "lake/action.h"
#include "lake/commit.h"

namespace weir::lake::iceberg {

inline constexpr const char* compat_property = "delta.enableIcebergCompatV2";
inline constexpr const char* compat_v3_property = "delta.enableIcebergCompatV3";
// Set on files that are as the feature wants them, as Delta's own writer does.
inline constexpr const char* compat_tag = "ICEBERG_COMPAT_VERSION";

// Whether Iceberg metadata is kept beside the log: delta.universalFormat.enabledFormats names iceberg.
bool is_kept(const std::map<std::string, std::string>& configuration);
// By which rules files must be fit for it, named by the format version that they are for: 3 if
// delta.enableIcebergCompatV3 is true, 2 if delta.enableIcebergCompatV2 is, 0 if neither is.
int compat_version(const std::map<std::string, std::string>& configuration);
inline bool is_compatible(const std::map<std::string, std::string>& configuration) {
  return compat_version(configuration) != 0;
}
// Of the Iceberg metadata: 3, or else 2.
int format_version(const std::map<std::string, std::string>& configuration);

// What a new table with Iceberg metadata needs beside the property, unless it says otherwise: mapped columns, and the
// rules of format version 2, or those of version 3 and row tracking where rows are taken away by deletion vectors.
void add_defaults(std::map<std::string, std::string>& configuration);

// Throws Error{iceberg_compat} naming the condition that a commit does not meet, and what to do. `before` is the table
// that it is made on, nullptr for a new one; the metadata is that after it.
void check_commit(const std::string& table, const Snapshot* before, const CommitDraft& draft, const Metadata& metadata);

}  // namespace weir::lake::iceberg
