#include "engine/reach.h"

#include "base/text.h"

namespace weir::engine {

Error not_trusted(const std::string& kind, const std::string& text) {
  return Error(ErrorCode::not_trusted, kind + " asks for trust: " + on_one_line(text),
               "`weir trust` shows what the project holds and remembers it; WEIR_TRUST=1 does not ask");
}

}  // namespace weir::engine
