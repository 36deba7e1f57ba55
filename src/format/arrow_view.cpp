#include "format/arrow_view.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "format/arrow_format.h"

namespace weir::format {

namespace {

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorCode::internal, fmt::format("Arrow data: {}", problem));
}

bool bit(const void* bitmap, int64_t position) {
  return (static_cast<const uint8_t*>(bitmap)[position / 8] >> (position % 8)) & 1;
}

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::string decimal_text(__int128 value, int scale) {
  bool negative = value < 0;
  auto magnitude = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string digits;
  while (magnitude > 0 || digits.size() <= static_cast<size_t>(scale)) {
    digits += static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
    if (scale > 0 && digits.size() == static_cast<size_t>(scale)) digits += '.';
  }
  if (digits.back() == '.') digits += '0';
  if (negative) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

}  // namespace

ArrowView::ArrowView(const ArrowSchema& schema, const ArrowArray& array)
    : ArrowView(schema, array, array.offset, array.length) {}

ArrowView::ArrowView(const ArrowSchema& schema, const ArrowArray& array, int64_t offset, int64_t size)
    : schema_(&schema), array_(&array), offset_(offset), size_(size) {
  if (!schema.format) fail("a schema without a format");
  if (schema.dictionary) fail(fmt::format("column {}: dictionaries are not read", name()));
  ArrowLayout layout = arrow_layout(schema.format);
  kind_ = layout.kind;
  width_ = layout.width;
  large_ = layout.large;
  view_ = layout.view;
  unit_us_ = layout.unit_us;
  scale_ = layout.scale;
  check_layout();
  add_children();
}

void ArrowView::check_layout() const {
  int64_t buffers = arrow_layout(schema_->format).buffers;
  if (array_->n_buffers < buffers || (buffers > 0 && !array_->buffers))
    fail(fmt::format("column {} of format {} has {} buffers", name(), format(), array_->n_buffers));
  if (array_->n_children != schema_->n_children)
    fail(fmt::format("column {} has {} children, its schema {}", name(), array_->n_children, schema_->n_children));
  if (offset_ < 0 || size_ < 0) fail(fmt::format("column {} has a negative offset or length", name()));
}

void ArrowView::add_children() {
  size_t wanted = kind_ == ArrowKind::struct_                           ? static_cast<size_t>(schema_->n_children)
                  : kind_ == ArrowKind::list || kind_ == ArrowKind::map ? 1
                                                                        : 0;
  if (static_cast<size_t>(schema_->n_children) < wanted) fail(fmt::format("column {} lacks its child", name()));
  children_.reserve(wanted);
  for (size_t i = 0; i < wanted; ++i) {
    const ArrowArray& child = *array_->children[i];
    bool same_rows = kind_ == ArrowKind::struct_;
    if (same_rows && child.length < offset_ + size_) fail(fmt::format("field {} of {} is too short", i, name()));
    children_.push_back(same_rows ? ArrowView(*schema_->children[i], child, child.offset + offset_, size_)
                                  : ArrowView(*schema_->children[i], child));
  }
  if (kind_ == ArrowKind::map && (children_[0].kind() != ArrowKind::struct_ || children_[0].field_count() != 2))
    fail(fmt::format("map {} lacks keys and values", name()));
}

int64_t ArrowView::at(int64_t row) const {
  if (row < 0 || row >= size_) fail(fmt::format("row {} of {} rows of {}", row, size_, name()));
  return offset_ + row;
}

template <typename T>
T ArrowView::value(int64_t row) const {
  T out;
  std::memcpy(&out, static_cast<const char*>(array_->buffers[1]) + static_cast<size_t>(at(row)) * sizeof(T), sizeof(T));
  return out;
}

bool ArrowView::is_null(int64_t row) const {
  int64_t position = at(row);
  if (kind_ == ArrowKind::null) return true;
  return array_->null_count != 0 && array_->buffers[0] && !bit(array_->buffers[0], position);
}

bool ArrowView::all_null() const {
  return kind_ == ArrowKind::null || (array_->null_count == array_->length && array_->length > 0);
}

bool ArrowView::boolean(int64_t row) const {
  if (kind_ != ArrowKind::boolean) fail(fmt::format("{} is no boolean", name()));
  return bit(array_->buffers[1], at(row));
}

