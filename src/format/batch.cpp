#include "format/batch.h"

#include <utility>

namespace weir::format {

BatchSchema::~BatchSchema() {
  if (schema_.release) schema_.release(&schema_);
}
BatchSchema::BatchSchema(BatchSchema&& other) noexcept : schema_(std::exchange(other.schema_, ArrowSchema{})) {}
BatchSchema& BatchSchema::operator=(BatchSchema&& other) noexcept {
  std::swap(schema_, other.schema_);
  return *this;
}

Batch::~Batch() {
  if (array_.release) array_.release(&array_);
}
Batch::Batch(Batch&& other) noexcept : array_(std::exchange(other.array_, ArrowArray{})) {}
Batch& Batch::operator=(Batch&& other) noexcept {
  std::swap(array_, other.array_);
  return *this;
}

}  // namespace weir::format
