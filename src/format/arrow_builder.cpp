#include "format/arrow_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "format/arrow_format.h"

namespace weir::format {

namespace {

void set_bit(std::vector<uint8_t>& bits, int64_t position, bool value) {
  auto byte = static_cast<size_t>(position / 8);
  if (byte >= bits.size()) bits.resize(byte + 1, 0);
  if (value) bits[byte] = static_cast<uint8_t>(bits[byte] | (1U << (position % 8)));
}

// Unscaled value of a decimal text at the given scale.
std::optional<__int128> unscaled(std::string_view text, int scale) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  size_t dot = text.find('.');
  std::string_view whole = text.substr(0, dot);
  std::string_view fraction = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  while (fraction.size() > static_cast<size_t>(scale) && fraction.ends_with('0')) fraction.remove_suffix(1);
  if (fraction.size() > static_cast<size_t>(scale) || whole.size() + fraction.size() == 0) return std::nullopt;
  std::string digits = std::string(whole) + std::string(fraction);
  digits.append(static_cast<size_t>(scale) - fraction.size(), '0');
  constexpr size_t max_digits = 38;
  size_t leading = std::min(digits.find_first_not_of('0'), digits.size());
  if (digits.size() - leading > max_digits) return std::nullopt;
  __int128 value = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

// What an exported array owns.
struct ArrayData {
  std::vector<uint8_t> validity;
  std::string values, text;
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
};

struct SchemaData {
  std::string name, format;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
};

template <typename Struct, typename Data>
void release(Struct* exported) {
  auto* data = static_cast<Data*>(exported->private_data);
  for (auto& child : data->children)
    if (child.release) child.release(&child);
  delete data;
  exported->release = nullptr;
}

ArrowSchema export_schema(const ArrowType& type, bool nullable) {
  auto data = std::make_unique<SchemaData>();
  data->name = type.name;
  data->format = type.format;
  bool map_entries = type.format == "+m";
  for (const auto& child : type.children) {
    data->children.push_back(export_schema(child, !map_entries));
    // The entries of a map and its keys are never null.
    if (map_entries) data->children.back().children[0]->flags = 0;
  }
  for (auto& child : data->children) data->child_pointers.push_back(&child);
  ArrowSchema schema{};
  schema.format = data->format.c_str();
  schema.name = data->name.c_str();
  schema.flags = nullable ? ARROW_FLAG_NULLABLE : 0;
  schema.n_children = static_cast<int64_t>(data->children.size());
  schema.children = data->child_pointers.data();
  schema.release = release<ArrowSchema, SchemaData>;
  schema.private_data = data.release();
  return schema;
}

void expect(bool ok, const ArrowType& type, std::string_view what) {
  if (!ok) throw Error(ErrorCode::internal, fmt::format("Arrow builder of {} ({}): {}", type.name, type.format, what));
}

}  // namespace

ArrowType arrow_boolean(std::string name) { return {std::move(name), "b", {}}; }
ArrowType arrow_int8(std::string name) { return {std::move(name), "c", {}}; }
ArrowType arrow_int16(std::string name) { return {std::move(name), "s", {}}; }
ArrowType arrow_int32(std::string name) { return {std::move(name), "i", {}}; }
ArrowType arrow_int64(std::string name) { return {std::move(name), "l", {}}; }
ArrowType arrow_float32(std::string name) { return {std::move(name), "f", {}}; }
ArrowType arrow_float64(std::string name) { return {std::move(name), "g", {}}; }
ArrowType arrow_text(std::string name) { return {std::move(name), "u", {}}; }
ArrowType arrow_binary(std::string name) { return {std::move(name), "z", {}}; }
ArrowType arrow_date(std::string name) { return {std::move(name), "tdD", {}}; }
ArrowType arrow_timestamp(std::string name, std::string_view zone) {
  return {std::move(name), fmt::format("tsu:{}", zone), {}};
}
ArrowType arrow_decimal(std::string name, int precision, int scale) {
  return {std::move(name), fmt::format("d:{},{}", precision, scale), {}};
}
ArrowType arrow_struct(std::string name, std::vector<ArrowType> fields) {
  return {std::move(name), "+s", std::move(fields)};
}
ArrowType arrow_list(std::string name, ArrowType item) { return {std::move(name), "+l", {std::move(item)}}; }
ArrowType arrow_map(std::string name, ArrowType key, ArrowType value) {
  return {std::move(name), "+m", {arrow_struct("entries", {std::move(key), std::move(value)})}};
}

ArrowBuilder::ArrowBuilder(ArrowType type) : type_(std::move(type)) {
  ArrowLayout layout = arrow_layout(type_.format);
  kind_ = layout.kind;
  width_ = layout.width;
  scale_ = layout.scale;
  buffers_ = layout.buffers;
  for (const auto& child : type_.children) children_.emplace_back(child);
  push_bound();
}

void ArrowBuilder::push_valid(bool valid) {
  set_bit(validity_, size_, valid);
  null_count_ += valid ? 0 : 1;
  ++size_;
}

void ArrowBuilder::push_bytes(const void* bytes, size_t size) { values_.append(static_cast<const char*>(bytes), size); }

// Offsets of texts, lists and maps: one more than there are rows.
void ArrowBuilder::push_bound() {
  bool text = kind_ == ArrowKind::text || kind_ == ArrowKind::binary;
  if (!text && kind_ != ArrowKind::list && kind_ != ArrowKind::map) return;
  int64_t bound = text ? static_cast<int64_t>(text_.size()) : children_[0].size_;
  expect(bound <= std::numeric_limits<int32_t>::max(), type_, "more than 2 GB in one batch");
  auto narrow = static_cast<int32_t>(bound);
  push_bytes(&narrow, sizeof(narrow));
}

void ArrowBuilder::append_null() {
  if (kind_ == ArrowKind::boolean && size_ % 8 == 0) values_ += '\0';
  if (kind_ == ArrowKind::struct_) {
    for (auto& child : children_) child.append_null();
  } else if (width_ > 0) {
    values_.append(static_cast<size_t>(width_), '\0');
  }
  push_valid(false);
  push_bound();
}

void ArrowBuilder::append_bool(bool value) {
  expect(kind_ == ArrowKind::boolean, type_, "a boolean was appended");
  if (size_ % 8 == 0) values_ += '\0';
  if (value) values_.back() = static_cast<char>(static_cast<uint8_t>(values_.back()) | (1U << (size_ % 8)));
  push_valid(true);
}

void ArrowBuilder::append_int(int64_t value) {
  expect(kind_ == ArrowKind::integer || kind_ == ArrowKind::date || kind_ == ArrowKind::timestamp, type_,
         "an integer was appended");
  auto width = static_cast<size_t>(width_);
  int64_t limit = width == 8 ? 0 : int64_t{1} << (8 * width - 1);
  expect(width == 8 || (value >= -limit && value < limit), type_, "the integer is too large");
  push_bytes(&value, width);  // little-endian
  push_valid(true);
}

void ArrowBuilder::append_real(double value) {
  expect(kind_ == ArrowKind::real, type_, "a number was appended");
  auto narrow = static_cast<float>(value);
  if (width_ == 4)
    push_bytes(&narrow, sizeof(narrow));
  else
    push_bytes(&value, sizeof(value));
  push_valid(true);
}

void ArrowBuilder::append_text(std::string_view value) {
  expect(kind_ == ArrowKind::text || kind_ == ArrowKind::binary, type_, "a text was appended");
  text_ += value;
  push_valid(true);
  push_bound();
}

bool ArrowBuilder::append_decimal(std::string_view text) {
  expect(kind_ == ArrowKind::decimal, type_, "a decimal was appended");
  auto value = unscaled(text, scale_);
  if (!value) return false;
  push_bytes(&*value, sizeof(*value));
  push_valid(true);
  return true;
}

ArrowBuilder& ArrowBuilder::field(size_t index) {
  expect(index < children_.size(), type_, "it has no such field");
  return children_[index];
}

void ArrowBuilder::end_row() {
  if (kind_ == ArrowKind::struct_) {
    for (auto& child : children_) expect(child.size_ == size_ + 1, child.type_, "not one value for the row");
  } else if (kind_ == ArrowKind::map) {
    auto& entries = children_[0];
    while (entries.size_ < entries.children_[0].size_) entries.push_valid(true);
    expect(entries.size_ == entries.children_[1].size_, type_, "keys and values differ in number");
  } else {
    expect(kind_ == ArrowKind::list, type_, "end_row of a flat column");
  }
  push_valid(true);
  push_bound();
}

ArrowArray ArrowBuilder::finish_array() {
  auto data = std::make_unique<ArrayData>();
  data->validity = std::move(validity_);
  data->values = std::move(values_);
  data->text = std::move(text_);
  for (auto& child : children_) data->children.push_back(child.finish_array());
  for (auto& child : data->children) data->child_pointers.push_back(&child);
  data->buffers.push_back(null_count_ > 0 ? data->validity.data() : nullptr);
  if (buffers_ > 1) data->buffers.push_back(data->values.data());
  if (buffers_ > 2) data->buffers.push_back(data->text.data());

  ArrowArray array{};
  array.length = size_;
  array.null_count = null_count_;
  array.n_buffers = static_cast<int64_t>(data->buffers.size());
  array.buffers = data->buffers.data();
  array.n_children = static_cast<int64_t>(data->children.size());
  array.children = data->child_pointers.data();
  array.release = release<ArrowArray, ArrayData>;
  array.private_data = data.release();

  size_ = null_count_ = 0;
  validity_.clear();
  values_.clear();
  text_.clear();
  push_bound();
  return array;
}

Batch ArrowBuilder::finish_batch() {
  expect(type_.format == "+s", type_, "a batch is made of a struct");
  return Batch(finish_array());
}

BatchSchema arrow_schema(const ArrowType& type) { return BatchSchema(export_schema(type, false)); }

std::optional<Batch> BatchList::next() {
  if (next_ >= batches_.size()) return std::nullopt;
  return std::move(batches_[next_++]);
}

}  // namespace weir::format
