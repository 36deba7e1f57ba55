// Work done once, by whoever comes first; the others wait. Work that throws counts as not done: the next one tries.
//
// Use it instead of std::call_once, which takes the exception through pthread_once in the C library: a binary that
// carries its own copy of the unwinder, as ours does, aborts there.
#pragma once

#include <atomic>

namespace weir {

class Once {
 public:
  template <typename Work>
  void call(Work&& work) {
    while (state_.load(std::memory_order_acquire) != done) {
      int found = idle;
      if (!state_.compare_exchange_strong(found, running)) {
        if (found == running) state_.wait(running);
        continue;
      }
      try {
        work();
      } catch (...) {
        become(idle);
        throw;
      }
      become(done);
    }
  }

 private:
  static constexpr int idle = 0, running = 1, done = 2;
  void become(int state) {
    state_.store(state, std::memory_order_release);
    state_.notify_all();
  }
  std::atomic<int> state_{idle};
};

}  // namespace weir
