// The files of one folder over HTTP on the loopback address, for `docs serve`: GET and HEAD, one file an answer, every
// connection closed after it. Only a browser on this machine is answered, and only under a loopback name: a page from
// elsewhere cannot make its name mean this address and read what is here.
#pragma once

#include <filesystem>
#include <string>

namespace weir::cli {

// An answer to a request, as bytes to send. Pure but for reading the file.
std::string file_answer(const std::filesystem::path& folder, const std::string& request);

class FileServer {
 public:
  // Port 0: a free one. Throws Error{usage} for one that is taken.
  FileServer(std::filesystem::path folder, int port);
  ~FileServer();
  FileServer(const FileServer&) = delete;
  int port() const { return port_; }
  void run();   // until stop()
  void stop();  // from any thread

 private:
  std::filesystem::path folder_;
  int listening_ = -1, ended_ = -1;
  int port_ = 0;
};

}  // namespace weir::cli
