// A text that is read under a path like a file, and lies in memory only.
#pragma once

#include <string>
#include <string_view>

namespace weir::lsp {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text);  // throws Error{store_io}
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const;  // of this process only, as long as the object lives

 private:
  int fd_;
};

}  // namespace weir::lsp
