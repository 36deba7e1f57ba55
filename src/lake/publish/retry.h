// A put whose answer got lost is sent again, the same bytes to the same key, until the store says how it stands.
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "base/failpoint.h"
#include "store/clock.h"
#include "store/object_store.h"

namespace weir::lake::publish {

enum class Sent { done, exists, unknown };

inline constexpr int max_sends = 10;

inline int64_t pause_before_resend_ms(int sends) { return std::min<int64_t>(100LL << std::min(sends, 6), 5000); }

// True for an answer that got lost: by the store, or by the failpoint "<…>.landed_no_answer:error" that plays it.
inline bool is_no_answer(const Error& error) {
  return error.code() == ErrorCode::store_unknown || error.code() == ErrorCode::injected;
}

// Fires `landed` after a put that was done, so that a test may lose the answer there.
inline Sent after_landing(std::string_view landed) {
  try {
    failpoint(landed);
  } catch (const Error& error) {
    if (!is_no_answer(error)) throw;
    return Sent::unknown;
  }
  return Sent::done;
}

}  // namespace weir::lake::publish
