#include "cli/file_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace weir::cli {

namespace fs = std::filesystem;

namespace {

constexpr size_t longest_request = 16 * 1024;
constexpr size_t most_connections = 64;
constexpr int send_timeout_s = 20;

std::string answer(const char* status, const char* type, const std::string& body, bool with_body) {
  std::string out = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      status, type, body.size());
  return with_body ? out + body : out;
}

std::string refusal(const char* status) { return answer(status, "text/plain", std::string(status) + "\n", true); }

const char* type_of(const fs::path& file) {
  static constexpr std::pair<const char*, const char*> types[] = {
      {".html", "text/html; charset=utf-8"},
      {".json", "application/json"},
      {".sql", "text/plain; charset=utf-8"},
      {".csv", "text/plain; charset=utf-8"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".svg", "image/svg+xml"},
      {".webp", "image/webp"},
  };
  const std::string ending = lower(file.extension().string());
  for (const auto& [known, type] : types)
    if (ending == known) return type;
  return "application/octet-stream";
}

bool is_loopback_name(std::string_view host) {
  std::string name = lower(std::string(trim(host)));
  if (const size_t colon = name.rfind(':'); colon != std::string::npos && name.back() != ']') name.resize(colon);
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

std::optional<std::string> header(const std::vector<std::string>& lines, std::string_view name) {
  for (size_t i = 1; i < lines.size(); i++) {
    const size_t colon = lines[i].find(':');
    if (colon != std::string::npos && iequals(lines[i].substr(0, colon), name))
      return std::string(trim(lines[i].substr(colon + 1)));
  }
  return std::nullopt;
}

// The path with its %XX, without query; nullopt: not well formed, or no file's name.
std::optional<std::string> decoded_path(std::string_view target) {
  const std::string_view path = target.substr(0, target.find_first_of("?#"));
  if (!path.starts_with("/")) return std::nullopt;
  std::string out;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  for (size_t i = 1; i < path.size(); i++) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    if (i + 2 >= path.size() || digit(path[i + 1]) < 0 || digit(path[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(path[i + 1]) * 16 + digit(path[i + 2]));
    i += 2;
  }
  return out.find('\0') == std::string::npos ? std::optional(out) : std::nullopt;
}

void send_all(int socket, const std::string& bytes) {
  timeval limit{send_timeout_s, 0};
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t now = send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return;
    sent += static_cast<size_t>(now);
  }
}

struct Connection {
  int socket;
  std::string request;
};

// True: the connection is done with.
bool read_more(Connection& connection, const fs::path& folder) {
  char piece[4096];
  const ssize_t count = recv(connection.socket, piece, sizeof piece, MSG_DONTWAIT);
  if (count < 0) return errno != EAGAIN && errno != EINTR;
  if (count == 0) return true;
  connection.request.append(piece, static_cast<size_t>(count));
  if (connection.request.size() > longest_request) {
    send_all(connection.socket, refusal("431 Request Header Fields Too Large"));
    return true;
  }
  if (connection.request.find("\r\n\r\n") == std::string::npos) return false;
  send_all(connection.socket, file_answer(folder, connection.request));
  return true;
}

}  // namespace

std::string file_answer(const fs::path& folder, const std::string& request) {
  std::vector<std::string> lines = split(request.substr(0, request.find("\r\n\r\n")), '\n');
  for (std::string& line : lines)
    if (line.ends_with("\r")) line.pop_back();
  const std::vector<std::string> words = split(lines.front(), ' ');
  if (words.size() != 3 || !words[2].starts_with("HTTP/1.")) return refusal("400 Bad Request");
  if (!is_loopback_name(header(lines, "host").value_or(""))) return refusal("403 Forbidden");
  if (words[0] != "GET" && words[0] != "HEAD") return refusal("405 Method Not Allowed");
  const std::optional<std::string> path = decoded_path(words[1]);
  if (!path) return refusal("400 Bad Request");
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  const fs::path file = fs::canonical(root / fs::path(path->empty() ? "index.html" : *path).relative_path(), error);
  const bool inside = !error && std::mismatch(root.begin(), root.end(), file.begin(), file.end()).first == root.end();
  if (!inside || !fs::is_regular_file(file, error)) return refusal("404 Not Found");
  const std::optional<std::string> body = read_file_if_exists(file);
  return body ? answer("200 OK", type_of(file), *body, words[0] == "GET") : refusal("404 Not Found");
}

FileServer::FileServer(fs::path folder, int port) : folder_(std::move(folder)) {
  listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ended_ = eventfd(0, EFD_CLOEXEC);
  const int on = 1;
  setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* place = reinterpret_cast<sockaddr*>(&address);
  if (bind(listening_, place, sizeof address) != 0 || listen(listening_, 32) != 0) {
    const std::string why = std::strerror(errno);
    close(listening_);
    close(ended_);
    throw Error(ErrorCode::usage, fmt::format("cannot listen on 127.0.0.1:{}: {}", port, why),
                "--port takes another port; 0 is any free one");
  }
  socklen_t size = sizeof address;
  getsockname(listening_, place, &size);
  port_ = ntohs(address.sin_port);
}

FileServer::~FileServer() {
  close(listening_);
  close(ended_);
}

void FileServer::stop() {
  const uint64_t one = 1;
  if (write(ended_, &one, sizeof one) < 0) return;  // the counter is full: it has been stopped already
}

// A browser opens connections ahead of their use: all of them are waited for at once.
void FileServer::run() {
  std::vector<Connection> connections;
  for (;;) {
    std::vector<pollfd> waits = {{ended_, POLLIN, 0}, {listening_, POLLIN, 0}};
    for (const Connection& connection : connections) waits.push_back({connection.socket, POLLIN, 0});
    if (poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) break;
    if (waits[0].revents != 0) break;
    std::vector<Connection> open;
    for (size_t i = 0; i < connections.size(); i++) {
      if (waits[i + 2].revents != 0 && read_more(connections[i], folder_))
        close(connections[i].socket);
      else
        open.push_back(std::move(connections[i]));
    }
    connections = std::move(open);
    if (waits[1].revents == 0) continue;
    const int socket = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    if (connections.size() >= most_connections) {  // the oldest gives way
      close(connections.front().socket);
      connections.erase(connections.begin());
    }
    connections.push_back({socket, {}});
  }
  for (const Connection& connection : connections) close(connection.socket);
}

}  // namespace weir::cli
