#include "cli/open_browser.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>

extern "C" char** environ;  // NOLINT

namespace weir::cli {

void open_browser(const std::string& address) {
  const char* named = std::getenv("BROWSER");
  std::string program = named && *named ? named : "xdg-open", argument = address;
  // The shell puts it into the background, so that nothing is left to wait for.
  std::string shell = "sh", flag = "-c", command = "\"$0\" \"$1\" >/dev/null 2>&1 &";
  char* words[] = {shell.data(), flag.data(), command.data(), program.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, "sh", nullptr, nullptr, words, environ) == 0) waitpid(child, nullptr, 0);
}

}  // namespace weir::cli
