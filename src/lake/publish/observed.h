// What one look at the tables and manifests of an asset shows, judged by the first rows of the recovery table
// (docs/publish-protocol.md, "What is seen, what is done"). Writes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lake/publish/asset.h"
#include "lake/publish/foreign.h"
#include "lake/publish/manifest.h"

namespace weir::lake::publish {

// Where a table stands relative to the head.
enum class Standing {
  absent,   // no such table, and the head does not know it: the next publish may create it
  in_step,  // its txn is the head's n
  behind,   // it must follow: its txn is what the head's manifest expects before its commit
  unknown,  // anything else: Observed::refusal says what
};

struct ObservedTable {
  const AssetTable* table = nullptr;
  std::shared_ptr<const Snapshot> snapshot;  // nullptr: does not exist
  std::optional<int64_t> txn;                // of this asset
  std::optional<size_t> in_head;             // its index in the head's tables
  Standing standing = Standing::unknown;
  History history;  // since the head's read_version
};

struct Observed {
  std::vector<ObservedTable> tables;  // as Asset::tables
  std::optional<Manifest> head;       // the head if its manifest is there, whatever else is wrong
  std::vector<std::string> warnings;
  // The first refusal that fits: head_lost, txn_lost, copied, group_changed, existing_table, manifest_damaged,
  // newer_format.
  std::optional<Error> refusal;
  // Destructive or unreadable history, or changes with on_foreign_change: error (foreign, log_gap). Judged after
  // `refusal`.
  std::optional<Error> foreign_refusal;

  const ObservedTable& anchor() const { return tables.front(); }
  bool all_in_step() const;  // every table of the head has its txn
};

Observed observe(const Asset& asset, ParquetIo& parquet);

}  // namespace weir::lake::publish
