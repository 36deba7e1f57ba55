#include <array>

#include "base/error.h"
#include "base/time.h"
#include "state/connection.h"
#include "state/state_db.h"

namespace weir::state {

namespace {

constexpr size_t kMaxBuffered = 256;

constexpr const char* kPutStep =
    "INSERT OR REPLACE INTO steps (run, asset, kind, number, attempt, started_ms, finished_ms, status, version, n, "
    "rows, "
    "quarantined, bytes, files, done, total, unit, message, error_code) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

void bind_step(Statement& statement, const StepRow& step) {
  statement.bind(step.run).bind(step.asset).bind(step.kind).bind(static_cast<int64_t>(step.number)).bind(step.attempt);
  statement.bind(step.started_ms).bind(step.finished_ms).bind(status_text(step.status));
  statement.bind(step.version).bind(step.n).bind(step.rows).bind(step.quarantined).bind(step.bytes).bind(step.files);
  statement.bind(step.done).bind(step.total).bind(step.unit).bind(step.message).bind(step.error_code);
}

std::unique_ptr<Database> open_prepared(const std::filesystem::path& file) {
  auto database = std::make_unique<Database>(file, Database::Mode::write);
  database->execute("PRAGMA synchronous=NORMAL");
  prepare_layout(*database);
  return database;
}

// The data is history that the lake can tell again, so a damaged file must not stop a run; it is kept for whoever wants
// it.
std::string move_aside(const std::filesystem::path& file, int64_t now_ms) {
  std::string suffix = ".damaged-" + iso_seconds(now_ms);
  for (const char* part : {"", "-wal", "-shm"}) {
    std::filesystem::path from = file.string() + part;
    std::error_code ignored;
    if (std::filesystem::exists(from, ignored)) std::filesystem::rename(from, from.string() + suffix);
  }
  return file.string() + suffix;
}

}  // namespace

StateWriter::StateWriter(std::unique_ptr<WriterLock> lock, std::unique_ptr<StateReader::Connection> connection)
    : lock_(std::move(lock)), connection_(std::move(connection)) {}

StateWriter::~StateWriter() {
  try {
    flush();
  } catch (const Error&) {  // history is lost, nothing else
  }
}

std::unique_ptr<StateWriter> StateWriter::open(const std::filesystem::path& state_dir, const std::string& verb,
                                               int64_t now_ms) {
  std::unique_ptr<WriterLock> lock = WriterLock::acquire(state_dir, verb, now_ms);
  auto connection = std::make_unique<StateReader::Connection>();
  connection->state_dir = state_dir;
  std::string note;
  try {
    connection->database = open_prepared(state_file(state_dir));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::state_damaged) throw;
    std::string kept = move_aside(state_file(state_dir), now_ms);
    note = "state.db was damaged and is kept as " + kept + "; a new one was begun (weir state rebuild fills it)";
    connection->database = open_prepared(state_file(state_dir));
  }
  std::unique_ptr<StateWriter> writer(new StateWriter(std::move(lock), std::move(connection)));
  if (!note.empty()) writer->notes_.push_back(note);
  writer->find_dead_runs(now_ms);
  return writer;
}

void StateWriter::find_dead_runs(int64_t now_ms) {
  Database& database = *connection_->database;
  // We hold the lock, so whoever was running is not any more.
  std::vector<RunRow> runs = read_runs(database, "status = 'running'", {}, 1000);
  if (runs.empty() && read_leases(database).empty()) return;
  for (RunRow& run : runs) {
    std::vector<StepRow> steps =
        read_steps(database, "run = ? AND status = 'running' ORDER BY started_ms", {run.id}, 100000);
    dead_runs_.push_back({std::move(run), std::move(steps)});
  }
  std::scoped_lock guard(mutex_);
  in_transaction([&] {
    database.prepare("UPDATE runs SET status = 'died', finished_ms = ? WHERE status = 'running'").bind(now_ms).run();
    database.prepare("UPDATE steps SET status = 'died', finished_ms = ? WHERE status = 'running'").bind(now_ms).run();
    database.execute("DELETE FROM leases");
  });
}

void StateWriter::in_transaction(const std::function<void()>& body) {
  Database& database = *connection_->database;
  database.execute("BEGIN IMMEDIATE");
  try {
    write_buffered();
    body();
    commits_++;
    if (observer_) observer_(commits_);
    database.execute("COMMIT");
    buffered_.clear();
  } catch (...) {
    try {
      database.execute("ROLLBACK");
    } catch (const Error&) {  // SQLite had rolled back by itself
    }
    throw;
  }
}

void StateWriter::write_buffered() {
  if (buffered_.empty()) return;
  Statement insert = connection_->database->prepare("INSERT INTO events (run, time_ms, name, fields) VALUES (?,?,?,?)");
  for (const EventRow& row : buffered_) {
    insert.bind(row.run).bind(row.event.time_ms).bind(row.event.name).bind(row.event.fields.dump());
    insert.run();
  }
}

