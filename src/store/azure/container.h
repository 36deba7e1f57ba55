// Requests to one container of the Blob service: signed, repeated where that is safe, with a token renewed once when it
// is refused, and failures told as Errors that name object, status and Azure's error code. (Azure Blob Storage REST
// API; accounts with a hierarchical namespace answer it too.)
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/azure/config.h"
#include "store/azure/credentials.h"
#include "store/azure/signer.h"
#include "store/remote/ranges.h"

namespace weir::store::azure {

struct ContainerCall {
  std::string method = "GET";
  std::string key;  // below the configured prefix; "" = the container itself
  std::vector<std::pair<std::string, std::string>> query, headers;
  std::string_view body;
  bool repeatable = true;
  char* into = nullptr;
  uint64_t into_bytes = 0;
};

// Azure's error code, from the header or the body; "" where the answer has none.
std::string error_code_of(const http::Answer& answer);

class Container final : public remote::ByteSource {
 public:
  // The clock must outlive the container.
  Container(Config config, std::shared_ptr<http::Client> http, Credentials credentials, Clock& clock);
  const Config& config() const { return config_; }

  http::Outcome send(const ContainerCall& call);
  // As send, for what only reads or may be done twice: the answer if it is settled, else an Error.
  http::Answer ask(const ContainerCall& call, std::string_view verb);

  http::Outcome get(const std::string& key, const Ask& ask) override;
  std::string uri(const std::string& key) const override;
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
  Credentials credentials_;
  std::optional<remote::Expiring<remote::Token>> token_;
  Clock& clock_;
};

// Folders are objects of their own in a hierarchical namespace; to us they are absent.
bool is_folder(const http::Answer& answer);

}  // namespace weir::store::azure
