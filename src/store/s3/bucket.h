// Requests to one bucket: signed, repeated where that is safe, with credentials renewed once when they have expired,
// and failures told as Errors that name object, status and S3's error code.
#pragma once

#include <memory>
#include <string>

#include "store/remote/ranges.h"
#include "store/s3/config.h"
#include "store/s3/credentials.h"

namespace weir::store::s3 {

struct BucketCall {
  std::string method = "GET";
  std::string key;  // below the configured prefix; "" = the bucket itself
  std::vector<std::pair<std::string, std::string>> query, headers;
  std::string_view body;
  bool repeatable = true;
  bool error_in_success = false;  // a 200 whose body is an <Error> is a failure of the server, not an answer
  char* into = nullptr;
  uint64_t into_bytes = 0;
};

// S3's <Code> and <Message>; "" where the answer has none.
struct Complaint {
  std::string code, message;
};
Complaint complaint_of(const http::Answer& answer);

class Bucket final : public remote::ByteSource {
 public:
  // The clock must outlive the bucket.
  Bucket(Config config, std::shared_ptr<http::Client> http, FetchCredentials credentials, Clock& clock);
  const Config& config() const { return config_; }

  http::Outcome send(const BucketCall& call);
  // As send, for what only reads or may be done twice: the answer if it is settled, else an Error.
  http::Answer ask(const BucketCall& call, std::string_view verb);

  http::Outcome get(const std::string& key, const Ask& ask) override;
  // "s3://bucket/prefix/key".
  std::string uri(const std::string& key) const override;
  [[noreturn]] void fail_reading(const std::string& key, const http::Outcome& outcome) const override {
    fail("read", key, outcome);
  }
  // Throws what the outcome means: store_not_found, store_credentials, store_io; with `is_put` store_unknown if it may
  // have happened. `verb` as in "cannot read s3://…".
  [[noreturn]] void fail(std::string_view verb, const std::string& key, const http::Outcome& outcome,
                         bool is_put = false) const;

 private:
  http::Verdict judge(const BucketCall& call, const http::Answer& answer, const Credentials& used, bool& renewed);
  Config config_;
  http::Endpoint endpoint_;
  std::shared_ptr<http::Client> http_;
  CredentialCache credentials_;
  Clock& clock_;
};

}  // namespace weir::store::s3
