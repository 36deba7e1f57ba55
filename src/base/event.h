// What happened, as data. A run emits events and knows nothing of who listens: state/ stores them, cli/ draws them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace weir {

struct Event {
  std::string name;  // "asset.started", "asset.published", "check.failed", "run.finished", ...
  int64_t time_ms = 0;
  Json fields = Json::object();
};

// Thread-safe; must not throw.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void emit(const Event& event) = 0;
};

}  // namespace weir
