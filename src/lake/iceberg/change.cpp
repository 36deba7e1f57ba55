#include "lake/iceberg/change.h"

#include "lake/iceberg/data_files.h"
#include "lake/row_tracking.h"

namespace weir::lake::iceberg {

namespace {

void note_add(Change& change, const Add& add) {
  change.added.push_back(&add);
  if (add.deletion_vector && add.deletion_vector->cardinality > 0) change.vectors.push_back(&add);
}

std::set<std::string> removed_files(const TableLocation& table, const CommitFile& commit) {
  std::set<std::string> removed;
  for (const auto& action : commit.actions)
    if (const auto* remove = std::get_if<Remove>(&action)) removed.insert(file_uri(table, remove->path));
  return removed;
}

}  // namespace

Change change_of(const TableLocation& table, const CommitFile& commit, int64_t format_version) {
  Change change;
  change.version = commit.version;
  change.time_ms = commit.told_time_ms();
  change.gone = removed_files(table, commit);
  change.bare = change.gone;
  for (const auto& action : commit.actions) {
    if (const auto* domain = std::get_if<DomainMetadata>(&action))
      if (const auto highest = told_highest_row_id(*domain)) change.highest_row_id = highest;
    if (const auto* remove = std::get_if<Remove>(&action)) {
      change.removes = true;
      change.data_change |= remove->data_change;
    }
    const auto* add = std::get_if<Add>(&action);
    if (!add) continue;
    change.data_change |= add->data_change;
    note_add(change, *add);
    const std::string uri = file_uri(table, add->path);
    if (format_version >= format_with_vectors && change.gone.erase(uri) > 0)
      change.added.pop_back();  // only its deletion vector is another one
    else if (!add->data_change) {
      // Files that say something new of themselves (row ids, tags) are there already.
      change.gone.insert(uri);
      change.bare.insert(uri);
    }
  }
  return change;
}

Change change_to(const Snapshot& snapshot) {
  Change all;
  all.version = snapshot.version();
  all.time_ms = snapshot.timestamp_ms();
  all.whole = all.removes = all.data_change = true;
  for (const auto& add : snapshot.files()) note_add(all, add);
  for (const auto& [name, domain] : snapshot.domains())
    if (const auto highest = told_highest_row_id(domain)) all.highest_row_id = highest;
  return all;
}

}  // namespace weir::lake::iceberg
