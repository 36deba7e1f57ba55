#include "store/http/curl_library.h"

#include <dlfcn.h>

#include <array>

namespace weir::store::http {

namespace {

// Both flavours have the same functions; they differ in the TLS library they bring.
constexpr std::array curl_names = {"libcurl.so.4", "libcurl-gnutls.so.4"};

template <typename Function>
void resolve(void* library, const char* name, Function& out) {
  out = reinterpret_cast<Function>(dlsym(library, name));
  if (!out) throw Error(ErrorCode::store_io, "the libcurl of this machine has no " + std::string(name));
}

CurlLibrary load() {
  void* library = nullptr;
  for (const char* name : curl_names)
    if ((library = dlopen(name, RTLD_NOW | RTLD_LOCAL))) break;
  if (!library)
    throw Error(ErrorCode::store_io, "the library libcurl, which remote stores need, is not on this machine",
                "install it: apt-get install libcurl4 ca-certificates");
  CurlLibrary curl{};
  CURLcode (*global_init)(long) = nullptr;
  resolve(library, "curl_global_init", global_init);
  resolve(library, "curl_easy_init", curl.easy_init);
  resolve(library, "curl_easy_setopt", curl.easy_setopt);
  resolve(library, "curl_easy_perform", curl.easy_perform);
  resolve(library, "curl_easy_getinfo", curl.easy_getinfo);
  resolve(library, "curl_easy_reset", curl.easy_reset);
  resolve(library, "curl_easy_cleanup", curl.easy_cleanup);
  resolve(library, "curl_easy_strerror", curl.easy_strerror);
  resolve(library, "curl_slist_append", curl.slist_append);
  resolve(library, "curl_slist_free_all", curl.slist_free_all);
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw Error(ErrorCode::store_io, "libcurl cannot be started");
  return curl;
}

}  // namespace

const CurlLibrary& CurlLibrary::get() {
  static const CurlLibrary of_the_process = load();
  return of_the_process;
}

}  // namespace weir::store::http
