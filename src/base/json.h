// JSON values: parse with positions, write compactly. Integers keep 64 bits; other numbers keep their original text, so
// a value read and written again is the same number. Object members keep their order. (RFC 8259; duplicate keys are an
// error.)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace weir {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;
  // A number that is no int64: a double, with the text it was read from (empty if it was computed).
  struct Real {
    double value = 0;
    std::string text;
    bool operator==(const Real& other) const { return value == other.value; }
  };

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<int64_t>(value)) {}
  Json(int64_t value) : value_(value) {}
  Json(uint64_t value);
  Json(double value) : value_(Real{value, {}}) {}
  Json(Real value) : value_(std::move(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }
  static Json strings(const std::vector<std::string>& values);
  static Json strings(const std::map<std::string, std::string>& values);

  bool is_null() const { return value_.index() == 0; }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<Real>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  std::string_view kind() const;  // "null", "boolean", "number", "string", "array", "object"

  // Typed access; throws Error{bad_json} naming expected and found kind. as_int also takes 1.0, 1e3 and -0 (up to
  // 2^53).
  bool as_bool() const;
  int64_t as_int() const;
  double as_double() const;
  const std::string& as_string() const;
  const Array& as_array() const;
  Array& as_array();
  const Object& as_object() const;
  Object& as_object();
  const Real* real() const { return std::get_if<Real>(&value_); }

  // Object access. find: nullptr if absent or not an object. at: throws if absent. set: replaces or appends.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
  const Json& at(std::string_view key) const;
  Json& set(std::string_view key, Json value);  // returns *this for chaining
  bool erase(std::string_view key);
  // Optional members: nullopt when absent or null, Error when of another kind.
  std::optional<std::string> get_string(std::string_view key) const;
  std::optional<int64_t> get_int(std::string_view key) const;
  std::optional<bool> get_bool(std::string_view key) const;
  void push_back(Json value);
  size_t size() const;  // of an array or object, else 0

  bool operator==(const Json& other) const = default;  // object order matters; compare sorted texts where it must not

  // Compact, UTF-8, no escapes but the required ones. A computed number that is not finite is written as null.
  std::string dump() const;
  std::string dump(int indent) const;  // pretty
  std::string dump_sorted() const;     // compact with object keys sorted: the form to hash
  void dump_to(std::string& out) const;

  // Throws Error{bad_json} with byte offset, line and column (and `source` as file). Nesting is limited to 256 levels.
  static Json parse(std::string_view text, std::string_view source = {});

 private:
  std::variant<std::monostate, bool, int64_t, Real, std::string, Array, Object> value_;
};

// Appends `text` as a JSON string with quotes. Bytes that are no UTF-8 become U+FFFD: encode what must survive before.
void append_json_string(std::string& out, std::string_view text);

}  // namespace weir
