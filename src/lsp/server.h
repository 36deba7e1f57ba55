// A language server (LSP 3.17) over two file descriptors: mistakes as one types, definition, hover, completion,
// references, symbols. One thread: requests are answered in order, and a project is read anew when nobody has typed for
// a moment.
#pragma once

#include <functional>

#include "engine/session.h"
#include "project/load.h"

namespace weir::lsp {

struct ServerSettings {
  project::LoadFlags flags;                 // how projects are read; the editor may say more
  std::function<engine::Engine&()> engine;  // opened when first needed
  std::string version;
  int pause_ms = 40;  // of typing, before the project is read
};

// Until the editor says `exit` or is gone. Returns whether it said `shutdown` before.
bool serve(int in, int out, const ServerSettings& settings);

}  // namespace weir::lsp
