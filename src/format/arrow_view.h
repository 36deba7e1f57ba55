// Reading of Arrow arrays by type, without an Arrow library (arrow.apache.org/docs/format/Columnar.html).
//
// An ArrowView looks at one column of a Batch, or at the items of a list, the fields of a struct, the keys and values
// of a map. Rows are counted from 0 within the view; offsets of slices are taken care of. Views own nothing: schema and
// array must outlive them. Making a view checks that format, buffers and children fit together; reading a row of the
// wrong kind throws Error{internal}, so ask kind() first where the kind is not certain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/batch.h"

namespace weir::format {

enum class ArrowKind {
  null,
  boolean,
  integer,    // any width, signed or not
  real,       // float, double
  decimal,    // 32, 64 and 128 bits
  text,       // utf8 in any layout
  binary,     // bytes in any layout, also of fixed size
  date,       // days, or milliseconds (given as days)
  timestamp,  // any unit (given as microseconds)
  time,       // of day, any unit (given as microseconds)
  list,       // any layout
  struct_,
  map,
  other  // recognised as Arrow, not read here
};

class ArrowView {
 public:
  ArrowView(const ArrowSchema& schema, const ArrowArray& array);

  ArrowKind kind() const { return kind_; }
  std::string_view format() const { return schema_->format; }
  std::string_view name() const { return schema_->name ? schema_->name : ""; }
  int64_t size() const { return size_; }
  bool is_null(int64_t row) const;
  bool all_null() const;  // as far as the array says so without a look at its rows

  bool boolean(int64_t row) const;
  int64_t integer(int64_t row) const;        // throws Error{internal} for an unsigned value above 2^63
  double real(int64_t row) const;            // of integers too
  std::string decimal(int64_t row) const;    // "-12.30": plain digits with the type's scale
  std::string_view text(int64_t row) const;  // of text and binary; valid as long as the array
  int64_t date_days(int64_t row) const;
  int64_t timestamp_us(int64_t row) const;  // rounded down
  bool has_zone() const;                    // of a timestamp type: counted from 1970 UTC

  // Fields of a struct, in order. A field's row is the struct's row; a null struct makes its fields meaningless.
  size_t field_count() const { return children_.size(); }
  const ArrowView& field(size_t index) const;
  const ArrowView* find_field(std::string_view name) const;  // nullptr if there is none

  // The rows of items() (or keys() and values()) that belong to a list (or map) row: [first, second).
  std::pair<int64_t, int64_t> range(int64_t row) const;
  const ArrowView& items() const { return field(0); }
  const ArrowView& keys() const { return field(0).field(0); }
  const ArrowView& values() const { return field(0).field(1); }

 private:
  ArrowView(const ArrowSchema& schema, const ArrowArray& array, int64_t offset, int64_t size);
  void check_layout() const;
  void add_children();
  int64_t at(int64_t row) const;  // position in the buffers
  template <typename T>
  T value(int64_t row) const;
  int64_t list_bound(int64_t position) const;

  const ArrowSchema* schema_;
  const ArrowArray* array_;
  int64_t offset_ = 0, size_ = 0;  // of this view within the array's buffers
  ArrowKind kind_ = ArrowKind::other;
  int width_ = 0;        // bytes per value, where fixed
  bool large_ = false;   // 64-bit offsets
  bool view_ = false;    // utf8 or binary view
  int64_t unit_us_ = 0;  // of timestamps and times: microseconds per unit; negative = units per microsecond
  int scale_ = 0;        // of decimals
  std::vector<ArrowView> children_;
};

// The columns of a batch by name; nullopt if there is no such column.
std::optional<ArrowView> column_view(const BatchSchema& schema, const Batch& batch, std::string_view name);

}  // namespace weir::format
