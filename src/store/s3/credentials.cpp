#include "store/s3/credentials.h"

#include "base/error.h"

namespace weir::store::s3 {

namespace {
constexpr int64_t renew_before_ms = 5 * 60 * 1000;
}

Credentials CredentialCache::get() {
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

bool CredentialCache::renew(const Credentials& rejected) {
  const std::lock_guard lock(mutex_);
  if (known_ && *known_ != rejected) return true;  // somebody else did it meanwhile
  known_ = fetch_();
  return *known_ != rejected;
}

}  // namespace weir::store::s3
