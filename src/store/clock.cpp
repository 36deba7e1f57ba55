#include "store/clock.h"

#include <chrono>
#include <thread>

namespace weir::store {

using std::chrono::milliseconds;
using std::chrono::system_clock;

int64_t SystemClock::now_ms() {
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void SystemClock::sleep_until(int64_t time_ms) {
  std::this_thread::sleep_until(system_clock::time_point(milliseconds(time_ms)));
}

void ManualClock::sleep_until(int64_t time_ms) {
  int64_t now = now_ms_.load();
  while (now < time_ms && !now_ms_.compare_exchange_weak(now, time_ms)) {
  }
}

}  // namespace weir::store
