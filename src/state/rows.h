// What state.db holds, as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/json.h"
#include "state/writer_lock.h"

namespace weir::state {

// "died": the process ended without finishing it; found by the next writer.
enum class RunStatus { running, succeeded, failed, cancelled, died };
std::string_view status_text(RunStatus status);

struct RunRow {
  std::string id;                  // a ULID
  std::string verb;                // "build"
  Json arguments = Json::array();  // as given on the command line
  ProcessId process;
  int64_t started_ms = 0;
  std::optional<int64_t> finished_ms;
  RunStatus status = RunStatus::running;
  std::optional<int> exit_code;
  std::string version;  // of weir
  std::string message;  // why it failed, in one line
};

// One step of a run: one asset, or one test.
//   published   a new version is public        up_to_date  nothing to do
//   held_back   a blocking check failed         skipped     because of another step (see message)
//   passed, warned, failed_test                 of a test on a published table
enum class StepStatus {
  running,
  published,
  up_to_date,
  held_back,
  skipped,
  failed,
  cancelled,
  died,
  passed,
  warned,
  failed_test
};
std::string_view status_text(StepStatus status);

struct StepRow {
  std::string run;
  std::string asset;    // asset id, or name of the test
  std::string kind;     // "ingest", "table", "view", "incremental", "seed", "test"
  int number = 1;       // 1 + how often it was planned again in this run
  std::string attempt;  // UUID: prefix of its staged files; "" for those that stage nothing
  int64_t started_ms = 0;
  std::optional<int64_t> finished_ms;
  StepStatus status = StepStatus::running;
  std::optional<int64_t> version, n;  // of the published table; of the attempt
  std::optional<int64_t> rows, quarantined, bytes, files;
  int64_t done = 0, total = 0;  // last progress seen, in `unit`
  std::string unit;             // "files", "rows", "percent"
  std::string message;          // why failed or skipped; "" else
  std::string error_code;       // "WEIR-E0701" or ""
};

struct EventRow {
  int64_t id = 0;  // ascending
  std::string run;
  Event event;
};

struct Lease {
  std::string asset, run, attempt;
  ProcessId process;
  int64_t acquired_ms = 0;
};

// A run whose process ended before it did.
struct DeadRun {
  RunRow run;
  std::vector<StepRow> steps;  // only those that were running
};

}  // namespace weir::state
