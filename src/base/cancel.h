// A wish to stop, seen by everything that takes long. Copies share one flag.
#pragma once

#include <atomic>
#include <memory>

namespace weir {

class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() { flag_->store(true, std::memory_order_relaxed); }
  bool cancelled() const { return flag_->load(std::memory_order_relaxed); }
  void check() const;  // throws Error{cancelled}

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

}  // namespace weir
