#include "base/once.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(Once, the_first_does_it_and_the_others_wait_for_it) {
  Once once;
  std::atomic<int> ran = 0, value = 0, seen = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      once.call([&] {
        ++ran;
        value = 7;
      });
      seen += value;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(seen, 8 * 7);
}

TEST(Once, work_that_throws_is_tried_again) {
  Once once;
  int ran = 0;
  EXPECT_THROW(once.call([&] {
    ++ran;
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  once.call([&] { ++ran; });
  once.call([&] { ++ran; });
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace weir
