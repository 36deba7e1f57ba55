#include <string>

#include "base/error.h"
#include "state/connection.h"

namespace weir::state {

namespace {

constexpr int64_t kApplicationId = 0x77656972;  // "weir", in the file's header

constexpr const char* kTables = R"sql(
CREATE TABLE runs (
  id TEXT PRIMARY KEY, verb TEXT NOT NULL, arguments TEXT NOT NULL, pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,
  started_ms INTEGER NOT NULL, finished_ms INTEGER, status TEXT NOT NULL, exit_code INTEGER, version TEXT NOT NULL,
  message TEXT NOT NULL);
CREATE TABLE steps (
  run TEXT NOT NULL, asset TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, attempt TEXT NOT NULL,
  started_ms INTEGER NOT NULL, finished_ms INTEGER, status TEXT NOT NULL, version INTEGER, n INTEGER, rows INTEGER,
  quarantined INTEGER, bytes INTEGER, files INTEGER, done INTEGER NOT NULL, total INTEGER NOT NULL, unit TEXT NOT NULL,
  message TEXT NOT NULL, error_code TEXT NOT NULL,
  PRIMARY KEY (run, asset, number)) WITHOUT ROWID;
CREATE INDEX steps_by_asset ON steps (asset, started_ms);
CREATE TABLE events (
  id INTEGER PRIMARY KEY, run TEXT NOT NULL, time_ms INTEGER NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL);
CREATE INDEX events_by_run ON events (run, id);
CREATE TABLE leases (
  asset TEXT PRIMARY KEY, run TEXT NOT NULL, attempt TEXT NOT NULL, pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,
  acquired_ms INTEGER NOT NULL) WITHOUT ROWID;
)sql";

}  // namespace

std::filesystem::path state_file(const std::filesystem::path& state_dir) { return state_dir / "state.db"; }

bool check_layout(const Database& database) {
  int64_t application = database.integer("PRAGMA application_id");
  int64_t format = database.integer("PRAGMA user_version");
  if (application == 0 && format == 0 && database.integer("SELECT count(*) FROM sqlite_schema") == 0) return false;
  if (application != kApplicationId) {
    throw Error(ErrorCode::state_format, database.file().string() + " is an SQLite file of another program",
                "choose another folder with --state-dir or WEIR_STATE_DIR");
  }
  if (format > kStateFormat) {
    throw Error(ErrorCode::state_format, database.file().string() + " has format " + std::to_string(format) +
                                             "; this weir knows formats up to " + std::to_string(kStateFormat));
  }
  return true;
}

void prepare_layout(Database& database) {
  if (check_layout(database)) return;
  database.execute("PRAGMA journal_mode=WAL");
  std::string script = "BEGIN IMMEDIATE;";
  script += kTables;
  script += "PRAGMA application_id=" + std::to_string(kApplicationId) + ";";
  script += "PRAGMA user_version=" + std::to_string(kStateFormat) + ";COMMIT";
  database.execute(script);
}

}  // namespace weir::state
