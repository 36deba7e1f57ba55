// A variable that has another value for as long as a scope lasts, and then again the one it had.
#pragma once

#include <utility>

namespace weir {

template <typename T>
class [[nodiscard]] SetFor {
 public:
  SetFor(T& variable, T value) : variable_(variable), before_(std::exchange(variable, std::move(value))) {}
  ~SetFor() { variable_ = std::move(before_); }
  SetFor(const SetFor&) = delete;
  SetFor& operator=(const SetFor&) = delete;

 private:
  T& variable_;
  T before_;
};

}  // namespace weir
