// What the steps of the protocol work with.
#pragma once

#include <string>
#include <string_view>

#include "base/event.h"
#include "lake/parquet_io.h"
#include "store/clock.h"

namespace weir::lake::publish {

struct Tools {
  ParquetIo& parquet;
  store::Clock& clock;
  EventSink* events;  // may be nullptr

  void emit(std::string name, Json fields) const {
    if (events != nullptr) events->emit(Event{std::move(name), clock.now_ms(), std::move(fields)});
  }
};

}  // namespace weir::lake::publish
