// An Error as a person reads it. The only place that turns one into text:
//
//   error: column "custmer_id" does not exist in raw.orders; did you mean "customer_id"?   [WEIR-E0312 unknown-column]
//     models/orders.sql:14:8
//      14 |  select o.custmer_id, sum(o.amount)
//         |           ^^^^^^^^^^
//     from macro cents (macros/money.sql:3:1), called at models/orders.sql:12:4
//     hint: …
#pragma once

#include <string>

#include "base/error.h"
#include "base/json.h"
#include "cli/terminal.h"

namespace weir::cli {

// Several lines, the last one ended. A span without its line's text is read from the file if that is there.
std::string error_text(const Error& error, const Style& style);
// Only the place with its caret, indented by two; "" if the span is not known.
std::string span_text(const Span& span, const Style& style);

// {"error":{"code","slug","message","hint","file","line","column","context":[…]}}, for --log-format json.
Json error_json(const Error& error);

// 2 the user must change something (usage, project); 3 conflict or lock; 130 stopped on request; else 1.
int exit_code_of(const Error& error);

}  // namespace weir::cli
