// Named places where a test can make the process die, stop or fail. The environment variable WEIR_FAIL holds
// "<name>[@<k>][:crash|pause|error]" (comma-separated for several; @k = only the k-th time it is reached; default crash).
//   crash  _exit(134) at once, as kill -9 would
//   pause  writes the file $WEIR_FAIL_DIR/<name>.reached and waits until <name>.release exists
//   error  throws Error{injected}
// The names are those of the publish protocol (docs/publish-protocol.md) and are listed by failpoint_names().
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

void failpoint(std::string_view name);
const std::vector<std::string>& failpoint_names();

}  // namespace weir
