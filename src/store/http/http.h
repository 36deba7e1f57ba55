// HTTP as the stores need it: requests and answers as values, one attempt at a time, and an error that says whether the
// request may have been carried out. Nothing here knows a store.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::store::http {

struct Request {
  std::string method = "GET";
  std::string url;  // percent-encoded, sent as it is
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;  // must live until the answer is there
  // May be sent a second time by itself, as when a kept connection turns out to be closed. What is not repeatable goes
  // over a new connection, where that cannot happen.
  bool repeatable = true;
  bool own_connection = false;  // a new one all the same: repeatable, but each sending must be known of
  bool direct = false;          // never through a proxy: services of the machine itself
  // If set, the body of a successful answer is written here instead of into Answer::body; more than fits is an error.
  char* into = nullptr;
  uint64_t into_bytes = 0;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  uint64_t body_bytes = 0;  // also of a body that went elsewhere

  bool successful() const { return status >= 200 && status < 300; }
  std::string header(const std::string& name) const;  // "" if it is not there
};

// What one attempt came to.
struct Attempt {
  enum class Kind {
    answered,  // a whole answer came
    not_sent,  // the request did not leave: the server surely did nothing
    lost,      // it left, wholly or in part, and no whole answer came
  };
  Kind kind = Kind::not_sent;
  bool hopeless = false;  // would fail again: an untrusted certificate, a malformed address
  std::string cause;      // unless answered
  Answer answer;          // if answered
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Thread-safe. Throws only Error{cancelled} (also for the thread's CancelScope) and Error{store_io} if there is no
  // HTTP at all.
  virtual Attempt send(const Request& request) = 0;
};

// "https", "example.org:9000", "/base"; throws Error{bad_option_value} for anything that is no absolute http(s) URL.
struct Endpoint {
  std::string scheme, authority, path;
  static Endpoint parse(std::string_view url);
};

}  // namespace weir::store::http
