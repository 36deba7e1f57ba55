// Requests over WebHDFS: to the active namenode, which sends on to a datanode whatever moves bytes; repeated where that
// is safe, and failures told as Errors that name path, status and exception. (Apache Hadoop, "WebHDFS REST API".)
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "store/hdfs/config.h"
#include "store/object_store.h"

namespace weir::store::hdfs {

struct Operation {
  std::string method = "GET";
  std::string op;    // "GETFILESTATUS", …
  std::string path;  // from Namenode::path, or below "/.reserved"
  std::vector<std::pair<std::string, std::string>> query;
  bool repeatable = true;
  bool own_connection = false;  // as in http::Request
};

// Hadoop's name of what went wrong, without its package, and the first line of what it says; "" where the answer has
// none.
struct Complaint {
  std::string exception, message;
};
Complaint complaint_of(const http::Answer& answer);
bool has_exception(const http::Outcome& outcome, std::string_view exception);
// The answer {"boolean":…}; nullopt if it is another.
std::optional<bool> boolean_in(const http::Answer& answer);

class Namenode {
 public:
  // The clock must outlive it.
  Namenode(Config config, std::shared_ptr<http::Client> http, Clock& clock);
  const Config& config() const { return config_; }
  std::string path(const std::string& key) const;  // "/prefix/key"
  std::string uri(const std::string& key) const;   // "webhdfs://host:port/prefix/key"

  http::Outcome send(const Operation& operation);
  // As send, for what only reads or may be done twice: the JSON answered (null for an empty answer), else an Error.
  // `key` is named in it.
  Json ask(const Operation& operation, std::string_view verb, const std::string& key);
  // The FileStatus of a path; nullopt if nothing is there.
  std::optional<Json> status(const std::string& path, const std::string& key);

  // Reads from a datanode, into `into` if that is set.
  http::Outcome read(const Operation& operation, const std::string& key, char* into, uint64_t into_bytes);
  // Writes a new file of these bytes. Each try has a name of its own, so that one that comes late spoils nothing:
  // `name` gives them, and the last one is the file's. What earlier tries may have left is removed.
  std::string write(const std::function<std::string()>& name, std::string_view bytes, const std::string& key);
  // What was written and is not wanted. Failures are passed over.
  void discard(const std::string& path, bool recursive) noexcept;

  // Throws what the outcome means: store_not_found, store_credentials, store_io; with `is_put` store_unknown if it may
  // have happened.
  [[noreturn]] void fail(std::string_view verb, const std::string& key, const http::Outcome& outcome,
                         bool is_put = false) const;

 private:
  http::Request request_of(const Operation& operation, size_t namenode, const std::string& token) const;
  // Where the namenode sends a request for bytes on to.
  std::string redirect(const Operation& operation, std::string_view verb, const std::string& key);
  Config config_;
  std::shared_ptr<http::Client> http_;
  std::optional<remote::Expiring<remote::Token>> token_;
  std::atomic<size_t> active_{0};
};

// A file's status as an object of the store. Throws Error{store_io} for what is none.
ObjectInfo object_of(const Json& status, const std::string& key);
bool is_folder(const Json& status);

}  // namespace weir::store::hdfs
