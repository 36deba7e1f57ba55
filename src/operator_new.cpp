// operator new and delete of the whole program by jemalloc, which DuckDB carries and uses for its own buffers anyway:
// a project of many nodes is millions of small strings, made in several threads.
#include <cstddef>
#include <new>

extern "C" {
void* duckdb_je_malloc(size_t size);
void* duckdb_je_aligned_alloc(size_t alignment, size_t size);
void duckdb_je_free(void* pointer);
void duckdb_je_sdallocx(void* pointer, size_t size, int flags);
}

namespace {

template <class Allocate>
void* allocate(const Allocate& attempt) {
  for (;;) {
    if (void* out = attempt()) return out;
    const std::new_handler handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc();
    handler();
  }
}

size_t whole(size_t size) { return size == 0 ? 1 : size; }

}  // namespace

void* operator new(size_t size) {
  return allocate([&] { return duckdb_je_malloc(whole(size)); });
}

void* operator new(size_t size, std::align_val_t alignment) {
  const auto to = static_cast<size_t>(alignment);
  return allocate([&] { return duckdb_je_aligned_alloc(to, (whole(size) + to - 1) / to * to); });
}

void operator delete(void* pointer) noexcept { duckdb_je_free(pointer); }
void operator delete(void* pointer, std::align_val_t) noexcept { duckdb_je_free(pointer); }
void operator delete(void* pointer, size_t, std::align_val_t) noexcept { duckdb_je_free(pointer); }
void operator delete(void* pointer, size_t size) noexcept {
  if (pointer) duckdb_je_sdallocx(pointer, whole(size), 0);
}