void StateWriter::begin_run(const RunRow& run) {
  std::scoped_lock guard(mutex_);
  lock_->set_run(run.id);
  in_transaction([&] {
    Statement insert = connection_->database->prepare(
        "INSERT OR REPLACE INTO runs (id, verb, arguments, pid, start_ticks, started_ms, finished_ms, status, "
        "exit_code, "
        "version, message) VALUES (?,?,?,?,?,?,?,?,?,?,?)");
    insert.bind(run.id).bind(run.verb).bind(run.arguments.dump()).bind(run.process.pid).bind(run.process.start_ticks);
    insert.bind(run.started_ms).bind(run.finished_ms).bind(status_text(run.status)).bind(run.exit_code);
    insert.bind(run.version).bind(run.message).run();
  });
}

void StateWriter::finish_run(const std::string& run, RunStatus status, int exit_code, const std::string& message,
                             int64_t now_ms) {
  std::scoped_lock guard(mutex_);
  in_transaction([&] {
    Statement update = connection_->database->prepare(
        "UPDATE runs SET status = ?, exit_code = ?, message = ?, finished_ms = ? WHERE id = ?");
    update.bind(status_text(status)).bind(static_cast<int64_t>(exit_code)).bind(message).bind(now_ms).bind(run).run();
    connection_->database->prepare("DELETE FROM leases WHERE run = ?").bind(run).run();
  });
}

void StateWriter::put_step(const StepRow& step) { put_steps({step}); }

void StateWriter::put_steps(const std::vector<StepRow>& steps) {
  if (steps.empty()) return;
  std::scoped_lock guard(mutex_);
  in_transaction([&] {
    Statement put = connection_->database->prepare(kPutStep);
    for (const StepRow& step : steps) {
      bind_step(put, step);
      put.run();
    }
  });
}

void StateWriter::progress(const std::string& run, const std::string& asset, int number, int64_t done, int64_t total,
                           const std::string& unit) {
  std::scoped_lock guard(mutex_);
  in_transaction([&] {
    Statement update = connection_->database->prepare(
        "UPDATE steps SET done = ?, total = ?, unit = ? WHERE run = ? AND asset = ? AND number = ?");
    update.bind(done).bind(total).bind(unit).bind(run).bind(asset).bind(static_cast<int64_t>(number)).run();
  });
}

void StateWriter::add_event(const std::string& run, const Event& event) {
  std::scoped_lock guard(mutex_);
  buffered_.push_back({0, run, event});
  if (buffered_.size() >= kMaxBuffered) in_transaction([] {});
}

void StateWriter::flush() {
  std::scoped_lock guard(mutex_);
  if (!buffered_.empty()) in_transaction([] {});
}

std::optional<Lease> StateWriter::take_lease(const Lease& lease) {
  std::scoped_lock guard(mutex_);
  Database& database = *connection_->database;
  for (const Lease& held : read_leases(database)) {
    if (held.asset != lease.asset || held.run == lease.run) continue;
    if (is_alive(held.process)) return held;
  }
  in_transaction([&] {
    Statement put = database.prepare(
        "INSERT OR REPLACE INTO leases (asset, run, attempt, pid, start_ticks, acquired_ms) VALUES (?,?,?,?,?,?)");
    put.bind(lease.asset).bind(lease.run).bind(lease.attempt).bind(lease.process.pid).bind(lease.process.start_ticks);
    put.bind(lease.acquired_ms).run();
  });
  return std::nullopt;
}

void StateWriter::release_lease(const std::string& asset, const std::string& run) {
  std::scoped_lock guard(mutex_);
  in_transaction([&] {
    connection_->database->prepare("DELETE FROM leases WHERE asset = ? AND run = ?").bind(asset).bind(run).run();
  });
}

int64_t StateWriter::forget_before(int64_t time_ms) {
  std::scoped_lock guard(mutex_);
  Database& database = *connection_->database;
  int64_t removed = 0;
  in_transaction([&] {
    Statement remove = database.prepare(
        "DELETE FROM runs WHERE finished_ms IS NOT NULL AND finished_ms < ? "
        "AND id <> (SELECT id FROM runs ORDER BY started_ms DESC, id DESC LIMIT 1)");
    remove.bind(time_ms).run();
    removed = database.changes();
    database.execute("DELETE FROM steps WHERE run NOT IN (SELECT id FROM runs)");
    database.execute("DELETE FROM events WHERE run NOT IN (SELECT id FROM runs)");
  });
  return removed;
}

void StateWriter::clear() {
  std::scoped_lock guard(mutex_);
  buffered_.clear();
  in_transaction([&] {
    connection_->database->execute("DELETE FROM events; DELETE FROM steps; DELETE FROM runs; DELETE FROM leases");
  });
}

void StateWriter::on_commit(std::function<void(uint64_t)> observer) {
  std::scoped_lock guard(mutex_);
  observer_ = std::move(observer);
}

void RecordingSink::emit(const Event& event) {
  try {
    writer_.add_event(run_, event);
  } catch (const Error&) {  // a sink must not throw; the next change of a step reports what is wrong with the file
  }
  if (next_ != nullptr) next_->emit(event);
}

}  // namespace weir::state
