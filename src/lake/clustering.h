// Clustering of tables (Delta protocol, "Clustered Table"): the columns by whose values a table's rows are kept
// together, and what its files say of how they were clustered.
//
// Which columns they are stands in the domain delta.clustering, by the names that data files use. A file that was
// clustered names the implementation, "liquid", in its add, and in its tags the cube it belongs to: the files that were
// put in order together. Names and tags are those of Delta's own OPTIMIZE, so each engine knows what the other has
// done.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lake/action.h"
#include "lake/schema_change.h"

namespace weir::lake {

constexpr const char* clustering_domain = "delta.clustering";
constexpr size_t max_clustering_columns = 4;  // as Delta's own implementation has it

using Domains = std::map<std::string, DomainMetadata>;

// The columns by the names that users know; {} = not clustered. Throws Error{bad_log} if the domain cannot be read or
// names a column that the table does not have.
std::vector<ColumnPath> clustering_columns(const Metadata& metadata, const Domains& domains);

// The domain that makes a table clustered by these columns; none of them: clustered no more. Throws
// Error{sql_unknown_column}, or Error{sql_unsupported} for a partitioned table, a column without an order or without
// statistics, one that is named twice, or more columns than are allowed.
DomainMetadata clustering_of(const Metadata& metadata, const std::vector<ColumnPath>& columns);

// Throws Error{sql_unsupported} if files could not be told apart by the column: its type has no order that statistics
// know, or it has no statistics. `purpose` begins the message: "the table cannot be clustered by".
void check_has_bounds(const Metadata& metadata, const ColumnPath& path, const std::string& purpose);

// Whether two forms of the domain name the same columns.
bool same_clustering(const DomainMetadata& a, const DomainMetadata& b);

// What `target` says of clustering, as a change of `current`: for restoring an older version. nullopt = the same.
std::optional<DomainMetadata> restored_clustering(const Domains& current, const Domains& target);

// Files that were put in order together.
struct Cube {
  std::string id;
  std::vector<std::string> columns;  // text_of_column of each
  bool operator==(const Cube&) const = default;
};
std::string text_of_column(const ColumnPath& path);  // "a.b", `odd name`.c
std::optional<Cube> cube_of(const Add& add);         // nullopt: it was not clustered, or does not say how
bool clustered_by_others(const Add& add);            // by an implementation that is not "liquid"
void put_into_cube(Add& add, const Cube& cube);

}  // namespace weir::lake
