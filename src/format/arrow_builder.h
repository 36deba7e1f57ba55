// Making Arrow arrays row by row, nested ones included, without an Arrow library.
//
//   ArrowBuilder rows(arrow_struct("", {arrow_text("path"), arrow_int64("size")}));
//   rows.field(0).append_text("a.parquet");
//   rows.field(1).append_int(12);
//   rows.end_row();
//   Batch batch = rows.finish_batch();            // the builder is empty again
//   BatchSchema schema = arrow_schema(rows.type());
//
// Of a struct row every field gets exactly one value before end_row(); of a list or map row any number of items (keys
// and values alike). append_null() of a nested builder needs no values of its children. Breaking these rules is
// Error{internal}.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "format/arrow_view.h"
#include "format/batch.h"

namespace weir::format {

// A type with the column's name. All are nullable but the keys of a map.
struct ArrowType {
  std::string name;
  std::string format;  // of the C data interface
  std::vector<ArrowType> children;
};

ArrowType arrow_boolean(std::string name);
ArrowType arrow_int8(std::string name);
ArrowType arrow_int16(std::string name);
ArrowType arrow_int32(std::string name);
ArrowType arrow_int64(std::string name);
ArrowType arrow_float32(std::string name);
ArrowType arrow_float64(std::string name);
ArrowType arrow_text(std::string name);
ArrowType arrow_binary(std::string name);
ArrowType arrow_date(std::string name);                                   // days
ArrowType arrow_timestamp(std::string name, std::string_view zone = {});  // microseconds
ArrowType arrow_decimal(std::string name, int precision, int scale);      // 128 bits
ArrowType arrow_struct(std::string name, std::vector<ArrowType> fields);
ArrowType arrow_list(std::string name, ArrowType item);
ArrowType arrow_map(std::string name, ArrowType key, ArrowType value);

class ArrowBuilder {
 public:
  explicit ArrowBuilder(ArrowType type);

  const ArrowType& type() const { return type_; }
  int64_t size() const { return size_; }

  void append_null();
  void append_bool(bool value);
  void append_int(int64_t value);  // of integers, dates (days) and timestamps (microseconds)
  void append_real(double value);
  void append_text(std::string_view value);  // of text and binary
  // "-12.3"; digits beyond the scale must be zero. False, and nothing appended, if the text is no such number.
  bool append_decimal(std::string_view text);

  ArrowBuilder& field(size_t index);
  ArrowBuilder& items() { return field(0); }
  ArrowBuilder& keys() { return field(0).field(0); }
  ArrowBuilder& values() { return field(0).field(1); }
  void end_row();  // of a struct, list or map

  Batch finish_batch();  // of a struct; leaves the builder empty

 private:
  void push_valid(bool valid);
  void push_bytes(const void* bytes, size_t size);
  void push_bound();
  ArrowArray finish_array();

  ArrowType type_;
  ArrowKind kind_ = ArrowKind::other;
  int width_ = 0, scale_ = 0, buffers_ = 0;
  int64_t size_ = 0, null_count_ = 0;
  std::vector<uint8_t> validity_;
  std::string values_;  // fixed-width values or offsets, as bytes
  std::string text_;    // bytes of texts
  std::vector<ArrowBuilder> children_;
};

BatchSchema arrow_schema(const ArrowType& type);

// A stream of batches that are already there.
class BatchList final : public BatchStream {
 public:
  BatchList(BatchSchema schema, std::vector<Batch> batches)
      : schema_(std::move(schema)), batches_(std::move(batches)) {}
  const BatchSchema& schema() const override { return schema_; }
  std::optional<Batch> next() override;

 private:
  BatchSchema schema_;
  std::vector<Batch> batches_;
  size_t next_ = 0;
};

}  // namespace weir::format
