// Deciding a check without reading: from statistics, and from a number of failures to a status.
#pragma once

#include <optional>

#include "checks/check.h"
#include "checks/table_statistics.h"

namespace weir::checks {

// The number of failures if the statistics tell it exactly, and the observed value as text ("" if there is none).
struct Counted {
  int64_t failures = 0;
  std::string observed;
};
std::optional<Counted> count_by_statistics(const Check& check, const TableStatistics& statistics);

// Fills status, failures and message. nullopt-conditions (see holds) must have been decided by the engine before.
void judge(const Check& check, const Counted& counted, CheckResult& result);
void set_outcome(const Check& check, const Counted& counted, bool should_warn, bool should_error, CheckResult& result);

// "17 rows below 0": what is wrong, without the name of the check.
std::string failure_message(const Check& check, const Counted& counted);

}  // namespace weir::checks
