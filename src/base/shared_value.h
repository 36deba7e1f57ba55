// A value that many objects have in common: read by all, in one place; whoever changes it changes a copy of its own.
// Copying shares. Threads may read and copy at once, as with std::shared_ptr.
#pragma once

#include <memory>
#include <utility>

namespace weir {

template <class T>
class SharedValue {
 public:
  SharedValue() : value_(initial()) {}
  SharedValue(T value) : value_(std::make_shared<T>(std::move(value))) {}  // NOLINT(google-explicit-constructor)
  explicit SharedValue(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  T& edit() {
    auto own = std::make_shared<T>(*value_);
    T& out = *own;
    value_ = std::move(own);
    return out;
  }

 private:
  static const std::shared_ptr<const T>& initial() {
    static const auto value = std::make_shared<const T>();
    return value;
  }
  std::shared_ptr<const T> value_;
};

}  // namespace weir
