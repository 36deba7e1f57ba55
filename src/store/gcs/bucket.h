// Requests to one bucket over the JSON API of Cloud Storage: with a token, repeated where that is safe, with the token
// renewed once when it is refused, and failures told as Errors that name object, status and reason.
// (Cloud Storage JSON API, v1.)
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "store/gcs/config.h"
#include "store/remote/oauth.h"
#include "store/remote/ranges.h"

namespace weir::store::gcs {

struct BucketCall {
  std::string method = "GET";
  std::string url;                                         // from Bucket::object_url and its like
  std::vector<std::pair<std::string, std::string>> query;  // not encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
  bool repeatable = true;
  char* into = nullptr;
  uint64_t into_bytes = 0;
};

class Bucket final : public remote::ByteSource {
 public:
  // Without `token` requests are anonymous. The clock must outlive the bucket.
  Bucket(Config config, std::shared_ptr<http::Client> http, remote::FetchToken token, Clock& clock);
  const Config& config() const { return config_; }

  std::string object_url(const std::string& key) const;
  std::string objects_url() const;  // of listings
  std::string upload_url() const;   // of new objects
  // Of an upload that the server began: where it said, if that is Google, else at the endpoint.
  std::string session_url(const std::string& location) const;

  http::Outcome send(const BucketCall& call);
  // As send, for what only reads or may be done twice: the answer if it is settled, else an Error.
  http::Answer ask(const BucketCall& call, std::string_view verb, const std::string& key);

  http::Outcome get(const std::string& key, const Ask& ask) override;
  // The etag is the object's generation, a number that each put changes.
  std::optional<ObjectInfo> describe(const http::Answer& answer, const std::string& key) const override;
  std::string uri(const std::string& key) const override;  // "gs://bucket/prefix/key"
  [[noreturn]] void fail_reading(const std::string& key, const http::Outcome& outcome) const override {
    fail("read", key, outcome);
  }
  // Throws what the outcome means: store_not_found, store_credentials, store_io; with `is_put` store_unknown if it may
  // have happened.
  [[noreturn]] void fail(std::string_view verb, const std::string& key, const http::Outcome& outcome,
                         bool is_put = false) const;

 private:
  Config config_;
  std::shared_ptr<http::Client> http_;
  std::optional<remote::Expiring<remote::Token>> token_;
};

// A resource of the JSON API as an object of the store, with its full key. Throws Error{store_io} if it lacks name or
// size.
ObjectInfo object_of(const Json& resource);
bool is_missing_bucket(const http::Answer& answer);

}  // namespace weir::store::gcs
