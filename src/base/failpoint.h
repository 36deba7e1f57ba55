// Named places where a test can make the process die, stop or fail. The environment variable WEIR_FAIL holds
// "<name>[@<k>][:crash|pause|error]" (comma-separated for several; @k = only the k-th time it is reached; default
// crash).
//   crash  _exit(134) at once, as kill -9 would
//   pause  writes the file $WEIR_FAIL_DIR/<name>.reached, waits until <name>.release exists, removes both and goes on
//   error  throws Error{injected}
// The names are those of the publish protocol (docs/publish-protocol.md) and are listed by failpoint_names(); the one
// for members of a group is "group.member.<i>" with the member's number from 1. A name in WEIR_FAIL that does not exist
// is an Error{usage}, so that a misspelt test cannot pass. Without WEIR_FAIL a failpoint costs one look into the
// environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

void failpoint(std::string_view name);  // thread-safe
const std::vector<std::string>& failpoint_names();

}  // namespace weir
