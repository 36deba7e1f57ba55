// What templates reach through `modules`: Python's datetime module as far as SQL templates use it (datetime.now,
// utcnow, today, strptime, fromisoformat; date; timedelta; strftime, isoformat, replace, date, + timedelta),
// pytz.timezone, re and itertools.
#pragma once

#include <cstdint>

#include "template/value.h"

namespace weir::project {

tmpl::Value modules_value();
// A datetime of `micros` since 1970 as shown in UTC, aware of its zone if `offset_minutes` is given.
tmpl::Value datetime_value(int64_t micros, int offset_minutes);

}  // namespace weir::project
