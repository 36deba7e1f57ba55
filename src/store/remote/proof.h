// A server that is not the service itself is put to the proof: one that ignores the condition of a put would let two
// writers overwrite each other's commits without a word.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "store/object_store.h"

namespace weir::store::remote {

// The store's own ways, without the proof.
struct ProvenPuts {
  std::function<void(const std::string& key, std::string_view bytes)> put;
  std::function<PutResult(const std::string& key, std::string_view bytes)> put_if_absent;
  std::function<void(const std::string& key)> remove;
};

// Puts an object under a name of the store's own twice, the second time if it is absent, and removes it. Throws
// Error{store_scheme} if the second one overwrites; `server` and `condition` ("If-None-Match: *") are named in it.
void prove_conditions(const std::string& server, const std::string& condition, const ProvenPuts& puts);

}  // namespace weir::store::remote
