// Files of a table that weir's assets may still ask for beside what the log tells: for VACUUM, which otherwise knows
// the log alone.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "lake/publish/asset.h"
#include "lake/snapshot.h"

namespace weir::lake::publish {

// rollback.keep of an asset in milliseconds.
using KeepOf = std::function<int64_t(const std::string& asset)>;

// Keys below the table's folder (decoded) that manifests name, for every asset that has a folder below the table's
// _weir: what attempts at or above the head add (their owner may still commit them or take them up), and what those of
// the chain inside rollback.keep added or took away (a rollback puts that back).
//
// Throws Error{manifest_damaged | newer_format} for a manifest at or above the head that cannot be read: what it needs
// is not known then.
std::set<std::string> files_of_assets(const Snapshot& table, ParquetIo& parquet, const KeepOf& keep_of, int64_t now_ms);

}  // namespace weir::lake::publish
