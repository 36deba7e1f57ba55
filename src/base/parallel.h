// Independent pieces of work on several threads.
#pragma once

#include <cstddef>
#include <functional>

namespace weir {

// Calls work(0) … work(count - 1), each once, on up to `threads` threads (0 = number of processors), the caller's among
// them. Returns when all are done. If some throw, the others still run and the exception of the lowest index is thrown.
void parallel_for(size_t count, int threads, const std::function<void(size_t)>& work);

// The same on all processors for many small pieces of work, some hundred of which a thread takes at once.
void parallel_pieces(size_t count, const std::function<void(size_t)>& work);

}  // namespace weir
