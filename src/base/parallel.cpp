#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace weir {

void parallel_for(size_t count, int threads, const std::function<void(size_t)>& work) {
  size_t wanted = threads > 0 ? static_cast<size_t>(threads) : std::max(1u, std::thread::hardware_concurrency());
  wanted = std::min(wanted, count);
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first;
  size_t first_index = count;
  const auto loop = [&] {
    for (size_t i = next++; i < count; i = next++) try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (i < first_index) first_index = i, first = std::current_exception();
      }
  };
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < wanted; i++) helpers.emplace_back(loop);
  loop();
  helpers.clear();  // joins
  if (first) std::rethrow_exception(first);
}

void parallel_pieces(size_t count, const std::function<void(size_t)>& work) {
  constexpr size_t at_once = 256;
  parallel_for((count + at_once - 1) / at_once, 0, [&](size_t piece) {
    for (size_t i = piece * at_once; i < std::min((piece + 1) * at_once, count); i++) work(i);
  });
}

}  // namespace weir
