#include "store/remote/place.h"

#include <algorithm>

#include "store/object_store.h"

namespace weir::store::remote {

Place Place::parse(const std::string& uri) {
  const size_t colon = uri.find("://");
  if (colon == std::string::npos) throw Error(ErrorCode::store_scheme, uri + " is no URI of a store");
  Place place;
  place.scheme = uri.substr(0, colon);
  const size_t start = colon + 3, slash = std::min(uri.find('/', start), uri.size());
  place.authority = uri.substr(start, slash - start);
  if (place.authority.find_first_of("?# \t\r\n\\") != std::string::npos)
    throw Error(ErrorCode::store_scheme, "the place " + place.scheme + "://… is not written as a URI of a store");
  std::string folder = slash < uri.size() ? uri.substr(slash + 1) : std::string();
  while (folder.ends_with('/')) folder.pop_back();
  if (folder.empty()) return place;
  check_key(folder);
  place.prefix = folder + "/";
  return place;
}

std::string Place::folder() const { return prefix.empty() ? "" : prefix.substr(0, prefix.size() - 1); }

}  // namespace weir::store::remote
