// VACUUM: removing data files, deletion vectors and change data files that no version inside a table's retention needs.
//
// What stays, whatever it looks like: files of every version that was current at some time within the retention and can
// still be opened, and of the newest; tombstones that have not expired; files younger than the retention (a writer may
// be about to commit them); files that the caller names; hidden files and folders (a name with '_' or '.' in front)
// but _change_data and the folders of partition columns; folders with a log of their own, which are other tables; the
// folder "metadata" of a table that is Iceberg too. Nothing outside of the table's folder is ever touched.
//
// Killed at any moment it has removed some of what nobody needs; run again, it removes the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lake/snapshot.h"
#include "lake/vacuum_scope.h"
#include "store/clock.h"

namespace weir::lake {

struct VacuumOptions {
  std::optional<int64_t> retention_ms;  // nullopt: delta.deletedFileRetentionDuration, 7 days if that is not set
  bool lite = false;                    // candidates from the log alone, without listing the folder
  bool force = false;                   // a retention below the table's is accepted
  std::set<std::string> needed;         // keys below the table's folder (decoded) that must stay too
};

struct VacuumPlan {
  VacuumScope scope;
  bool lite = false;
  int64_t retention_ms = 0, table_retention_ms = 0;
  bool specified = false;                    // the retention was given, not the table's
  bool checked = true;                       // it was held against the table's
  int64_t before_ms = 0;                     // what was not needed since then goes
  std::vector<store::ObjectInfo> files;      // to be removed
  std::vector<store::ObjectInfo> held_back;  // would go, but for VacuumOptions::needed
  int64_t bytes = 0;                         // of `files`
  int64_t folders = 1;                       // that were looked at, the table's own included
  // Up to which version, outside of the retention, all tombstones will have been dealt with.
  std::optional<int64_t> covered;
};

// Throws Error{vacuum_retention} for a retention below the table's without `force`, Error{vacuum_lite} if commits since
// the last recorded vacuum are no longer in the log, Error{writer_feature} if the table needs anything of its writers
// that weir does not know: files that such a feature keeps could be taken for garbage.
VacuumPlan plan_vacuum(const Snapshot& newest, ParquetIo& parquet, const VacuumOptions& options, int64_t now_ms);

struct Vacuumed {
  int64_t files = 0, folders = 0;                     // removed; folders: those that were empty
  int64_t unfinished = 0;                             // remains of files whose writer died (not of a lite one)
  std::optional<int64_t> start_version, end_version;  // of the commits that tell of it
  std::vector<std::string> notes;                     // what went wrong beside it
};
struct VacuumRun {
  bool log = true;  // commits "VACUUM START" before and "VACUUM END" after, if there is anything to remove
  size_t batch = 1000;
  std::function<void(int64_t removed, int64_t of)> progress;  // after each batch
};
// Removes what the plan names, in batches, then remains of files whose writer died longer ago than the retention, and
// empty folders (both not after a lite one, which lists nothing), and records in _delta_log/_last_vacuum_info how far
// the log is dealt with. Throws Error{superseded} if the START cannot be
// committed: nothing is removed then.
Vacuumed carry_out_vacuum(const VacuumPlan& plan, const std::shared_ptr<const Snapshot>& newest, ParquetIo& parquet,
                          store::Clock& clock, const VacuumRun& run = {});

// The version in _last_vacuum_info; nullopt if there is none, or if it is not understood.
std::optional<int64_t> last_vacuumed_version(const TableLocation& table);

}  // namespace weir::lake
