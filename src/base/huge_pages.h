// Large blocks in huge pages where the system gives them: filling a block of ordinary ones takes a page fault per 4
// KiB.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace weir {

constexpr size_t huge_page_bytes = 2 << 20;

// A block that free() gives back; nullptr if there is no memory.
inline void* allocate_in_huge_pages(size_t bytes) {
  void* block = nullptr;
  if (posix_memalign(&block, huge_page_bytes, bytes) != 0) return nullptr;
  madvise(block, bytes, MADV_HUGEPAGE);  // a wish
  return block;
}

// For containers of bytes and numbers that grow to many MiB; blocks smaller than a huge page are as any other.
template <typename T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <typename Other>
  HugePageAllocator(const HugePageAllocator<Other>&) {}  // NOLINT(google-explicit-constructor): as allocators are

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    if (bytes < huge_page_bytes) return static_cast<T*>(::operator new(bytes));
    void* block = allocate_in_huge_pages(bytes);
    if (!block) throw std::bad_alloc();
    return static_cast<T*>(block);
  }
  void deallocate(T* block, size_t count) {
    if (count * sizeof(T) < huge_page_bytes)
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
