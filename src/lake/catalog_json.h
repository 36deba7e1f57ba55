// The form of a catalogue object (lake.h), <lake>/_weir/catalog/<20 digits>.json:
//   {"format":1,"views":{"main.v":{"sql":"select …","properties":{…}}},"locations":{"raw.t":"file:///…"}}
#pragma once

#include <string>
#include <string_view>

#include "lake/lake.h"

namespace weir::lake {

// The number is the object's name and not part of the text; equal content gives equal text.
std::string catalog_text(const CatalogContent& content);
// Throws Error{bad_catalog} naming `place`; also for a format number above ours.
CatalogContent parse_catalog(std::string_view text, int64_t number, const std::string& place);

}  // namespace weir::lake
