// A put whose answer got lost is sent again, the same bytes to the same key, until the store says how it stands.
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/failpoint.h"
#include "store/clock.h"
#include "store/object_store.h"

namespace weir::lake::publish {

enum class Sent { done, exists, unknown };

inline constexpr int max_sends = 10;

inline int64_t pause_before_resend_ms(int sends) { return std::min<int64_t>(100LL << std::min(sends, 6), 5000); }

[[noreturn]] inline void no_answer(const std::string& what) {
  throw Error(ErrorCode::store_unknown, "no answer after sending " + what + " " + std::to_string(max_sends) + " times",
              "run again: weir looks at what has arrived");
}

// Fires `name`; Sent::unknown if a test loses the answer there, else `otherwise`. Before a put ("<…>.late") this plays
// a request that is still on its way: a pause lets it arrive late, an error lets it be lost. After a put that was done
// ("<…>.landed_no_answer") it plays a lost answer.
inline Sent answer_at(std::string_view name, Sent otherwise) {
  try {
    failpoint(name);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::injected) throw;
    return Sent::unknown;
  }
  return otherwise;
}

}  // namespace weir::lake::publish
