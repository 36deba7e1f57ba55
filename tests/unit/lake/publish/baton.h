// Threads of which exactly one runs at a time, chosen by the main thread: interleavings that a seed repeats exactly.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weir::lake::publish {

class Baton {
 public:
  ~Baton() {
    for (std::thread& thread : threads_) thread.join();
  }

  // A thread that waits for its first turn. Its body must end when asked often enough.
  size_t start(std::function<void()> body) {
    const size_t id = threads_.size();
    finished_.push_back(false);
    threads_.emplace_back([this, id, body = std::move(body)] {
      wait_for(static_cast<int>(id));
      body();
      const std::lock_guard lock(mutex_);
      finished_[id] = true;
      turn_ = main_thread;
      changed_.notify_all();
    });
    return id;
  }

  bool finished(size_t id) {
    const std::lock_guard lock(mutex_);
    return finished_[id];
  }

  // Main thread: lets `id` run until it yields or ends.
  void run(size_t id) {
    pass(static_cast<int>(id));
    wait_for(main_thread);
  }

  // A started thread: back to the main thread, until the next turn.
  void yield(size_t id) {
    pass(main_thread);
    wait_for(static_cast<int>(id));
  }

 private:
  static constexpr int main_thread = -1;
  void pass(int to) {
    const std::lock_guard lock(mutex_);
    turn_ = to;
    changed_.notify_all();
  }
  void wait_for(int id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == id; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int turn_ = main_thread;
  std::vector<bool> finished_;
  std::vector<std::thread> threads_;
};

}  // namespace weir::lake::publish
