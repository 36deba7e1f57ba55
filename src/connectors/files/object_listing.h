// Objects in a store as the files of a source. Used by listing.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "connectors/files/listing.h"

namespace weir::files {

// Whether the patterns are URIs of stores. Error{bad_option_value} if only some are, Error{store_scheme} for a URI that
// is neither of a store nor "file://".
bool lies_in_store(const IngestSpec& spec);

// The store of "s3://bucket" and the like: store::open.
using OpenStore = std::function<std::shared_ptr<store::ObjectStore>(const std::string& root)>;
Listing list_objects(const IngestSpec& spec, const OpenStore& open);

}  // namespace weir::files
