// The local memory of runs: state.db (SQLite, WAL) in the state folder.
//
// It holds hints and history, never the truth: what is published is decided by the lake alone. Losing the file loses no
// row of any table and no position in a source; run/rebuild.h writes what the manifests still tell. Therefore
// synchronous=NORMAL: a power loss may lose the last rows, a crash of the process loses none.
//
// One process writes (WriterLock); any number read at the same time and never wait. A StateWriter may be used by
// several threads. Errors: state_locked (exit code 3), state_format (written by a newer weir), state_damaged, state_io.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/event.h"
#include "state/rows.h"
#include "state/writer_lock.h"

namespace weir::state {

inline constexpr int kStateFormat = 1;

struct RunFilter {
  std::optional<std::string> asset;  // runs that had a step of this asset
  std::optional<RunStatus> status;
  int limit = 50;  // newest first
};

// Read-only queries; each sees one consistent state. Not thread-safe.
class StateReader {
 public:
  // nullptr if there is no state.db yet.
  static std::unique_ptr<StateReader> open(const std::filesystem::path& state_dir);
  ~StateReader();

  std::vector<RunRow> runs(const RunFilter& filter = {}) const;
  std::optional<RunRow> run(const std::string& id) const;  // nullopt if there is none
  // By an unambiguous beginning or ending of the id, in either case. nullopt if there is none; Error{no_such_run} if
  // several match.
  std::optional<RunRow> run_like(const std::string& part) const;
  std::vector<StepRow> steps(const std::string& run) const;                        // in order of their start
  std::vector<StepRow> steps_of_asset(const std::string& asset, int limit) const;  // newest first
  std::vector<EventRow> events(const std::string& run, int64_t after_id = 0, int limit = 100000) const;
  std::vector<Lease> leases() const;
  std::optional<Holder> writer() const;  // the process that writes now
  int64_t size_bytes() const;

 private:
  friend class StateWriter;
  struct Connection;
  explicit StateReader(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

class StateWriter {
 public:
  // Takes the writer's lock, creates the file or upgrades its format, and marks runs whose process is gone as died.
  // A damaged file is moved aside (state.db.damaged-<time>) and a new one begun: `notes()` says so.
  static std::unique_ptr<StateWriter> open(const std::filesystem::path& state_dir, const std::string& verb,
                                           int64_t now_ms);
  ~StateWriter();

  // Runs found dead at open(), newest first: each is reported once.
  const std::vector<DeadRun>& dead_runs() const { return dead_runs_; }
  const std::vector<std::string>& notes() const { return notes_; }

  void begin_run(const RunRow& run);
  void finish_run(const std::string& run, RunStatus status, int exit_code, const std::string& message, int64_t now_ms);

  // Inserts or replaces the row of (run, asset, number).
  void put_step(const StepRow& step);
  void put_steps(const std::vector<StepRow>& steps);  // in one transaction: for the many that are up to date
  void progress(const std::string& run, const std::string& asset, int number, int64_t done, int64_t total,
                const std::string& unit);

  // Buffered; written with the next change of a run or step, when 256 wait, and at flush().
  void add_event(const std::string& run, const Event& event);
  void flush();

  // A lease avoids wasted work only. nullopt: granted (or already ours); else who has it. Leases of dead processes fall
  // away.
  std::optional<Lease> take_lease(const Lease& lease);
  void release_lease(const std::string& asset, const std::string& run);

  // Removes events, steps and runs that ended before the time, keeping the newest run. Returns the number of runs
  // removed.
  int64_t forget_before(int64_t time_ms);
  // Removes everything: the beginning of a rebuild.
  void clear();

  // Called before each commit of the file with a running number from 1: the seam of the operation sweep.
  void on_commit(std::function<void(uint64_t)> observer);

 private:
  StateWriter(std::unique_ptr<WriterLock> lock, std::unique_ptr<StateReader::Connection> connection);
  void find_dead_runs(int64_t now_ms);
  void in_transaction(const std::function<void()>& body);
  void write_buffered();

  std::mutex mutex_;
  std::unique_ptr<WriterLock> lock_;
  std::unique_ptr<StateReader::Connection> connection_;
  std::vector<EventRow> buffered_;
  std::vector<DeadRun> dead_runs_;
  std::vector<std::string> notes_;
  std::function<void(uint64_t)> observer_;
  uint64_t commits_ = 0;
};

// An EventSink that stores the events of one run and passes them on.
class RecordingSink final : public EventSink {
 public:
  RecordingSink(StateWriter& writer, std::string run, EventSink* next)
      : writer_(writer), run_(std::move(run)), next_(next) {}
  void emit(const Event& event) override;

 private:
  StateWriter& writer_;
  std::string run_;
  EventSink* next_;
};

}  // namespace weir::state
