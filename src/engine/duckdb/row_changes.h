// What a DELETE, UPDATE or MERGE does to rows that are there, and how the files lose them: by a deletion vector or by a
// rewrite, decided for each file when the last change is known.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/lake_transaction.h"
#include "engine/duckdb/row_set.h"

namespace weir::engine::duck {

// Numbers of files (RowSet), ascending.
struct FileFates {
  std::vector<size_t> dropped;    // no row of them is left
  std::vector<size_t> marked;     // they stay; a new deletion vector says which of their rows are gone
  std::vector<size_t> rewritten;  // the rows left are written again, into new files
};

// Filled by the operators before LakeWrite, by several threads.
struct RowChanges {
  // `anew`: paths of files that are written anew, whether rows of them are gone or not.
  explicit RowChanges(StatePtr scanned, std::set<std::string> anew = {})
      : state(std::move(scanned)), gone(std::make_shared<RowSet>()), anew_(std::move(anew)) {}

  const StatePtr state;                // the state that was scanned
  const std::shared_ptr<RowSet> gone;  // rows that leave the table or get other values
  // For the change data feed, else empty: those of `gone` that got other values, and those that left.
  const std::shared_ptr<RowSet> got_values = std::make_shared<RowSet>(), left = std::make_shared<RowSet>();
  bool only_deletes = false;          // no row gets other values or comes in
  Json parameters = Json::object();   // of the operation
  std::atomic<int64_t> deleted{0};    // matched rows removed for good
  std::atomic<int64_t> updated{0};    // matched rows given new values, different or not
  std::atomic<int64_t> rewritten{0};  // of those, the ones whose values differ
  std::atomic<int64_t> inserted{0};

  // Asked once all rows are through. Where the table allows deletion vectors, a file is marked while few of its rows
  // are gone; a file whose statistics do not tell its rows is rewritten, since a vector needs that number.
  const FileFates& fates() const;
  // Whether the feed needs change data of this statement. Deleted rows are told by files that went away and by deletion
  // vectors, unless other changes of the commit have change data, or files are rewritten.
  bool needs_feed() const { return !only_deletes || !state->feed.empty() || !fates().rewritten.empty(); }

  bool moves_only() const { return !anew_.empty(); }  // no row changes

 private:
  std::set<std::string> anew_;
  mutable Once decided_;
  mutable FileFates fates_;
};

// Adds to `change` the files that are taken away, and those that come back with a new deletion vector. The vectors are
// written to one object of the transaction.
void take_away(LakeTransaction& transaction, const RowChanges& changes, TableChange& change);

}  // namespace weir::engine::duck
