// Listing a bucket in the order of keys: ListObjectsV2, page by page.
#pragma once

#include <functional>

#include "store/object_store.h"
#include "store/s3/bucket.h"

namespace weir::store::s3 {

struct ListingPage {
  std::vector<ObjectInfo> objects;   // full keys
  std::vector<std::string> folders;  // common prefixes, with their '/'
  std::string next;                  // continuation token; "" after the last page
};
// Throws Error{store_io} for what is no ListBucketResult.
ListingPage parse_listing(std::string_view xml);

// Objects below the store's prefix, keys relative to it; ObjectStore::list_from. Throws Error{store_io} if the server
// does not list in the order of bytes, on which the reading of a log relies.
void list_objects(Bucket& bucket, const std::string& prefix, const std::string& start_after,
                  const std::function<bool(const ObjectInfo&)>& visit);
// ObjectStore::list_folders.
std::vector<std::string> list_bucket_folders(Bucket& bucket, const std::string& prefix);

}  // namespace weir::store::s3
