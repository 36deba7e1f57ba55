#include "cli/interrupts.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "base/error.h"
#include "cli/exit_code.h"

namespace weir::cli {

Interrupts::Interrupts(CancelToken token, std::function<void()> on_first, std::function<void()> on_second)
    : token_(std::move(token)), on_first_(std::move(on_first)), on_second_(std::move(on_second)) {
  sigset_t taken;
  sigemptyset(&taken);
  sigaddset(&taken, SIGINT);
  sigaddset(&taken, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &taken, &before_);
  signals_ = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
  end_ = eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || end_ < 0)
    throw Error(ErrorCode::internal, "no file descriptors left").with_blame(Blame::environment);
  thread_ = std::thread([this] { wait_for_signals(); });
}

Interrupts::~Interrupts() {
  const uint64_t one = 1;
  if (write(end_, &one, sizeof one) == sizeof one) thread_.join();
  close(signals_);
  close(end_);
  // A signal that came too late to be seen would end the process now, after its work is done.
  sigset_t pending;
  sigpending(&pending);
  struct sigaction former {};
  sigaction(SIGINT, nullptr, &former);
  if (sigismember(&pending, SIGINT) == 1) signal(SIGINT, SIG_IGN);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  sigaction(SIGINT, &former, nullptr);
}

void Interrupts::wait_for_signals() {
  for (int seen = 0;;) {
    std::array<pollfd, 2> waiting = {{{signals_, POLLIN, 0}, {end_, POLLIN, 0}}};
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    if (waiting[1].revents) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    if (++seen == 1) {
      token_.cancel();
      if (on_first_) on_first_();
    } else {
      if (on_second_) on_second_();
      _exit(exit_interrupted);
    }
  }
}

}  // namespace weir::cli
