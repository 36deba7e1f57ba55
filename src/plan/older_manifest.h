// manifest.json of an older dbt, read as one of today: names that keys had, forms that values had.
#pragma once

#include <string>

#include "base/json.h"

namespace weir::plan {

// Of schema v4 (dbt 1.0) and later; one of v12 is left as it is, and so is what does not say its schema. `place` is for
// messages. Throws Error{bad_option_value} for an earlier one, which tells too little to be compared.
void bring_up_to_date(Json& manifest, const std::string& place);

}  // namespace weir::plan
