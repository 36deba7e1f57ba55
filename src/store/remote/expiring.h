// Something asked of a service that is good for a while: keys, tokens.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "store/clock.h"

namespace weir::store::remote {

// Keeps a value until shortly before it expires. Value has `std::optional<int64_t> expires_ms` (since 1970; nullopt =
// never) and operator==. Thread-safe.
template <typename Value>
class Expiring {
 public:
  // `fetch` asks anew each time. The clock must outlive this.
  Expiring(std::function<Value()> fetch, Clock& clock) : fetch_(std::move(fetch)), clock_(clock) {}

  // Asks anew five minutes before the value expires; if that fails, the one known is given while it is valid.
  Value get() {
    const std::lock_guard lock(mutex_);
    const int64_t now_ms = clock_.now_ms();
    if (known_ && (!known_->expires_ms || *known_->expires_ms - now_ms > renew_before_ms)) return *known_;
    try {
      known_ = fetch_();
    } catch (const Error&) {
      if (!known_ || *known_->expires_ms <= now_ms) throw;
    }
    return *known_;
  }

  // `rejected` was refused as expired. True if there is another one now.
  bool renew(const Value& rejected) {
    const std::lock_guard lock(mutex_);
    if (known_ && !(*known_ == rejected)) return true;  // somebody else did it meanwhile
    known_ = fetch_();
    return !(*known_ == rejected);
  }

 private:
  static constexpr int64_t renew_before_ms = 5 * 60 * 1000;
  std::function<Value()> fetch_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<Value> known_;
};

}  // namespace weir::store::remote
