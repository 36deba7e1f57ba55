// What the source says of the cursor: nothing missing, nothing consumed by others.
#pragma once

#include <optional>
#include <string>

#include "lake/publish/asset.h"
#include "lake/publish/manifest.h"

namespace weir::lake::publish {

// Error{source_gap} if the source was acknowledged past the head's floor, has dropped records after the cursor, or is
// another one than the head was read from; nullopt if all is well or there is nothing to compare. `source` may be
// nullptr.
std::optional<Error> source_gap(const Manifest& head, SourcePosition* source);

// A reason why the source cannot give again what follows `position` (a cursor of manifest `known`; null = its start),
// or "".
std::string cannot_reread(const Manifest& known, const Json& position, SourcePosition* source);

// True if `a` is known to be before `b`. Null is before everything.
bool is_before(const SourcePosition& source, const Json& a, const Json& b);
// The smaller / greater of two positions; null counts as the smallest.
Json smaller(const SourcePosition& source, const Json& a, const Json& b);
Json greater(const SourcePosition& source, const Json& a, const Json& b);

}  // namespace weir::lake::publish
