#include "state/rows.h"

#include <array>

#include "base/error.h"
#include "state/connection.h"

namespace weir::state {

namespace {

constexpr std::array<std::string_view, 5> kRunStatus = {"running", "succeeded", "failed", "cancelled", "died"};
constexpr std::array<std::string_view, 11> kStepStatus = {"running", "published", "up_to_date", "held_back",
                                                          "skipped", "failed",    "cancelled",  "died",
                                                          "passed",  "warned",    "failed_test"};

// A word that a status has not (the file was edited) reads as "died": it is over and was no success.
template <typename Status, size_t N>
Status status_of(const std::array<std::string_view, N>& names, std::string_view text, Status otherwise) {
  for (size_t i = 0; i < N; i++) {
    if (names[i] == text) return static_cast<Status>(i);
  }
  return otherwise;
}

Json parse_json(const std::string& text, Json otherwise) {
  try {
    return Json::parse(text);
  } catch (const Error&) {
    return otherwise;
  }
}

}  // namespace

std::string_view status_text(RunStatus status) { return kRunStatus[static_cast<size_t>(status)]; }
std::string_view status_text(StepStatus status) { return kStepStatus[static_cast<size_t>(status)]; }

std::vector<RunRow> read_runs(const Database& database, const std::string& condition,
                              const std::vector<std::string>& parameters, int limit) {
  Statement statement = database.prepare(
      "SELECT id, verb, arguments, pid, start_ticks, started_ms, finished_ms, status, exit_code, version, message "
      "FROM runs WHERE " +
      condition + " ORDER BY started_ms DESC, id DESC LIMIT " + std::to_string(limit));
  for (const std::string& parameter : parameters) statement.bind(parameter);
  std::vector<RunRow> rows;
  while (statement.step()) {
    RunRow row;
    row.id = statement.text_at(0);
    row.verb = statement.text_at(1);
    row.arguments = parse_json(statement.text_at(2), Json::array());
    row.process = {statement.int_at(3), statement.int_at(4)};
    row.started_ms = statement.int_at(5);
    row.finished_ms = statement.maybe_int_at(6);
    row.status = status_of(kRunStatus, statement.text_at(7), RunStatus::died);
    if (auto code = statement.maybe_int_at(8)) row.exit_code = static_cast<int>(*code);
    row.version = statement.text_at(9);
    row.message = statement.text_at(10);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<StepRow> read_steps(const Database& database, const std::string& condition,
                                const std::vector<std::string>& parameters, int limit) {
  Statement statement = database.prepare(
      "SELECT run, asset, kind, number, attempt, started_ms, finished_ms, status, version, n, rows, quarantined, "
      "bytes, files, "
      "done, total, unit, message, error_code FROM steps WHERE " +
      condition + " LIMIT " + std::to_string(limit));
  for (const std::string& parameter : parameters) statement.bind(parameter);
  std::vector<StepRow> rows;
  while (statement.step()) {
    StepRow row;
    row.run = statement.text_at(0);
    row.asset = statement.text_at(1);
    row.kind = statement.text_at(2);
    row.number = static_cast<int>(statement.int_at(3));
    row.attempt = statement.text_at(4);
    row.started_ms = statement.int_at(5);
    row.finished_ms = statement.maybe_int_at(6);
    row.status = status_of(kStepStatus, statement.text_at(7), StepStatus::died);
    row.version = statement.maybe_int_at(8);
    row.n = statement.maybe_int_at(9);
    row.rows = statement.maybe_int_at(10);
    row.quarantined = statement.maybe_int_at(11);
    row.bytes = statement.maybe_int_at(12);
    row.files = statement.maybe_int_at(13);
    row.done = statement.int_at(14);
    row.total = statement.int_at(15);
    row.unit = statement.text_at(16);
    row.message = statement.text_at(17);
    row.error_code = statement.text_at(18);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Lease> read_leases(const Database& database) {
  Statement statement =
      database.prepare("SELECT asset, run, attempt, pid, start_ticks, acquired_ms FROM leases ORDER BY asset");
  std::vector<Lease> leases;
  while (statement.step()) {
    leases.push_back({statement.text_at(0),
                      statement.text_at(1),
                      statement.text_at(2),
                      {statement.int_at(3), statement.int_at(4)},
                      statement.int_at(5)});
  }
  return leases;
}

}  // namespace weir::state
