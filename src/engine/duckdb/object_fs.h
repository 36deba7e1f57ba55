// ObjectStores as a file system of DuckDB: "weir-lake://<id>/<key>", and for reading the URIs of remote stores
// ("s3://bucket/key", "gs://…": what store::open takes), with globs.
//
// Every byte of a table goes through its ObjectStore: reads by read_into, writes by an ObjectWriter that becomes
// durable when the file is closed and leaves nothing if it is not. Names in a lake are literal: globs, listings and
// renames are not supported. (Spilling and raw source files use DuckDB's own local file system.)
#pragma once

#include <duckdb/common/file_system.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "store/object_store.h"

namespace weir::engine::duck {

// Gives each open store an id, under which DuckDB finds it. Thread-safe.
class StoreRegistry {
 public:
  // "weir-lake://<id>/". The same store keeps its id while it is registered; registrations are counted.
  std::string add(std::shared_ptr<store::ObjectStore> store);
  void remove(const store::ObjectStore* store);
  // The store and key of a URL; an Error if the store is not registered (any more). The stores of remote URIs are
  // opened when they are first named, one for each bucket, and kept.
  std::pair<std::shared_ptr<store::ObjectStore>, std::string> resolve(const std::string& url);

 private:
  std::pair<std::shared_ptr<store::ObjectStore>, std::string> resolve_remote(const std::string& uri);
  struct Entry {
    std::shared_ptr<store::ObjectStore> store;
    int uses = 0;
  };
  std::mutex mutex_;
  uint64_t next_id_ = 1;
  std::map<uint64_t, Entry> stores_;
  std::map<const store::ObjectStore*, uint64_t> ids_;
  std::map<std::string, std::shared_ptr<store::ObjectStore>> remote_;  // "s3://bucket" -> its store
};

// What a glob of a remote store tells of a file beside its path (OpenFileInfo::extended_info).
inline constexpr const char* listed_bytes = "weir_bytes";  // UBIGINT
inline constexpr const char* listed_etag = "weir_etag";    // VARCHAR

// Registers a store for the lifetime of the object. `borrowed` stores must outlive it.
class StoreUse {
 public:
  StoreUse(StoreRegistry& registry, std::shared_ptr<store::ObjectStore> store);
  StoreUse(StoreRegistry& registry, store::ObjectStore& borrowed);
  ~StoreUse();
  StoreUse(const StoreUse&) = delete;
  StoreUse& operator=(const StoreUse&) = delete;
  std::string url(const std::string& key) const { return prefix_ + key; }

 private:
  StoreRegistry& registry_;
  const store::ObjectStore* store_;
  std::string prefix_;
};

duckdb::unique_ptr<duckdb::FileSystem> make_object_file_system(std::shared_ptr<StoreRegistry> registry);

}  // namespace weir::engine::duck
