// A proxy between a store and a real server on loopback, on which faults are laid. It also does what a server needs to
// be like the service that it stands for.
#pragma once

#include "loopback_server.h"

namespace weir::store {

class Relay {
 public:
  Relay() : server_([this](const SeenRequest& request) { return pass(request); }) {}
  void set_upstream(const std::string& url) { upstream_ = url; }
  std::string url() const { return server_.url(); }
  LoopbackServer& server() { return server_; }

  // With the Host header as it was signed.
  Reaction pass(const SeenRequest& request) {
    if (request.target.find("upload_id=") != std::string::npos) return {pass_upload(request), true, false};
    const bool to_datanode = request.target.find("namenoderpcaddress=") != std::string::npos;
    std::string bytes = with_length(LoopbackServer::forward(request, to_datanode ? datanode_ : upstream_));
    if (bytes.starts_with("HTTP/1.1 307")) bytes = through_us(bytes);
    return {bytes, true, false};
  }
  Reaction pass_but_lose_the_answer(const SeenRequest& request) {
    pass(request);
    return Reaction::drop();
  }
  Reaction pass_half(const SeenRequest& request) {
    std::string bytes = pass(request).bytes;
    bytes.resize(bytes.size() - 3);
    return {bytes, true, false};
  }

 private:
  // Told to close the connection, as forward() does, some servers leave the length away.
  static std::string with_length(std::string bytes) {
    if (bytes.starts_with("HTTP/1.1 100")) bytes.erase(0, bytes.find("\r\n\r\n") + 4);
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return bytes;
    const std::string head = lower(bytes.substr(0, end));
    if (head.find("\r\ncontent-length:") != std::string::npos ||
        head.find("\r\ntransfer-encoding:") != std::string::npos)
      return bytes;
    return bytes.insert(end, "\r\nContent-Length: " + std::to_string(bytes.size() - end - 4));
  }
  // A namenode sends on to a datanode: that goes through the relay too.
  std::string through_us(const std::string& bytes) {
    const size_t start = bytes.find("Location: ");
    if (start == std::string::npos) return bytes;
    const size_t host = start + std::string_view("Location: ").size(), path = bytes.find('/', host + 8);
    datanode_ = bytes.substr(host, path - host);
    return bytes.substr(0, host) + server_.url() + bytes.substr(path);
  }
  // fake-gcs-server ends an upload when it is asked how far it is, so that is answered here.
  std::string pass_upload(const SeenRequest& request) {
    const size_t start = request.target.find("upload_id=");
    std::string& last = uploads_[request.target.substr(start, request.target.find('&', start) - start)];
    const bool is_question = request.header("content-range").starts_with("bytes */");
    if (is_question) return last.empty() ? Reaction::answer(308).bytes : last;
    std::string bytes = LoopbackServer::forward(request, upstream_);
    if (bytes.starts_with("HTTP/1.1 308") || bytes.starts_with("HTTP/1.1 2")) last = bytes;
    return bytes;
  }

  std::string upstream_, datanode_;
  std::map<std::string, std::string> uploads_;
  LoopbackServer server_;
};

}  // namespace weir::store
