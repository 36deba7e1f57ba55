// links: weir_lake

// Any bytes as an object of deletion vectors, and as a bitmap without what such an object has around it: either a set
// of rows, which is then the same when written and read again, or an error. Nothing is read beyond the bytes, and few
// bytes do not become more rows than the caller allows.
#include <cstdlib>
#include <memory>
#include <string>

#include "base/error.h"
#include "lake/deletion_vector.h"
#include "store/memory_store.h"

namespace {

using weir::format::RowBitmap;
using namespace weir::lake;

void demand(bool ok) {
  if (!ok) std::abort();
}

constexpr uint64_t most_rows = 1'000'000;

void check(std::string_view portable) {
  std::string problem;
  auto rows = RowBitmap::parse(portable, most_rows, problem);
  demand(rows.has_value() == problem.empty());
  if (!rows) return;
  uint64_t count = 0, before = 0;
  rows->each([&](uint64_t row) {
    demand(count == 0 || row > before);
    before = row;
    ++count;
  });
  demand(count == rows->size() && count <= most_rows);
  demand(count == 0 || (rows->last() == before && rows->contains(before) && !rows->add(before)));
  auto again = RowBitmap::parse(rows->serialize(), most_rows, problem);
  demand(again && *again == *rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(text);
  constexpr size_t head = 9, tail = 4;  // version, size, magic; checksum
  if (size > head + tail) check(std::string_view(text).substr(head, size - head - tail));

  auto store = std::make_shared<weir::store::MemoryStore>("fuzz");
  const TableLocation table{store, "t/"};
  const DeletionVector vector{"u", text.substr(0, 24), 1, static_cast<int64_t>(size) - 9, 1};
  try {
    if (size < head) return 0;
    if (auto key = deletion_vector_key(table, vector)) store->put(*key, text);
    read_deletion_vector(table, vector);
  } catch (const weir::Error& error) {
    demand(error.code() == weir::ErrorCode::bad_deletion_vector || error.code() == weir::ErrorCode::bad_log);
  }
  return 0;
}
