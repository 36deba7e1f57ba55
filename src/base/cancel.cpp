#include "base/cancel.h"

#include "base/error.h"

namespace weir {

void CancelToken::check() const {
  if (cancelled()) throw Error(ErrorCode::cancelled, "stopped on request");
}

}  // namespace weir
