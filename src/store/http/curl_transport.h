// Transport over libcurl: HTTP/1.1, kept connections, TLS with verified certificates, no redirects followed.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/cancel.h"
#include "store/http/http.h"

namespace weir::store::http {

struct CurlOptions {
  int64_t connect_timeout_ms = 10'000;
  int64_t stall_timeout_ms = 30'000;  // without a byte in either direction, in whole seconds
  std::string ca_file;                // certificates to trust; "" = those of the system
  CancelToken cancel;                 // ends transfers within a second
};

// Thread-safe; each transfer takes a connection out of the pool or opens one.
class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlOptions options = {});
  ~CurlTransport() override;
  Attempt send(const Request& request) override;

 private:
  class Handle;
  std::unique_ptr<Handle> take();
  void give_back(std::unique_ptr<Handle> handle);
  CurlOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;  // the last one used is the first one taken: its connection is warm
};

}  // namespace weir::store::http
