// The documentation as one HTML file that needs nothing else: styles, scripts and data stand in it. Its parts lie in
// page/.
#pragma once

#include <string>

#include "base/json.h"

namespace weir::dbt {

// `data` is that of docs_data.h.
std::string docs_page(const Json& data);

}  // namespace weir::dbt
