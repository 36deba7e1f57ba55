// The open file of state.db and its layout; used by reader and writer only.
#pragma once

#include <filesystem>
#include <memory>

#include "state/sqlite.h"
#include "state/state_db.h"

namespace weir::state {

struct StateReader::Connection {
  std::filesystem::path state_dir;
  std::unique_ptr<Database> database;
};

std::filesystem::path state_file(const std::filesystem::path& state_dir);

// Creates the tables in an empty file, upgrades an older format; throws Error{state_format} for a newer one or for a
// file that is another program's.
void prepare_layout(Database& database);
// Only the refusals of prepare_layout. False: the file is empty (a writer is about to fill it).
bool check_layout(const Database& database);

std::vector<StepRow> read_steps(const Database& database, const std::string& condition,
                                const std::vector<std::string>& parameters, int limit);
std::vector<RunRow> read_runs(const Database& database, const std::string& condition,
                              const std::vector<std::string>& parameters, int limit);
std::vector<Lease> read_leases(const Database& database);

}  // namespace weir::state
