// Whether a key of a node's configuration, as written, says the same in two manifests.
#pragma once

#include <string>

#include "base/json.h"

namespace weir::plan {

// `now` and `then` are the configurations; `same_file`: the text of the node's file has not changed since. Hooks are
// compared by their SQL, under either of their two names; lists as dbt may have written them, items twice.
bool same_config_key(const Json& now, const Json& then, const std::string& key, bool same_file);

}  // namespace weir::plan
