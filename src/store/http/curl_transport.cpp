#include "store/http/curl_transport.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "store/cancel_scope.h"
#include "store/http/curl_library.h"

namespace weir::store::http {

namespace {

constexpr size_t idle_handles = 64;
constexpr uint64_t largest_error_body = 1U << 20;

// What one transfer fills.
struct Transfer {
  const Request* request = nullptr;
  const CancelToken* cancel = nullptr;
  Answer answer;
  bool too_long = false;
};

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const uint64_t bytes = size * count;
  Answer& answer = transfer.answer;
  if (transfer.request->into && answer.successful()) {
    transfer.too_long = answer.body_bytes + bytes > transfer.request->into_bytes;
    if (transfer.too_long) return 0;
    std::memcpy(transfer.request->into + answer.body_bytes, data, bytes);
  } else {
    transfer.too_long = !answer.successful() && answer.body_bytes + bytes > largest_error_body;
    if (transfer.too_long) return 0;
    answer.body.append(data, bytes);
  }
  answer.body_bytes += bytes;
  return bytes;
}

// Status lines too: an answer may be preceded by others (100 Continue), of which nothing is kept.
size_t on_header(char* data, size_t size, size_t count, void* user) {
  Answer& answer = static_cast<Transfer*>(user)->answer;
  const std::string_view line = trim({data, size * count});
  if (line.starts_with("HTTP/")) {
    answer = Answer{};
    const size_t space = line.find(' ');
    if (space != std::string_view::npos)
      answer.status = static_cast<int>(parse_int(line.substr(space + 1, 3)).value_or(0));
  } else if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    answer.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }
  return size * count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->cancel->cancelled() || CancelScope::cancelled() ? 1 : 0;
}

bool is_hopeless(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM;
}

// Without a length and without chunks an answer ends where the connection does, and a torn one looks whole.
bool says_its_length(const Request& request, const Answer& answer) {
  return answer.headers.contains("content-length") || answer.headers.contains("transfer-encoding") ||
         request.method == "HEAD" || answer.status == 204 || answer.status == 304;
}

}  // namespace

class CurlTransport::Handle {
 public:
  Handle() : curl_(CurlLibrary::get()), easy_(curl_.easy_init()) {
    if (!easy_) throw Error(ErrorCode::store_io, "libcurl has no memory for a connection");
  }
  ~Handle() { curl_.easy_cleanup(easy_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  Attempt perform(const Request& request, const CurlOptions& options) {
    Transfer transfer{&request, &options.cancel, {}, false};
    curl_.easy_reset(easy_);  // keeps the connections
    set_limits(options);
    set_callbacks(transfer);
    set_request(request);
    curl_slist* headers = header_list(request);
    set(CURLOPT_HTTPHEADER, headers);
    const CURLcode code = curl_.easy_perform(easy_);
    curl_.slist_free_all(headers);
    options.cancel.check();
    CancelScope::check();
    return judge(code, request, std::move(transfer));
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_.easy_setopt(easy_, option, value);
  }

  void set_limits(const CurlOptions& options) {
    error_[0] = '\0';
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max<int64_t>(1, options.stall_timeout_ms / 1000)));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  }

  void set_callbacks(Transfer& transfer) {
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  }

  void set_request(const Request& request) {
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);  // a signed path must not be tidied
    // libcurl sends a request again by itself when a kept connection dies before the first byte of an answer.
    if (!request.repeatable || request.own_connection) set(CURLOPT_FRESH_CONNECT, 1L);
    if (request.direct) set(CURLOPT_NOPROXY, "*");
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
      return;
    }
    if (request.method == "PUT" || request.method == "POST") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    }
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  // Headers that libcurl would add on its own account are taken away: "Expect" costs a round trip.
  curl_slist* header_list(const Request& request) {
    curl_slist* list = nullptr;
    bool has_type = false;
    for (const auto& [name, value] : request.headers) {
      require(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
      has_type = has_type || iequals(name, "content-type");
      list = curl_.slist_append(list, value.empty() ? (name + ";").c_str() : (name + ": " + value).c_str());
    }
    list = curl_.slist_append(list, "Expect:");
    if (!has_type) list = curl_.slist_append(list, "Content-Type:");
    return list;
  }

  Attempt judge(CURLcode code, const Request& request, Transfer transfer) {
    Attempt attempt;
    if (code == CURLE_OK && says_its_length(request, transfer.answer)) {
      attempt.kind = Attempt::Kind::answered;
      attempt.answer = std::move(transfer.answer);
      return attempt;
    }
    long sent_bytes = 0;
    curl_.easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &sent_bytes);
    attempt.kind = sent_bytes == 0 ? Attempt::Kind::not_sent : Attempt::Kind::lost;
    attempt.hopeless = is_hopeless(code);
    if (code == CURLE_OK)
      attempt.cause = "the answer does not say how long it is";
    else if (transfer.too_long)
      attempt.cause = "the answer is longer than was asked for";
    else
      attempt.cause = error_[0] ? error_ : curl_.easy_strerror(code);
    return attempt;
  }

  const CurlLibrary& curl_;
  CURL* easy_;
  char error_[CURL_ERROR_SIZE] = {};
};

CurlTransport::CurlTransport(CurlOptions options) : options_(std::move(options)) { CurlLibrary::get(); }
CurlTransport::~CurlTransport() = default;

std::unique_ptr<CurlTransport::Handle> CurlTransport::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return std::make_unique<Handle>();
}

void CurlTransport::give_back(std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < idle_handles) idle_.push_back(std::move(handle));
}

Attempt CurlTransport::send(const Request& request) {
  options_.cancel.check();
  CancelScope::check();
  auto handle = take();
  Attempt attempt = handle->perform(request, options_);  // when it throws, the handle is not used again
  give_back(std::move(handle));
  return attempt;
}

}  // namespace weir::store::http
