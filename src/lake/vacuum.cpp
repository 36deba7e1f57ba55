#include "lake/vacuum.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/json.h"
#include "lake/commit.h"
#include "lake/log_names.h"
#include "lake/table_gc.h"

namespace weir::lake {

namespace {

// Commits without actions lose a race only to a change of the protocol or the metadata.
constexpr int max_tries_to_tell = 5;

class VacuumLog {
 public:
  VacuumLog(std::shared_ptr<const Snapshot> newest, ParquetIo& parquet, store::Clock& clock)
      : newest_(std::move(newest)), parquet_(parquet), clock_(clock) {}

  // The version that tells of it. Throws Error{superseded}.
  int64_t commit(const CommitDraft& draft) {
    std::string why = "the store did not say whether the commit arrived";
    for (int i = 0; i < max_tries_to_tell; ++i) {
      newest_ = Snapshot::refresh(newest_, parquet_);
      Transaction transaction(newest_->location(), newest_, parquet_);
      transaction.draft() = draft;
      const auto outcome = transaction.commit(clock_.now_ms());
      if (const auto* done = std::get_if<Committed>(&outcome)) {
        notes.insert(notes.end(), transaction.notes().begin(), transaction.notes().end());
        return done->version;
      }
      if (std::holds_alternative<Unknown>(outcome)) break;
      why = std::get<Conflict>(outcome).why;
    }
    throw Error(ErrorCode::superseded,
                fmt::format("{} of {} could not be committed: {}", draft.operation, newest_->location().uri(), why),
                "run it again");
  }
  std::vector<std::string> notes;

 private:
  std::shared_ptr<const Snapshot> newest_;
  ParquetIo& parquet_;
  store::Clock& clock_;
};

CommitDraft start_of(const VacuumPlan& plan) {
  CommitDraft draft;
  draft.operation = "VACUUM START";
  draft.operation_parameters.set("retentionCheckEnabled", plan.checked);
  draft.operation_parameters.set("defaultRetentionMillis", plan.table_retention_ms);
  if (plan.specified) draft.operation_parameters.set("specifiedRetentionMillis", plan.retention_ms);
  draft.operation_metrics.set("numFilesToDelete", static_cast<int64_t>(plan.files.size()));
  draft.operation_metrics.set("sizeOfDataToDelete", plan.bytes);
  return draft;
}

CommitDraft end_of(const VacuumPlan& plan, int64_t removed, bool completed) {
  CommitDraft draft;
  draft.operation = "VACUUM END";
  draft.operation_parameters.set("status", completed ? "COMPLETED" : "FAILED");
  if (!completed) return draft;
  draft.operation_metrics.set("numDeletedFiles", removed).set("numVacuumedDirectories", plan.folders);
  return draft;
}

// The planned keys, without files that came back since (a RESTORE that was faster).
std::vector<std::string> keys_to_remove(const VacuumPlan& plan, const std::shared_ptr<const Snapshot>& planned_on,
                                        ParquetIo& parquet) {
  const TableLocation& table = planned_on->location();
  std::set<std::string> back;
  const int64_t newest = Snapshot::refresh(planned_on, parquet)->version();
  for (const auto& commit : read_commits(table, planned_on->version(), newest).commits)
    add_needed(back, commit.actions, table);
  std::vector<std::string> keys;
  for (const auto& file : plan.files)
    if (!back.contains(file.key.substr(table.prefix.size()))) keys.push_back(file.key);
  return keys;
}

int64_t remove_files(store::ObjectStore& store, const std::vector<std::string>& all, const VacuumRun& run) {
  const auto total = static_cast<int64_t>(all.size());
  int64_t removed = 0;
  for (size_t at = 0; at < all.size(); at += run.batch) {
    std::vector<std::string> keys;
    for (size_t i = at; i < std::min(at + run.batch, all.size()); ++i) keys.push_back(all[i]);
    store.remove_all(keys);
    removed += static_cast<int64_t>(keys.size());
    if (run.progress) run.progress(removed, total);
    failpoint("vacuum.files");
  }
  return removed;
}

// Folders that were empty before, too: a vacuum that died may have left them.
int64_t remove_folders(const TableLocation& table, const VacuumPlan& plan) {
  if (plan.lite) return 0;
  return static_cast<int64_t>(table.store->remove_empty_folders(
      table.prefix, [&](std::string_view relative) { return plan.scope.holds_folder(relative); }));
}

void record_covered(const TableLocation& table, std::optional<int64_t> covered) {
  if (!covered || last_vacuumed_version(table) == covered) return;
  Json info = Json::object();
  info.set("latestCommitVersionOutsideOfRetentionWindow", *covered);
  table.store->put(log_folder(table) + "_last_vacuum_info", info.dump() + "\n");
}

}  // namespace

Vacuumed carry_out_vacuum(const VacuumPlan& plan, const std::shared_ptr<const Snapshot>& newest, ParquetIo& parquet,
                          store::Clock& clock, const VacuumRun& run) {
  const TableLocation& table = newest->location();
  const bool tell = run.log && !plan.files.empty();
  VacuumLog log(newest, parquet, clock);
  Vacuumed done;
  if (tell) done.start_version = log.commit(start_of(plan));
  try {
    done.files = remove_files(*table.store, keys_to_remove(plan, newest, parquet), run);
    if (!plan.lite)
      done.unfinished = static_cast<int64_t>(table.store->remove_unfinished(table.prefix, plan.retention_ms));
    done.folders = remove_folders(table, plan);
  } catch (const Error&) {
    if (tell) {
      try {
        log.commit(end_of(plan, 0, false));
      } catch (const Error&) {  // the first failure is the one to be told
      }
    }
    throw;
  }
  if (tell) done.end_version = log.commit(end_of(plan, done.files, true));
  record_covered(table, plan.covered);
  done.notes = std::move(log.notes);
  return done;
}

}  // namespace weir::lake
