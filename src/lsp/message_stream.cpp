#include "lsp/message_stream.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace weir::lsp {

namespace {

constexpr int parse_error = -32700;
constexpr size_t most_bytes = size_t{256} << 20;

size_t content_length(std::string_view header) {
  for (const std::string& line : split(header, '\n')) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || !iequals(trim(line.substr(0, colon)), "Content-Length")) continue;
    const auto length = parse_int(trim(line.substr(colon + 1)));
    if (length && *length >= 0 && static_cast<size_t>(*length) <= most_bytes) return static_cast<size_t>(*length);
  }
  throw Error(ErrorCode::usage, "a message without Content-Length",
              "weir lsp speaks the language server protocol on standard input and output: an editor starts it");
}

}  // namespace

std::optional<std::string> MessageStream::take() {
  const size_t end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (buffer_.size() > 4096) content_length("");
    return std::nullopt;
  }
  const size_t length = content_length(std::string_view(buffer_).substr(0, end));
  if (buffer_.size() < end + 4 + length) return std::nullopt;
  std::string body = buffer_.substr(end + 4, length);
  buffer_.erase(0, end + 4 + length);
  return body;
}

std::optional<Json> MessageStream::next(int timeout_ms) {
  while (true) {
    if (auto body = take()) {
      try {
        return Json::parse(*body);
      } catch (const Error& error) {
        send(Json::object()
                 .set("jsonrpc", "2.0")
                 .set("id", Json())
                 .set("error", Json::object().set("code", parse_error).set("message", error.message())));
        continue;
      }
    }
    if (closed_) return std::nullopt;
    pollfd waiting{in_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, timeout_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    char bytes[65536];
    const ssize_t count = ::read(in_, bytes, sizeof bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0)
      closed_ = true;
    else
      buffer_.append(bytes, static_cast<size_t>(count));
  }
}

void MessageStream::send(const Json& message) {
  const std::string body = message.dump();
  const std::string whole = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (size_t done = 0; done < whole.size();) {
    const ssize_t count = ::write(out_, whole.data() + done, whole.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      closed_ = true;
      return;
    }
    done += static_cast<size_t>(count);
  }
}

}  // namespace weir::lsp
