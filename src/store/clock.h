// Time as an input. Production code takes a Clock&; tests turn it by hand.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::store {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now_ms() = 0;  // since 1970, UTC
  virtual void sleep_until(int64_t time_ms) = 0;
  void sleep_for(int64_t duration_ms) { sleep_until(now_ms() + duration_ms); }
};

class SystemClock final : public Clock {
 public:
  int64_t now_ms() override;
  void sleep_until(int64_t time_ms) override;
};

// Stands still until advanced; sleep_until advances it. Starts at 2026-01-05T09:00:00Z unless told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t start_ms = 1767603600000) : now_ms_(start_ms) {}
  int64_t now_ms() override { return now_ms_.load(); }
  void sleep_until(int64_t time_ms) override;
  void advance(int64_t duration_ms) { now_ms_ += duration_ms; }

 private:
  std::atomic<int64_t> now_ms_;
};

}  // namespace weir::store
