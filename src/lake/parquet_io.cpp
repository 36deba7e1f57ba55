#include "lake/parquet_io.h"

namespace weir::lake {

bool ParquetIo::scan(store::ObjectStore& store, const std::string& key, const ParquetSelection& selection,
                     const std::function<void(const format::ArrowView& rows)>& take) {
  auto stream = select(store, key, selection);
  while (auto batch = stream ? stream->next() : std::nullopt)
    take(format::ArrowView(stream->schema().c_schema(), batch->c_array()));
  return stream != nullptr;
}

}  // namespace weir::lake
