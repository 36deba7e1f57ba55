// ParquetIo::select() over a stream of whole columns, for the ParquetIos of tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "format/arrow_builder.h"
#include "lake/parquet_io.h"

namespace weir::lake {

class SelectedFields final : public format::BatchStream {
 public:
  // nullptr if the stream has none of the fields.
  static std::unique_ptr<format::BatchStream> of(std::unique_ptr<format::BatchStream> all,
                                                 const ParquetSelection& selection) {
    std::vector<Place> places;
    format::ArrowType type{"", "+s", {}};
    for (size_t i = 0; i < selection.fields.size(); ++i) {
      Place place;
      const ArrowSchema* at = &all->schema().c_schema();
      for (const auto& name : selection.fields[i]) {
        const ArrowSchema* next = nullptr;
        for (int64_t child = 0; at && child < at->n_children && !next; ++child)
          if (at->children[child]->name == name) next = at->children[child], place.push_back(child);
        at = next;
      }
      if (!at) continue;
      places.push_back(std::move(place));
      type.children.push_back(type_of(*at));
      type.children.back().name = std::to_string(i);
    }
    if (places.empty()) return nullptr;
    type.children.push_back(format::arrow_int64("row"));
    return std::unique_ptr<format::BatchStream>(
        new SelectedFields(std::move(all), std::move(places), format::arrow_schema(type)));
  }

  const format::BatchSchema& schema() const override { return schema_; }
  // Hands out the fields without copying: what is exported keeps the batch alive. Leaves no row out.
  std::optional<format::Batch> next() override {
    auto batch = all_->next();
    if (!batch) return std::nullopt;
    auto owned = std::make_unique<Owned>();
    owned->batch = std::make_unique<format::Batch>(std::move(*batch));
    const ArrowArray& source = owned->batch->c_array();
    for (const auto& place : places_) {
      const ArrowArray* at = &source;
      for (int64_t child : place) at = at->children[child];
      owned->children.push_back(*at);
      owned->children.back().release = nullptr;
    }
    for (int64_t i = 0; i < source.length; ++i) owned->positions.push_back(row_++);
    owned->position_buffers[1] = owned->positions.data();
    ArrowArray positions{};
    positions.length = source.length;
    positions.n_buffers = 2;
    positions.buffers = owned->position_buffers;
    owned->children.push_back(positions);
    for (auto& child : owned->children) owned->pointers.push_back(&child);
    ArrowArray array{};
    array.length = source.length;
    array.n_buffers = 1;
    array.buffers = owned->buffers;
    array.n_children = static_cast<int64_t>(owned->children.size());
    array.children = owned->pointers.data();
    array.private_data = owned.release();
    array.release = [](ArrowArray* exported) {
      delete static_cast<Owned*>(exported->private_data);
      exported->release = nullptr;
    };
    return format::Batch(array);
  }

 private:
  using Place = std::vector<int64_t>;  // indexes of children, from the top
  struct Owned {
    std::unique_ptr<format::Batch> batch;
    std::vector<ArrowArray> children;
    std::vector<ArrowArray*> pointers;
    std::vector<int64_t> positions;
    const void* buffers[1] = {nullptr};
    const void* position_buffers[2] = {nullptr, nullptr};
  };
  SelectedFields(std::unique_ptr<format::BatchStream> all, std::vector<Place> places, format::BatchSchema schema)
      : all_(std::move(all)), places_(std::move(places)), schema_(std::move(schema)) {}
  static format::ArrowType type_of(const ArrowSchema& schema) {
    format::ArrowType type{schema.name, schema.format, {}};
    for (int64_t i = 0; i < schema.n_children; ++i) type.children.push_back(type_of(*schema.children[i]));
    return type;
  }

  std::unique_ptr<format::BatchStream> all_;
  std::vector<Place> places_;
  format::BatchSchema schema_;
  int64_t row_ = 0;
};

}  // namespace weir::lake
