// A test-only source that forgets what is acknowledged: records 0, 1, 2, … in a queue. Cursors are {"at":k}: everything
// below k was read.
#pragma once

#include <algorithm>
#include <string>

#include "lake/publish/asset.h"

namespace weir::lake::publish {

inline Json at(int64_t position) { return Json::object().set("at", position); }

class Queue final : public SourcePosition {
 public:
  explicit Queue(int64_t records = 0, bool forgetting = true) : records(records), forgetting(forgetting) {}

  std::string identity() const override { return name; }
  std::optional<Json> acked() override { return forgetting ? std::optional(at(acked_at)) : std::nullopt; }
  std::optional<Json> low_water() override { return at(std::max(low, forgetting ? acked_at : 0)); }
  bool forgets() const override { return forgetting; }
  std::optional<int> compare(const Json& a, const Json& b) const override {
    const Json *x = a.find("at"), *y = b.find("at");
    if (x == nullptr || y == nullptr) return std::nullopt;
    return static_cast<int>(x->as_int() > y->as_int()) - static_cast<int>(x->as_int() < y->as_int());
  }
  void ack(const Json& floor) override {
    ++acks;
    acked_at = std::max(acked_at, floor.at("at").as_int());
  }

  // Where a runner with this cursor goes on; null = the beginning.
  static int64_t position(const Json& cursor) { return cursor.is_null() ? 0 : cursor.at("at").as_int(); }

  std::string name = "queue-1";
  int64_t records;
  bool forgetting;
  int64_t acked_at = 0, low = 0;
  int acks = 0;
};

}  // namespace weir::lake::publish
