#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace weir {
namespace {

TEST(Parallel, DoesEachPieceOnce) {
  std::vector<std::atomic<int>> done(1000);
  parallel_for(done.size(), 4, [&](size_t i) { done[i]++; });
  for (const auto& count : done) EXPECT_EQ(count, 1);
}

TEST(Parallel, NothingToDoCallsNothing) {
  parallel_for(0, 4, [](size_t) { FAIL(); });
}

TEST(Parallel, ThrowsTheFirstByIndexAndStillDoesTheRest) {
  std::atomic<int> done{0};
  try {
    parallel_for(100, 3, [&](size_t i) {
      if (i == 7 || i == 70) throw std::runtime_error(std::to_string(i));
      done++;
    });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "7");
  }
  EXPECT_EQ(done, 98);
}

}  // namespace
}  // namespace weir
