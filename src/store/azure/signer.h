// Azure Storage's Shared Key, and the other ways a request shows who sends it. (Azure Storage REST API, "Authorize with
// Shared Key", for the Blob service from version 2015-02-21.)
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/http/http.h"

namespace weir::store::azure {

// A request before it is signed.
struct Call {
  std::string method = "GET";
  http::Endpoint endpoint;  // its path is "" or, of a server with several accounts, "/account"
  std::string path;         // encoded as it is sent, below the endpoint's own path
  std::vector<std::pair<std::string, std::string>> query;    // not encoded
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string_view body;
  bool repeatable = true;
  char* into = nullptr;
  uint64_t into_bytes = 0;
};

// Adds x-ms-date and x-ms-version. `sas` ("sv=…&sig=…", may be empty) goes into the query as it is.
http::Request plain_request(const Call& call, const std::string& sas, int64_t now_ms);

// Adds Authorization to a request that plain_request made of the same call without `sas`. `key` is raw bytes.
void sign(http::Request& request, const Call& call, const std::string& account, std::string_view key);

}  // namespace weir::store::azure
