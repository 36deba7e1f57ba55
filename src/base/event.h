// What happened, as data. A run emits events and knows nothing of who listens: state/ stores them, cli/ draws them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace weir {

struct Event {
  std::string name;  // "asset.started", "asset.published", "check.failed", "run.finished", ...
  int64_t time_ms = 0;
  Json fields = Json::object();

  // "" if there is no such text.
  std::string text(std::string_view field) const {
    const Json* value = fields.find(field);
    return value && value->is_string() ? value->as_string() : std::string();
  }
  int64_t number(std::string_view field, int64_t otherwise = 0) const {
    const Json* value = fields.find(field);
    if (!value || !value->is_number()) return otherwise;
    return value->is_int() ? value->as_int() : static_cast<int64_t>(value->as_double());
  }
};

// Thread-safe; must not throw.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void emit(const Event& event) = 0;
};

}  // namespace weir
