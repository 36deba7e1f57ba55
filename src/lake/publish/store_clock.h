// The store's clock, as seen through the times it stamps on objects: runners' own clocks may differ by any amount.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lake/snapshot.h"
#include "store/clock.h"

namespace weir::lake::publish {

class StoreClock {
 public:
  // `before_ms` of `clock` was read before the object was put: a pause in between makes now_ms() late, never early.
  StoreClock(store::Clock& clock, int64_t before_ms, int64_t object_modified_ms)
      : clock_(&clock), ahead_ms_(object_modified_ms - before_ms) {}
  int64_t now_ms() const { return clock_->now_ms() + ahead_ms_; }

 private:
  store::Clock* clock_;
  int64_t ahead_ms_;
};

// Names of the objects that ask_store_clock puts and removes; one that a crash left is swept by collect_garbage.
inline constexpr std::string_view store_clock_prefix = "store-clock-";

// Asks the store by putting a small object below the asset's folder.
StoreClock ask_store_clock(const TableLocation& anchor, const std::string& asset, store::Clock& clock);

}  // namespace weir::lake::publish
