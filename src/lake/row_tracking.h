// Row ids in commits (Delta protocol, "Row Tracking"): the numbers that files get with which their rows are told apart.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake {

// Files must carry row ids: the feature is listed and not suspended.
bool gives_row_ids(const Protocol& protocol, const Metadata& metadata);

// Rows keep their ids when they are moved or changed (delta.enableRowTracking), and files hold those ids in the hidden
// columns that the metadata names.
bool keeps_row_ids(const Protocol& protocol, const Metadata& metadata);
struct RowIdColumns {
  std::string row_id, commit_version;
};
std::optional<RowIdColumns> row_id_columns(const std::map<std::string, std::string>& configuration);
// Names them, for a table that is to keep row ids from now on.
void name_row_id_columns(Metadata& metadata);

// The highest row id given so far, as the domain delta.rowTracking tells it; nullopt for another domain.
// Error{bad_json} if it does not tell it.
std::optional<int64_t> told_highest_row_id(const DomainMetadata& domain);

// The actions with a range of ids for each file that has none, above all that were given before, and the new highest
// one as the domain delta.rowTracking. Where the commit makes the table one that gives row ids, the files that are
// there get theirs too: they are added again, without a change of data. `base` is the version before (nullptr for
// version 0), `protocol` and `metadata` hold after the commit. Error{writer_feature} for a file whose statistics do not
// tell its rows.
std::vector<Action> with_row_ids(std::vector<Action> actions, const Snapshot* base, const Protocol& protocol,
                                 const Metadata& metadata, int64_t version);

}  // namespace weir::lake
