// Ctrl-C while something runs: the first asks for a clean stop, the second ends the process at once (exit 130).
#pragma once

#include <csignal>
#include <functional>
#include <thread>

#include "base/cancel.h"

namespace weir::cli {

// Takes SIGINT and SIGTERM for its lifetime. Make it before the first thread starts, since threads inherit the mask. A
// thread of its own waits for the signals, so nothing runs inside a signal handler. At most one at a time.
class Interrupts {
 public:
  // `on_first` is called once, on that thread, after the token was cancelled; `on_second` just before the process ends.
  Interrupts(CancelToken token, std::function<void()> on_first, std::function<void()> on_second = {});
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  void wait_for_signals();
  CancelToken token_;
  std::function<void()> on_first_, on_second_;
  sigset_t before_{};
  int signals_ = -1, end_ = -1;  // signalfd, eventfd
  std::thread thread_;
};

}  // namespace weir::cli
