// The heap cells behind Value, and access to a Value's bits. For this folder's .cpp files only.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "template/bigint.h"
#include "template/value.h"

namespace weir::tmpl {

struct StringCell final : Cell {
  StringCell(std::string value, bool is_markup) : text(std::move(value)), markup(is_markup) {}
  // Only bytes below 0x80: then code points and bytes are the same. Found out at first need.
  bool ascii() const;
  std::string text;
  bool markup;

 private:
  mutable std::atomic<int8_t> ascii_{-1};
};

struct ListCell final : Cell {
  explicit ListCell(std::vector<Value> values) : items(std::move(values)) {}
  void release_children(std::vector<Value>& out) override;
  std::vector<Value> items;
  bool frozen = false;
  bool suspect = false;  // noted by Evaluation as a possible part of a reference cycle
};

struct TupleCell final : Cell {
  explicit TupleCell(std::vector<Value> values) : items(std::move(values)) {}
  void release_children(std::vector<Value>& out) override;
  std::vector<Value> items;
  std::vector<std::string> names;  // of a named tuple: attribute names
};

struct DictCell final : Cell {
  explicit DictCell(Dict values) : dict(std::move(values)) {}
  void release_children(std::vector<Value>& out) override;
  Dict dict;
  bool frozen = false;
  bool suspect = false;
};

struct SetCell final : Cell {
  explicit SetCell(Dict values) : dict(std::move(values)) {}
  void release_children(std::vector<Value>& out) override;
  Dict dict;  // the items are its keys
  bool frozen = false;
};

struct UndefinedCell final : Cell {
  UndefinedCell(std::string text, UndefinedMode undefined_mode, bool is_unsafe)
      : message(std::move(text)), mode(undefined_mode), unsafe(is_unsafe) {}
  std::string message;
  UndefinedMode mode;
  bool unsafe;  // it stands for something the sandbox hides
};

struct BigCell final : Cell {
  explicit BigCell(BigInt big) : value(std::move(big)) {}
  BigInt value;
};

// A Value's inside.
struct Raw {
  using Tag = Value::Tag;
  static Tag tag(const Value& value) { return value.tag_; }
  static Cell* cell(const Value& value) { return value.counted() ? value.bits_.cell : nullptr; }
  static int64_t integer(const Value& value) { return value.bits_.integer; }
  static double real(const Value& value) { return value.bits_.real; }
  static Value adopt(Tag tag, Cell* cell) {
    Value value;
    if (!cell) return value;
    value.tag_ = tag;
    value.bits_.cell = cell;
    return value;
  }
  static Value share(Tag tag, Cell* cell) {
    cell->retain();
    return adopt(tag, cell);
  }
  static StringCell& string(const Value& value) { return *static_cast<StringCell*>(value.bits_.cell); }
  static ListCell& list(const Value& value) { return *static_cast<ListCell*>(value.bits_.cell); }
  static TupleCell& tuple(const Value& value) { return *static_cast<TupleCell*>(value.bits_.cell); }
  static DictCell& dict(const Value& value) { return *static_cast<DictCell*>(value.bits_.cell); }
  static SetCell& set(const Value& value) { return *static_cast<SetCell*>(value.bits_.cell); }
  static UndefinedCell& undefined(const Value& value) { return *static_cast<UndefinedCell*>(value.bits_.cell); }
  static const BigInt& big(const Value& value) { return static_cast<BigCell*>(value.bits_.cell)->value; }

  // States of a variable's slot: `missing` has no value, `unresolved` is looked up by name when first read.
  static Value missing() { return state(Tag::missing); }
  static Value unresolved() { return state(Tag::unresolved); }
  static bool is_missing(const Value& value) { return value.tag_ == Tag::missing; }
  static bool is_unresolved(const Value& value) { return value.tag_ == Tag::unresolved; }
  static bool is_container(const Value& value) { return value.tag_ >= Tag::list && value.tag_ <= Tag::object; }

 private:
  static Value state(Tag tag) {
    Value value;
    value.tag_ = tag;
    return value;
  }
};

// Throws what using this undefined value throws.
[[noreturn]] void throw_undefined(const Value& value);
// Throws unless the mode of the undefined value allows printing, testing and iterating it.
inline void check_not_strict(const Value& value) {
  if (Raw::undefined(value).mode == UndefinedMode::strict) throw_undefined(value);
}

}  // namespace weir::tmpl
