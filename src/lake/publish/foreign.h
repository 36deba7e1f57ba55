// Commits that are not ours: what other writers did to a table since an attempt was planned (docs/publish-protocol.md,
// "Other engines").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lake/snapshot.h"

namespace weir::lake::publish {

enum class ChangeClass {
  harmless,     // moves no row: OPTIMIZE, appends, table properties
  changing,     // DELETE, UPDATE, MERGE by others: on_foreign_change decides
  destructive,  // RESTORE, overwrite, REPLACE, TRUNCATE, CLONE, a new metaData.id, removes that nobody explains
};

// `metadata_id`: the id the table must keep.
ChangeClass classify(const CommitFile& commit, const std::string& metadata_id);

struct ForeignCommit {
  int64_t version = 0;
  ChangeClass change = ChangeClass::harmless;
  std::string operation;
  Json parameters;           // operationParameters, null if there are none
  std::string text() const;  // "version 7 (RESTORE)"
};

struct History {
  std::optional<CommitFile> own;            // the newest commit that carries our txn
  std::vector<ForeignCommit> foreign;       // those that are not harmless, ascending
  std::set<std::string> removed_since_own;  // file keys
  std::optional<int64_t> first_missing;     // a version in the range that cannot be read

  const ForeignCommit* last_destructive() const;
};

// Reads versions (after, up_to]. Commits with a txn of `app_id` whose number `on_chain` accepts are ours and are
// skipped.
History scan_history(const TableLocation& table, const std::string& metadata_id, const std::string& app_id,
                     const std::function<bool(int64_t)>& on_chain, int64_t after, int64_t up_to);

// Path and deletion vector: what identifies a file in the log.
std::string file_key(const Add& add);
std::string file_key(const Remove& remove);

}  // namespace weir::lake::publish
