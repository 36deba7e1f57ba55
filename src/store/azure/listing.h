// Listing a container: List Blobs, page by page.
#pragma once

#include "store/azure/container.h"
#include "store/object_store.h"

namespace weir::store::azure {

struct ListingPage {
  std::vector<ObjectInfo> objects;   // full keys
  std::vector<std::string> folders;  // full, with their '/'
  std::string next;                  // marker; "" after the last page
};
// Throws Error{store_io} for what is no EnumerationResults.
ListingPage parse_listing(std::string_view xml);

// ObjectStore::list_from. Azure cannot start after a key: what comes before it is listed and passed over.
void list_blobs(Container& container, const std::string& prefix, const std::string& start_after,
                const std::function<bool(const ObjectInfo&)>& visit);
// ObjectStore::list_folders.
std::vector<std::string> list_blob_folders(Container& container, const std::string& prefix);

}  // namespace weir::store::azure
