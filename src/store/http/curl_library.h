// libcurl, loaded when the first remote store is opened: the binary starts and runs without it.
#pragma once

#include <curl/curl.h>

#include "base/error.h"

namespace weir::store::http {

// The functions of libcurl that are used. The library stays loaded until the process ends.
struct CurlLibrary {
  CURL* (*easy_init)();
  CURLcode (*easy_setopt)(CURL*, CURLoption, ...);
  CURLcode (*easy_perform)(CURL*);
  CURLcode (*easy_getinfo)(CURL*, CURLINFO, ...);
  void (*easy_reset)(CURL*);
  void (*easy_cleanup)(CURL*);
  const char* (*easy_strerror)(CURLcode);
  curl_slist* (*slist_append)(curl_slist*, const char*);
  void (*slist_free_all)(curl_slist*);

  // Throws Error{store_io} naming the package if the machine has no libcurl. Thread-safe.
  static const CurlLibrary& get();
};

}  // namespace weir::store::http
