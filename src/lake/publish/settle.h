// The end of an attempt as its caller sees it.
#pragma once

#include "lake/publish/carry_out.h"

namespace weir::lake::publish {

// What was decided in the anchor but could not be finished is sorted out by inspect(): afterwards the attempt is the
// head and complete, or it was taken back and is Superseded.
Outcome settle(Publisher& publisher, const Asset& asset, const Manifest& manifest,
               std::variant<Published, Superseded, NeedsInspect> result, SourcePosition* source);

}  // namespace weir::lake::publish
