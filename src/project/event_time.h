// The time of rows: windows of `event_time` for --sample and microbatch, and dbt's arithmetic of batches. Times are
// microseconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::project {

// From `start_us` on, before `end_us`.
struct TimeWindow {
  int64_t start_us = 0, end_us = 0;
  bool operator==(const TimeWindow&) const = default;
  bool operator<(const TimeWindow& other) const {
    return start_us != other.start_us ? start_us < other.start_us : end_us < other.end_us;
  }
};

// What a command says of the rows that a run reads.
struct InputOptions {
  bool empty = false;                    // --empty: none
  std::optional<TimeWindow> sample;      // --sample
  std::optional<TimeWindow> event_time;  // --event-time-start, --event-time-end: of microbatch models
};

enum class BatchSize { hour, day, month, year };
std::optional<BatchSize> parse_batch_size(std::string_view text);

int64_t truncate_time(int64_t us, BatchSize size);
// The beginning of the batch that is `count` after the one with `us` in it.
int64_t offset_batch(int64_t us, BatchSize size, int count);
// The end of the batch that `us` is in; `us` itself if a batch begins there.
int64_t ceil_time(int64_t us, BatchSize size);
// From `start_us`, where a batch begins, to `end_us`, which the last one ends at.
std::vector<TimeWindow> batches_between(int64_t start_us, int64_t end_us, BatchSize size);

std::string time_text(int64_t us);                         // "2026-01-05 09:12:44+00:00", as in dbt's SQL
std::string time_iso(int64_t us);                          // "2026-01-05T09:12:44+00:00", as in dbt's artefacts
std::string batch_name(int64_t start_us, BatchSize size);  // "2026-01-05T09", "2026-01-05", "2026-01" or "2026"
std::string batch_id(int64_t start_us, BatchSize size);    // the same without dashes

// --sample: "3 days", or "{start: …, end: …}". Throws Error{bad_option_value}.
TimeWindow parse_sample(const std::string& text, int64_t now_us);
// Throws Error{bad_option_value}.
int64_t parse_time_option(const std::string& option, const std::string& text);

}  // namespace weir::project
