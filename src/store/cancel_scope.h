// Ties what this thread asks of remote stores to somebody's wish to stop: a store is shared by many, a wish is one's
// own.
#pragma once

#include <functional>

namespace weir::store {

// While it lives, requests of this thread end within a second of the wish, with Error{cancelled}. For reading only: of
// a put that was ended nobody would know whether it happened. Of nested scopes the innermost counts.
class CancelScope {
 public:
  // `wished` is called often, by this thread only; empty = nobody's wish.
  explicit CancelScope(std::function<bool()> wished);
  ~CancelScope();
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

  static bool cancelled();  // as this thread's scope says; false without one
  static void check();      // throws Error{cancelled}

 private:
  std::function<bool()> wished_;
  const CancelScope* outer_;
};

}  // namespace weir::store
