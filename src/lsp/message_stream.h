// Messages of the base protocol (LSP 3.17, "Base Protocol"): a header with Content-Length, then JSON, over two file
// descriptors. For one thread.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace weir::lsp {

class MessageStream {
 public:
  MessageStream(int in, int out) : in_(in), out_(out) {}

  // Waits so long at most; -1 = for ever. nullopt: nothing came whole in this time, or the other side is gone. A
  // message that is no JSON is answered and passed over.
  std::optional<Json> next(int timeout_ms);
  bool is_closed() const { return closed_; }
  void send(const Json& message);

 private:
  std::optional<std::string> take();
  int in_, out_;
  std::string buffer_;
  bool closed_ = false;
};

}  // namespace weir::lsp
