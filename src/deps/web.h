// Getting something from the web: repeated where a server is busy, redirects followed.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/clock.h"
#include "store/http/retry.h"

namespace weir::deps {

// The address as it may be shown: "*****" for a user and password in it.
std::string without_password(const std::string& address);

class Web {
 public:
  virtual ~Web() = default;
  // The body; nullopt: there is no such thing (404). Throws Error{package_fetch} naming the address.
  virtual std::optional<std::string> get(const std::string& url) = 0;
};

class HttpWeb final : public Web {
 public:
  explicit HttpWeb(store::Clock& clock) : clock_(clock) {}
  // With another transport, for tests.
  HttpWeb(store::Clock& clock, std::unique_ptr<store::http::Transport> transport);
  std::optional<std::string> get(const std::string& url) override;

 private:
  store::http::Client& client();  // libcurl is loaded when something is wanted
  store::Clock& clock_;
  std::unique_ptr<store::http::Client> client_;
};

}  // namespace weir::deps