int64_t ArrowView::integer(int64_t row) const {
  if (kind_ != ArrowKind::integer) fail(fmt::format("{} is no integer", name()));
  switch (schema_->format[0]) {
    case 'c':
      return value<int8_t>(row);
    case 'C':
      return value<uint8_t>(row);
    case 's':
      return value<int16_t>(row);
    case 'S':
      return value<uint16_t>(row);
    case 'i':
      return value<int32_t>(row);
    case 'I':
      return value<uint32_t>(row);
    case 'l':
      return value<int64_t>(row);
    default: {
      uint64_t large = value<uint64_t>(row);
      if (large > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        fail(fmt::format("{} does not fit a signed integer", large));
      return static_cast<int64_t>(large);
    }
  }
}

double ArrowView::real(int64_t row) const {
  if (kind_ == ArrowKind::integer) return static_cast<double>(integer(row));
  if (kind_ != ArrowKind::real) fail(fmt::format("{} is no number", name()));
  return width_ == 4 ? static_cast<double>(value<float>(row)) : value<double>(row);
}

std::string ArrowView::decimal(int64_t row) const {
  if (kind_ != ArrowKind::decimal) fail(fmt::format("{} is no decimal", name()));
  __int128 unscaled = width_ == 4 ? value<int32_t>(row) : width_ == 8 ? value<int64_t>(row) : value<__int128>(row);
  return decimal_text(unscaled, scale_);
}

std::string_view ArrowView::text(int64_t row) const {
  if (kind_ != ArrowKind::text && kind_ != ArrowKind::binary) fail(fmt::format("{} is no text", name()));
  if (width_ > 0) {
    const char* bytes = static_cast<const char*>(array_->buffers[1]);
    return {bytes + static_cast<size_t>(at(row)) * static_cast<size_t>(width_), static_cast<size_t>(width_)};
  }
  if (view_) {
    constexpr int32_t inline_limit = 12;
    const char* entry = static_cast<const char*>(array_->buffers[1]) + static_cast<size_t>(at(row)) * 16;
    int32_t length, buffer, start;
    std::memcpy(&length, entry, 4);
    if (length <= inline_limit) return {entry + 4, static_cast<size_t>(length)};
    std::memcpy(&buffer, entry + 8, 4);
    std::memcpy(&start, entry + 12, 4);
    if (buffer < 0 || buffer + 2 >= array_->n_buffers) fail(fmt::format("{} points to no buffer", name()));
    return {static_cast<const char*>(array_->buffers[2 + buffer]) + start, static_cast<size_t>(length)};
  }
  auto [begin, end] = range(row);
  return {static_cast<const char*>(array_->buffers[2]) + begin, static_cast<size_t>(end - begin)};
}

int64_t ArrowView::date_days(int64_t row) const {
  if (kind_ != ArrowKind::date) fail(fmt::format("{} is no date", name()));
  constexpr int64_t day_ms = 86'400'000;
  return width_ == 4 ? value<int32_t>(row) : floor_div(value<int64_t>(row), day_ms);
}

int64_t ArrowView::timestamp_us(int64_t row) const {
  if (kind_ != ArrowKind::timestamp && kind_ != ArrowKind::time) fail(fmt::format("{} is no timestamp", name()));
  int64_t units = width_ == 4 ? value<int32_t>(row) : value<int64_t>(row);
  return unit_us_ > 0 ? units * unit_us_ : floor_div(units, -unit_us_);
}

bool ArrowView::has_zone() const { return kind_ == ArrowKind::timestamp && std::strlen(schema_->format) > 4; }

const ArrowView& ArrowView::field(size_t index) const {
  if (index >= children_.size()) fail(fmt::format("{} has no field {}", name(), index));
  return children_[index];
}

const ArrowView* ArrowView::find_field(std::string_view name) const {
  for (const auto& child : children_)
    if (child.name() == name) return &child;
  return nullptr;
}

int64_t ArrowView::list_bound(int64_t position) const {
  const char* offsets = static_cast<const char*>(array_->buffers[1]);
  if (large_) {
    int64_t bound;
    std::memcpy(&bound, offsets + position * 8, 8);
    return bound;
  }
  int32_t bound;
  std::memcpy(&bound, offsets + position * 4, 4);
  return bound;
}

std::pair<int64_t, int64_t> ArrowView::range(int64_t row) const {
  int64_t position = at(row);
  if (width_ > 0 && kind_ == ArrowKind::list) return {position * width_, (position + 1) * width_};
  int64_t begin = list_bound(position);
  int64_t end = begin;
  if (kind_ == ArrowKind::list && view_) {
    const char* sizes = static_cast<const char*>(array_->buffers[2]);
    int64_t count = 0;
    if (large_) std::memcpy(&count, sizes + position * 8, 8);
    int32_t small = 0;
    if (!large_) std::memcpy(&small, sizes + position * 4, 4);
    end = begin + (large_ ? count : small);
  } else {
    end = list_bound(position + 1);
  }
  bool nested = kind_ == ArrowKind::list || kind_ == ArrowKind::map;
  if (begin < 0 || end < begin || (nested && end > items().size())) fail(fmt::format("{} has wild offsets", name()));
  return {begin, end};
}

std::optional<ArrowView> column_view(const BatchSchema& schema, const Batch& batch, std::string_view name) {
  for (size_t i = 0; i < schema.column_count(); ++i) {
    if (schema.name(i) != name) continue;
    ArrowView rows(schema.c_schema(), batch.c_array());
    return rows.field(i);
  }
  return std::nullopt;
}

}  // namespace weir::format
