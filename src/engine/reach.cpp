#include "engine/reach.h"

#include "base/file.h"
#include "base/text.h"

namespace weir::engine {

Error not_trusted(const std::string& kind, const std::string& text) {
  return Error(ErrorCode::not_trusted, kind + " asks for trust: " + on_one_line(text),
               "`weir trust` shows what the project holds and remembers it; WEIR_TRUST=1 does not ask");
}

void Reach::check_file(const std::string& path) const {
  if (!kinds.contains(reach_file) && lies_outside(path, folders)) throw not_trusted(reach_file, path);
}

}  // namespace weir::engine
