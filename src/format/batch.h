// Columnar data in motion: a batch of rows over the Arrow C data interface
// (arrow.apache.org/docs/format/CDataInterface.html). Producers hand over ownership; whoever holds a Batch releases it.
// No Arrow library is needed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The two C structures, exactly as the specification gives them. A flag that weir does not use is left out: DuckDB
// takes its definition for that of all of arrow.h, stream included.
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
extern "C" {
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
}
#endif

namespace weir::format {

// Owns an ArrowSchema of struct type: the columns of a stream.
class BatchSchema {
 public:
  explicit BatchSchema(ArrowSchema schema) : schema_(schema) {}
  ~BatchSchema();
  BatchSchema(BatchSchema&& other) noexcept;
  BatchSchema& operator=(BatchSchema&& other) noexcept;
  BatchSchema(const BatchSchema&) = delete;
  size_t column_count() const { return static_cast<size_t>(schema_.n_children); }
  std::string_view name(size_t column) const { return schema_.children[column]->name; }
  std::string_view format(size_t column) const { return schema_.children[column]->format; }
  const ArrowSchema& c_schema() const { return schema_; }

 private:
  ArrowSchema schema_{};
};

// Owns an ArrowArray of struct type.
class Batch {
 public:
  explicit Batch(ArrowArray array) : array_(array) {}
  ~Batch();
  Batch(Batch&& other) noexcept;
  Batch& operator=(Batch&& other) noexcept;
  Batch(const Batch&) = delete;
  int64_t row_count() const { return array_.length; }
  const ArrowArray& c_array() const { return array_; }
  ArrowArray take() && { return std::exchange(array_, ArrowArray{}); }  // the caller releases it

 private:
  ArrowArray array_{};
};

// Rows in order, one batch at a time; empty optional at the end. Not thread-safe.
class BatchStream {
 public:
  virtual ~BatchStream() = default;
  virtual const BatchSchema& schema() const = 0;
  virtual std::optional<Batch> next() = 0;
};

}  // namespace weir::format
