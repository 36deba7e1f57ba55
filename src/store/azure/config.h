// What is known about a container of Azure Blob Storage before the first request: from its URI and the environment.
#pragma once

#include <map>
#include <string>

#include "store/http/curl_transport.h"
#include "store/http/retry.h"
#include "store/remote/environment.h"

namespace weir::store::azure {

using remote::Environment;

struct Config {
  std::string account, container;
  std::string prefix;            // "" or "a/b/": what every key begins with
  http::Endpoint service;        // of the account's Blob service
  bool is_other_server = false;  // an endpoint of its own
  // The account may have a hierarchical namespace: listed folder by folder, since such accounts list in another order.
  bool by_folder = false;
  http::CurlOptions curl;
  http::RetryPolicy retry;
  uint64_t block_bytes = 8U << 20;       // of a block list; smaller objects go in one request
  uint64_t read_ahead_bytes = 1U << 20;  // for small reads in order
  uint64_t tail_bytes = 64U << 10;       // read when an object is opened

  std::string uri() const;  // "az://container/a/b" or "abfss://container@account…/a/b", as it was written
  std::string shown_root;   // the start of it: "az://container", …
};

// Key=Value pairs of AZURE_STORAGE_CONNECTION_STRING, names as Microsoft writes them. Throws
// Error{bad_option_value} without showing any of it.
using ConnectionString = std::map<std::string, std::string>;
ConnectionString parse_connection_string(const std::string& text);

// "abfss://container@account.dfs.core.windows.net/a/b" (also "abfs://"; always over TLS unless the endpoint is
// another), and "az://container/a/b" with the account from the environment: AZURE_STORAGE_ACCOUNT,
// AZURE_STORAGE_ACCOUNT_NAME or the connection string. AZURE_STORAGE_ENDPOINT, or BlobEndpoint of the connection
// string: where the Blob service is, if not at https://account.blob.core.windows.net. SSL_CERT_FILE: certificates to
// trust. Throws Error{store_scheme} for a URI without a usable container or account, Error{bad_option_value} for
// settings.
Config configure(const std::string& uri, const Environment& environment);

}  // namespace weir::store::azure
