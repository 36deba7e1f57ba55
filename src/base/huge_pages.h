// Large blocks in huge pages where the system gives them: filling a block of ordinary ones takes a page fault per 4
// KiB.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace weir {

// For containers of bytes and numbers that grow to many MiB; blocks smaller than a huge page are as any other.
template <typename T>
struct HugePageAllocator {
  using value_type = T;
  static constexpr size_t page_bytes = 2 << 20;

  HugePageAllocator() = default;
  template <typename Other>
  HugePageAllocator(const HugePageAllocator<Other>&) {}  // NOLINT(google-explicit-constructor): as allocators are

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    if (bytes < page_bytes) return static_cast<T*>(::operator new(bytes));
    const size_t pages = (bytes + page_bytes - 1) / page_bytes;
    void* block = std::aligned_alloc(page_bytes, pages * page_bytes);
    if (!block) throw std::bad_alloc();
    madvise(block, pages * page_bytes, MADV_HUGEPAGE);  // a wish
    return static_cast<T*>(block);
  }
  void deallocate(T* block, size_t count) {
    if (count * sizeof(T) < page_bytes)
      ::operator delete(block);
    else
      std::free(block);
  }
  template <typename Other>
  bool operator==(const HugePageAllocator<Other>&) const {
    return true;
  }
};

}  // namespace weir
