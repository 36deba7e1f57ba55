// What is known about a folder of HDFS before the first request: from its URI and the environment.
#pragma once

#include <string>
#include <vector>

#include "store/http/curl_transport.h"
#include "store/http/retry.h"
#include "store/remote/environment.h"
#include "store/remote/oauth.h"

namespace weir::store::hdfs {

using remote::Environment;

struct Config {
  std::vector<http::Endpoint> namenodes;  // one is active, the others stand by
  std::string prefix;                     // "" or "a/b/": what every path begins with, below '/'
  std::string shown_root;                 // "webhdfs://host:port", as it was written
  std::string user;                       // "" = the server's own default
  remote::FetchToken token;               // a delegation token, which stands for a user; empty = none
  http::CurlOptions curl;
  http::RetryPolicy retry;
  uint64_t part_bytes = 32U << 20;       // of large files, written piece by piece; each piece becomes a block of HDFS
  uint64_t read_ahead_bytes = 1U << 20;  // for small reads in order
  uint64_t tail_bytes = 64U << 10;       // read when a file is opened

  std::string uri() const;
};

// "webhdfs://host:port/a/b" (HTTP, port 9870 if none is given), "swebhdfs://…" (HTTPS, port 9871), and
// "hdfs://name/a/b" with WEIR_WEBHDFS_URL, "http://nn1:9870,http://nn2:9870", saying where the namenodes answer
// (without it: http://name:9870). HADOOP_USER_NAME, else USER: who asks. WEIR_WEBHDFS_TOKEN or WEIR_WEBHDFS_TOKEN_FILE:
// a delegation token instead. SSL_CERT_FILE: certificates to trust. Throws Error{store_scheme} for a URI without a
// host, Error{bad_option_value} for settings.
Config configure(const std::string& uri, const Environment& environment);

}  // namespace weir::store::hdfs
