// Storage of bytes under keys: the only way to a table's data, its log and its manifests.
//
// Keys are relative to the store's root, '/'-separated, never starting with '/' and never containing "." or ".."
// segments (Error{bad_key}). Content is immutable once put: nothing is written in place. Every operation either happens
// wholly or, seen after a crash or power loss, not at all; when a call returns, its effect is durable (file and folder
// fsynced). All methods are thread-safe. Failures throw Error{store_io} with key and cause; "exists" and "absent" are
// answers. A put whose outcome is not known (lost answer) throws Error{store_unknown}: it may have happened or may yet
// happen. Segments that start with ".tmp-" belong to the store and are refused as keys too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir::store {

struct ObjectInfo {
  std::string key;
  uint64_t size = 0;
  int64_t modified_ms = 0;  // the store's clock
  std::string etag;         // changes whenever the content does, as far as the store can tell
};

enum class PutResult { done, exists };

// An object open for reading: what it holds stays the same and readable, even if the key is replaced or removed
// meanwhile (stores that cannot promise that throw Error{store_not_found} or Error{store_io} then). Thread-safe.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual const ObjectInfo& info() const = 0;
  // Reads into `out`; returns the bytes read (fewer only at the end).
  virtual uint64_t read_into(uint64_t offset, char* out, uint64_t length) = 0;
};

// A new object, written in order. Invisible until finish(); nothing remains after abort() or destruction without
// finish().
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual void append(std::string_view bytes) = 0;
  virtual uint64_t size() const = 0;  // bytes appended so far
  virtual void finish() = 0;          // durable on return
  virtual void abort() noexcept = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Whole object or a byte range. Throws Error{store_not_found}. A range beyond the end is cut.
  virtual std::string read(const std::string& key) = 0;
  virtual std::string read(const std::string& key, uint64_t offset, uint64_t length) = 0;
  // Reads into `out`; returns the bytes read (fewer only at the end).
  virtual uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) = 0;
  // For many reads of one object: opened and looked up once. Throws Error{store_not_found}. The reader must not outlive
  // the store.
  virtual std::unique_ptr<ObjectReader> open_read(const std::string& key);
  virtual std::optional<ObjectInfo> head(const std::string& key) = 0;

  // Objects whose key starts with `prefix` and is greater than `start_after`, ascending by bytes, recursively.
  // The callback returns false to stop. Half-written objects are never listed.
  virtual void list_from(const std::string& prefix, const std::string& start_after,
                         const std::function<bool(const ObjectInfo&)>& visit) = 0;
  // Only the next level: names of "folders" (without trailing '/') directly below `prefix` (which is "" or ends in
  // '/').
  virtual std::vector<std::string> list_folders(const std::string& prefix) = 0;

  virtual void put(const std::string& key, std::string_view bytes) = 0;  // replaces atomically
  virtual PutResult put_if_absent(const std::string& key, std::string_view bytes) = 0;
  virtual std::unique_ptr<ObjectWriter> open_write(const std::string& key) = 0;
  virtual void remove(const std::string& key) = 0;  // absent is fine
  // As remove for each, but may settle the folders once for all.
  virtual void remove_all(const std::vector<std::string>& keys);
  // Removes folders below `prefix` that hold nothing, the deepest first, if `wanted` says so (called with the path
  // below `prefix`, without trailing '/'; what lies below an unwanted folder is not looked at). Returns how many are
  // gone. Stores whose folders are only parts of names have none to remove.
  virtual size_t remove_empty_folders(const std::string& prefix, const std::function<bool(std::string_view)>& wanted);
  // Removes what is left below `prefix` of objects that a writer had begun when it died, if it was last written longer
  // ago than `older_than_ms`; such remains are never listed. Returns how many are gone. Stores that show nothing of an
  // object before it is whole have none.
  virtual size_t remove_unfinished(const std::string& prefix, int64_t older_than_ms);
  // What another process put may be visible before its call returned and made it durable. This makes an object that is
  // visible durable too; call it before the outside world is told (an ack) about what somebody else may have written.
  virtual void make_durable(const std::string& key);

  virtual std::string uri() const = 0;  // "file:///data/lake", of the root, without trailing '/'
  // False: put_if_absent is only safe with a single writer; said loudly by whoever writes.
  virtual bool has_put_if_absent() const { return true; }
  // Each read is a request over a network: worth reading ahead for, and worth one large read instead of many small
  // ones.
  virtual bool is_remote() const { return false; }
};

std::vector<ObjectInfo> list(ObjectStore& store, const std::string& prefix, const std::string& start_after = {});
// nullopt: there is no such object.
std::optional<std::string> read_if_exists(ObjectStore& store, const std::string& key);

// A store for a URI or a local path: "file:///x", "/x", "x", "s3://bucket/x" (s3/s3_store.h; nothing is sent yet),
// "memory:NAME" (a new, empty one). Throws Error{store_scheme} for any other scheme. With WEIR_FAULT or
// WEIR_FAULT_COUNT in the environment a store misbehaves or counts as asked (fault_store.h).
std::shared_ptr<ObjectStore> open(const std::string& uri_or_path);

// Throws Error{bad_key} for a key that could leave the store's root.
void check_key(std::string_view key);
// The same for a prefix, which may be empty or end in '/'.
void check_prefix(std::string_view prefix);

}  // namespace weir::store
