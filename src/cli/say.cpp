#include "cli/say.h"

#include <cstdio>

namespace weir::cli {

void say(const Call& call, const std::string& text) {
  if (call.quiet()) return;
  std::fflush(stdout);
  std::fputs((text + "\n").c_str(), stderr);
}

}  // namespace weir::cli
