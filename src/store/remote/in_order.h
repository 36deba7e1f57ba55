// Listings as ObjectStore promises them, out of what servers list.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/object_store.h"

namespace weir::store::remote {

// Others may have put objects under keys that no store of ours would: they cannot be named, so they are passed over.
bool can_be_named(const std::string& key);

// Passes a server's listing on to the visitor of ObjectStore::list_from. Throws Error{store_io} if it is not in the
// order of bytes, on which the reading of a log relies.
class OrderedVisit {
 public:
  using Visit = std::function<bool(const ObjectInfo&)>;
  // `root` is what the server's keys begin with and the store's do not. `uri` and `hint` are for the error.
  OrderedVisit(std::string root, const std::string& prefix, const std::string& start_after, const Visit& visit,
               std::string uri, std::string hint = {});
  // `info` as the server names it. False: the visitor has seen enough.
  bool give(ObjectInfo info);

 private:
  std::string root_;
  const std::string& prefix_;
  const std::string& start_after_;
  const Visit& visit_;
  std::string uri_, hint_, last_;
};

// The names of folders directly below `full_prefix` out of their full paths, which end in '/'; sorted.
std::vector<std::string> folder_names(const std::vector<std::string>& folders, const std::string& full_prefix);

// One folder of a store that lists folder by folder.
struct Level {
  std::vector<ObjectInfo> objects;   // keys of the store
  std::vector<std::string> folders;  // the same, without trailing '/'
};
// Gives the level of a folder ("" = the root), in any order.
using ListLevel = std::function<Level(const std::string& folder)>;

// ObjectStore::list_from, folder by folder, in the order of keys. Folders that cannot hold a wanted key are not asked
// for. One level at a time is in memory.
void walk_levels(const ListLevel& list, const std::string& prefix, const std::string& start_after,
                 const OrderedVisit::Visit& visit);

}  // namespace weir::store::remote
