#include "engine/duckdb/block_allocator.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <duckdb/common/exception.hpp>
#include <map>
#include <mutex>
#include <new>

#include "base/huge_pages.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr idx_t large_block_bytes = 2 * huge_page_bytes, most_kept_bytes = idx_t{64} << 20;

// Freed blocks by the sizes that they have, which is more than some were asked for.
class KeptBlocks final : public PrivateAllocatorData {
 public:
  KeptBlocks() = default;
  KeptBlocks(const KeptBlocks&) = delete;
  KeptBlocks& operator=(const KeptBlocks&) = delete;
  ~KeptBlocks() override {
    for (auto& [size, block] : blocks_) std::free(block);
  }

  // One that is large enough and not much larger; nullptr if there is none.
  void* take(idx_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.lower_bound(size);
    if (found == blocks_.end() || found->first > 2 * size) return nullptr;
    void* block = found->second;
    bytes_ -= found->first;
    blocks_.erase(found);
    return block;
  }
  void give(void* block) {
    const idx_t size = malloc_usable_size(block);
    {
      const std::lock_guard lock(mutex_);
      if (bytes_ + size <= most_kept_bytes) {
        bytes_ += size;
        blocks_.emplace(size, block);
        return;
      }
    }
    std::free(block);
  }

 private:
  std::mutex mutex_;
  std::multimap<idx_t, void*> blocks_;
  idx_t bytes_ = 0;
};

KeptBlocks& kept(PrivateAllocatorData* data) { return static_cast<KeptBlocks&>(*data); }

data_ptr_t allocate_block(PrivateAllocatorData* data, idx_t size) {
  void* block = nullptr;
  if (size < large_block_bytes)
    block = ::operator new(size, std::nothrow);
  else if (block = kept(data).take(size); !block)
    block = allocate_in_huge_pages(size);
  if (!block) throw OutOfMemoryException("failed to allocate %llu bytes: out of memory", size);
  return static_cast<data_ptr_t>(block);
}

void free_block(PrivateAllocatorData* data, data_ptr_t block, idx_t size) {
  if (size < large_block_bytes)
    ::operator delete(block);
  else
    kept(data).give(block);
}

data_ptr_t reallocate_block(PrivateAllocatorData* data, data_ptr_t block, idx_t old_size, idx_t size) {
  const data_ptr_t moved = allocate_block(data, size);
  std::memcpy(moved, block, std::min(old_size, size));
  free_block(data, block, old_size);
  return moved;
}

}  // namespace

duckdb::unique_ptr<Allocator> block_allocator() {
  return make_uniq<Allocator>(allocate_block, free_block, reallocate_block, make_uniq<KeptBlocks>());
}

}  // namespace weir::engine::duck
