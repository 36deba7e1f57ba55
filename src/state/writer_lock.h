// One writing process per state folder.
//
// The lock is flock(2) on <state dir>/writer.lock, so the kernel releases it when its holder dies, however it dies; the
// text in the file only says who holds it. Readers never take it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"

namespace weir::state {

// A process and when it started (field 22 of /proc/<pid>/stat, in clock ticks since boot): a pid alone may be used
// again.
struct ProcessId {
  int64_t pid = 0;
  int64_t start_ticks = 0;
  bool operator==(const ProcessId&) const = default;
};
ProcessId this_process();
bool is_alive(const ProcessId& process);

struct Holder {
  ProcessId process;
  std::string verb;  // "build"
  std::string run;   // "" before the run has an id
  int64_t since_ms = 0;
};

class WriterLock {
 public:
  // Creates the folder if need be. Throws Error{state_locked} naming pid, verb and run of the process that holds it: at
  // once, there is no waiting.
  static std::unique_ptr<WriterLock> acquire(const std::filesystem::path& state_dir, const std::string& verb,
                                             int64_t now_ms);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

  void set_run(const std::string& run);  // so that a second process can name it

 private:
  WriterLock(int fd, Holder holder) : fd_(fd), holder_(std::move(holder)) {}
  void write_holder();
  int fd_;
  Holder holder_;
};

// Who holds the lock now; nullopt if nobody does.
std::optional<Holder> lock_holder(const std::filesystem::path& state_dir);

}  // namespace weir::state
