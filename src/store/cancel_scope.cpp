#include "store/cancel_scope.h"

#include "base/error.h"

namespace weir::store {

namespace {
thread_local const CancelScope* scope_of_this_thread = nullptr;
}

CancelScope::CancelScope(std::function<bool()> wished) : wished_(std::move(wished)), outer_(scope_of_this_thread) {
  scope_of_this_thread = this;
}
CancelScope::~CancelScope() { scope_of_this_thread = outer_; }

bool CancelScope::cancelled() {
  const CancelScope* scope = scope_of_this_thread;
  return scope && scope->wished_ && scope->wished_();
}

void CancelScope::check() {
  if (cancelled()) throw Error(ErrorCode::cancelled, "stopped on request");
}

}  // namespace weir::store
