#include "base/error.h"
#include "state/connection.h"
#include "state/state_db.h"

namespace weir::state {

StateReader::StateReader(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
StateReader::~StateReader() = default;

std::unique_ptr<StateReader> StateReader::open(const std::filesystem::path& state_dir) {
  if (!std::filesystem::exists(state_file(state_dir))) return nullptr;
  auto connection = std::make_unique<Connection>();
  connection->state_dir = state_dir;
  connection->database = std::make_unique<Database>(state_file(state_dir), Database::Mode::read);
  if (!check_layout(*connection->database)) return nullptr;
  return std::unique_ptr<StateReader>(new StateReader(std::move(connection)));
}

std::vector<RunRow> StateReader::runs(const RunFilter& filter) const {
  std::string condition = "1";
  std::vector<std::string> parameters;
  if (filter.status) {
    condition += " AND status = ?";
    parameters.emplace_back(status_text(*filter.status));
  }
  if (filter.asset) {
    condition += " AND id IN (SELECT run FROM steps WHERE asset = ?)";
    parameters.push_back(*filter.asset);
  }
  return read_runs(*connection_->database, condition, parameters, filter.limit);
}

std::optional<RunRow> StateReader::run(const std::string& id) const {
  const auto rows = read_runs(*connection_->database, "id = ?", {id}, 1);
  return rows.empty() ? std::nullopt : std::optional(rows.front());
}

std::optional<RunRow> StateReader::run_like(const std::string& part) const {
  if (part.empty()) return std::nullopt;
  const auto rows =
      read_runs(*connection_->database, "substr(id, 1, length(?1)) = upper(?1) OR substr(id, -length(?1)) = upper(?1)",
                {part}, 2);
  if (rows.empty()) return std::nullopt;
  if (rows.size() > 1) {
    throw Error(ErrorCode::no_such_run, "several runs match \"" + part + "\": " + rows[0].id + ", " + rows[1].id,
                "give more of the id; weir runs lists them");
  }
  return rows.front();
}

std::vector<StepRow> StateReader::steps(const std::string& run) const {
  return read_steps(*connection_->database, "run = ? ORDER BY started_ms, asset, number", {run}, 1000000);
}

std::vector<StepRow> StateReader::steps_of_asset(const std::string& asset, int limit) const {
  return read_steps(*connection_->database, "asset = ? ORDER BY started_ms DESC, run DESC, number DESC", {asset},
                    limit);
}

std::vector<EventRow> StateReader::events(const std::string& run, int64_t after_id, int limit) const {
  Statement statement = connection_->database->prepare(
      "SELECT id, run, time_ms, name, fields FROM events WHERE run = ? AND id > ? ORDER BY id LIMIT ?");
  statement.bind(run).bind(after_id).bind(static_cast<int64_t>(limit));
  std::vector<EventRow> rows;
  while (statement.step()) {
    EventRow row;
    row.id = statement.int_at(0);
    row.run = statement.text_at(1);
    row.event.time_ms = statement.int_at(2);
    row.event.name = statement.text_at(3);
    row.event.fields = Json::parse(statement.text_at(4), "state.db event");
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Lease> StateReader::leases() const { return read_leases(*connection_->database); }

std::optional<Holder> StateReader::writer() const { return lock_holder(connection_->state_dir); }

int64_t StateReader::size_bytes() const {
  return connection_->database->integer("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
}

}  // namespace weir::state
