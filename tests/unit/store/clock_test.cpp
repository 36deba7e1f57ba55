#include "store/clock.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/time.h"
#include "store/memory_store.h"

namespace weir::store {
namespace {

TEST(Clock, TheManualOneMovesOnlyWhenTold) {
  ManualClock clock;
  EXPECT_EQ(iso_ms(clock.now_ms()), "2026-01-05T09:00:00.000Z");
  clock.advance(1500);
  EXPECT_EQ(iso_ms(clock.now_ms()), "2026-01-05T09:00:01.500Z");
  clock.sleep_for(500);
  EXPECT_EQ(iso_ms(clock.now_ms()), "2026-01-05T09:00:02.000Z");
  clock.sleep_until(0);
  EXPECT_EQ(iso_ms(clock.now_ms()), "2026-01-05T09:00:02.000Z");
}

TEST(Clock, TheSystemsIsTheSystems) {
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  SystemClock clock;
  EXPECT_NEAR(static_cast<double>(clock.now_ms()), static_cast<double>(now.count()), 5000);
  const int64_t until = clock.now_ms() + 3;
  clock.sleep_until(until);
  EXPECT_GE(clock.now_ms(), until);
}

TEST(Clock, StampsObjectsInMemory) {
  ManualClock clock(5000);
  MemoryStore store("x", &clock);
  store.put("a", "");
  clock.advance(7);
  store.put_if_absent("b", "");
  EXPECT_EQ(store.head("a")->modified_ms, 5000);
  EXPECT_EQ(store.head("b")->modified_ms, 5007);
}

}  // namespace
}  // namespace weir::store
