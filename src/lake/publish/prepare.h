// Section "Prepare": an attempt takes its number by putting its manifest. From then on its plan is frozen.
#pragma once

#include <functional>

#include "lake/publish/manifest.h"
#include "lake/publish/store_clock.h"

namespace weir::lake::publish {

struct Prepared {
  Manifest manifest;
  StoreClock clock;
};

// Called with each number that is tried, before anything else is written for it: puts what belongs beside the manifest
// and fills in what depends on the number (cursor_after, ack_floor).
using AtNumber = std::function<void(Manifest&)>;

// Puts `plan` under the smallest number that is free: greater than every listed one and than the parent's. Writes the
// anchor notes of the members. Throws Error{store_unknown} if the store never tells whether the manifest landed;
// whoever comes next finds it or not, both are safe.
Prepared prepare(const TableLocation& anchor, const std::vector<TableLocation>& members, Manifest plan,
                 const AtNumber& at_number, store::Clock& clock);

}  // namespace weir::lake::publish
