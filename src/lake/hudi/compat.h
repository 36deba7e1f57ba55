// What a table must keep to so that its files are a Hudi table too: copy-on-write, table version 6, without meta
// fields.
#pragma once

#include "lake/action.h"
#include "lake/commit.h"

namespace weir::lake::hudi {

// Whether a Hudi timeline is kept beside the log: delta.universalFormat.enabledFormats names hudi.
bool is_kept(const std::map<std::string, std::string>& configuration);

// Throws Error{hudi_compat} naming the condition that a commit does not meet, and what to do. `before` is the table
// that it is made on, nullptr for a new one; the metadata is that after it.
void check_commit(const std::string& table, const Snapshot* before, const CommitDraft& draft, const Metadata& metadata);

}  // namespace weir::lake::hudi
