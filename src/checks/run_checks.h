// Running checks in a session: on the staged state inside a step's transaction, or on published tables.
//
// Checks that the statistics of the table's files, or the plan of the check's query, prove to hold read nothing. The
// other aggregate checks of one relation share one scan, but for those that scan one column each. What remains runs as
// its own query, unless a proof (check_sql.h) shows that no row fails. A check whose SQL fails has the status error and
// does not stop the others.
#pragma once

#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "checks/check.h"
#include "checks/table_statistics.h"
#include "engine/session.h"

namespace weir::checks {

// `statistics` may be null. Results are in the order of the checks. Throws only Error{cancelled}.
std::vector<CheckResult> run_checks(engine::Session& session, const std::vector<Check>& checks,
                                    StatisticsSource* statistics, const CancelToken& cancel = {});

}  // namespace weir::checks
