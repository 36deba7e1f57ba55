#include "store/http/curl_library.h"

#include "base/loaded_library.h"

namespace weir::store::http {

namespace {

CurlLibrary load() {
  // Both flavours have the same functions; they differ in the TLS library they bring.
  const LoadedLibrary library({"libcurl.so.4", "libcurl-gnutls.so.4"}, "libcurl", "which remote stores need",
                              "libcurl4 ca-certificates");
  CurlLibrary curl{};
  CURLcode (*global_init)(long) = nullptr;
  library.resolve("curl_global_init", global_init);
  library.resolve("curl_easy_init", curl.easy_init);
  library.resolve("curl_easy_setopt", curl.easy_setopt);
  library.resolve("curl_easy_perform", curl.easy_perform);
  library.resolve("curl_easy_getinfo", curl.easy_getinfo);
  library.resolve("curl_easy_reset", curl.easy_reset);
  library.resolve("curl_easy_cleanup", curl.easy_cleanup);
  library.resolve("curl_easy_strerror", curl.easy_strerror);
  library.resolve("curl_slist_append", curl.slist_append);
  library.resolve("curl_slist_free_all", curl.slist_free_all);
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw Error(ErrorCode::store_io, "libcurl cannot be started");
  return curl;
}

}  // namespace

const CurlLibrary& CurlLibrary::get() {
  static const CurlLibrary of_the_process = load();
  return of_the_process;
}

}  // namespace weir::store::http
