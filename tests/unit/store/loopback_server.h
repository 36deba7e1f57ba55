// An HTTP server of a test: each request is answered by a function, or forwarded to a real server, and the answer can
// be torn, delayed or withheld. The function is called for one request at a time; connections are kept unless the
// answer closes them.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"

namespace weir::store {

struct SeenRequest {
  std::string method, target, head, body;  // target: "/bucket/key?query"; head: the lines, as sent
  std::map<std::string, std::string> headers;
  int connection = 0;  // counted from 1
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// What the server does with a request.
struct Reaction {
  std::string bytes;   // sent as they are
  bool close = false;  // afterwards the connection is closed
  bool stall = false;  // afterwards nothing more is sent until the server ends or the client leaves
  static Reaction answer(int status, const std::string& body = {}, const std::string& headers = {}) {
    return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                headers + "\r\n" + body,
            false, false};
  }
  static Reaction error(int status, const std::string& code, const std::string& headers = {}) {
    return answer(status, "<Error><Code>" + code + "</Code><Message>because</Message></Error>", headers);
  }
  static Reaction drop() { return {"", true, false}; }
};

class LoopbackServer {
 public:
  using Handler = std::function<Reaction(const SeenRequest&)>;
  explicit LoopbackServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 64), 0);
    socklen_t length = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~LoopbackServer() {
    ending_ = true;
    accepting_.join();
    for (auto& thread : serving_) thread.join();
    close(listener_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<SeenRequest> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // "GET /a", "PUT /b", ...
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& request : seen()) lines.push_back(request.method + " " + request.target);
    return lines;
  }
  void set_handler(Handler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
    seen_.clear();
  }

  // Sends a request to a real server on loopback ("http://127.0.0.1:PORT") and returns all the bytes it answers.
  static std::string forward(const SeenRequest& request, const std::string& url) {
    const int to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(parse_int(url.substr(url.rfind(':') + 1)).value_or(0)));
    if (connect(to, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close(to);
      return "";
    }
    send_all(to, request.head + "Connection: close\r\n\r\n" + request.body);
    std::string bytes, piece(1 << 16, '\0');
    for (ssize_t got = 0; (got = recv(to, piece.data(), piece.size(), 0)) > 0;)
      bytes.append(piece, 0, static_cast<size_t>(got));
    close(to);
    return bytes;
  }

 private:
  bool readable(int fd) const {
    pollfd watched{fd, POLLIN, 0};
    while (!ending_)
      if (poll(&watched, 1, 20) > 0) return true;
    return false;
  }
  void accept_all() {
    while (readable(listener_)) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const int number = ++connections_;
      serving_.emplace_back([this, fd, number] {
        serve(fd, number);
        close(fd);
      });
    }
  }
  void serve(int fd, int number) {
    std::string bytes;
    while (true) {
      SeenRequest request;
      request.connection = number;
      if (!receive(fd, bytes, request)) return;
      Handler handler;
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(request);
        handler = handler_;
      }
      Reaction reaction;
      {
        const std::lock_guard lock(handling_);
        reaction = handler(request);
      }
      send_all(fd, reaction.bytes);
      char ignored[64];
      while (reaction.stall && readable(fd) && recv(fd, ignored, sizeof ignored, 0) > 0) {
      }
      if (reaction.close || reaction.stall) return;
    }
  }
  bool receive(int fd, std::string& bytes, SeenRequest& request) {
    size_t end = 0;
    while ((end = bytes.find("\r\n\r\n")) == std::string::npos)
      if (!receive_more(fd, bytes)) return false;
    request.head = bytes.substr(0, end + 2);
    const auto lines = split(bytes.substr(0, end), '\n');
    const auto words = split(trim(lines[0]), ' ');
    request.method = words[0];
    request.target = words[1];
    for (size_t i = 1; i < lines.size(); ++i)
      if (const size_t colon = lines[i].find(':'); colon != std::string::npos)
        request.headers[lower(lines[i].substr(0, colon))] = trim(std::string_view(lines[i]).substr(colon + 1));
    const auto length = static_cast<size_t>(parse_int(request.header("content-length")).value_or(0));
    while (bytes.size() < end + 4 + length)
      if (!receive_more(fd, bytes)) return false;
    request.body = bytes.substr(end + 4, length);
    bytes.erase(0, end + 4 + length);
    return true;
  }
  bool receive_more(int fd, std::string& bytes) const {
    if (!readable(fd)) return false;
    std::string piece(1 << 16, '\0');
    const ssize_t got = recv(fd, piece.data(), piece.size(), 0);
    if (got <= 0) return false;
    bytes.append(piece, 0, static_cast<size_t>(got));
    return true;
  }
  static void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  Handler handler_;
  int listener_ = -1, connections_ = 0;
  uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;
  std::mutex handling_;
  std::vector<SeenRequest> seen_;
  std::thread accepting_;
  std::vector<std::thread> serving_;
};

// Reacts to the n-th request as the n-th entry says; to those after the last one as the last one.
inline LoopbackServer::Handler in_turn(std::vector<Reaction> reactions) {
  auto next = std::make_shared<std::atomic<size_t>>(0);
  return [reactions = std::move(reactions), next](const SeenRequest&) {
    return reactions[std::min((*next)++, reactions.size() - 1)];
  };
}

}  // namespace weir::store
