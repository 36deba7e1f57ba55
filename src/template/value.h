// The dynamic values of templates, with Python's semantics: what a macro passes round, prints and compares.
//
// A Value is 16 bytes: small kinds are held directly, the rest is a reference to a counted cell, so copying is cheap
// and containers are shared by reference as in Python. Reference counts are atomic; a *container* may be changed by one
// evaluation only. Containers that several evaluations see (a project's graph, vars) must be frozen (`freeze`): reading
// is then safe from all threads and a change is a clear error. Text is UTF-8; lengths, indexes and slices count code
// points. Integers have no size limit.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace weir::tmpl {

class Arguments;
class BigInt;
class Dict;
class Evaluation;
class Object;
class Value;

enum class Kind : uint8_t { undefined, none, boolean, integer, real, string, list, tuple, dict, set, object };

// What an absent name or member does when used. All three print and test as in Jinja: `standard` is empty text and
// false, `chainable` also allows attributes of it, `strict` throws on any use but `is defined` and `default`.
enum class UndefinedMode : uint8_t { standard, chainable, strict };

// A counted heap cell. Never derive from it directly outside this folder; derive from Object.
class Cell {
 public:
  Cell() = default;
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;
  virtual ~Cell() = default;
  void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  bool drop() const noexcept { return references_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
  bool shared() const noexcept { return references_.load(std::memory_order_acquire) > 1; }
  uint32_t references() const noexcept { return references_.load(std::memory_order_acquire); }
  // Moves the values this cell holds into `out`, so that deep structures are freed without recursion.
  virtual void release_children(std::vector<Value>& out);

 private:
  mutable std::atomic<uint32_t> references_{1};
};

// Frees a cell whose last reference went, and what hangs below it.
void destroy(const Cell* cell) noexcept;

// An owning reference to a cell.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* adopted) noexcept : cell_(adopted) {}  // takes over the one reference of a new cell
  static Ref share(T* cell) noexcept {
    if (cell) cell->retain();
    return Ref(cell);
  }
  Ref(const Ref& other) noexcept : cell_(other.cell_) {
    if (cell_) cell_->retain();
  }
  Ref(Ref&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  template <class U>
  Ref(Ref<U> other) noexcept : cell_(other.leak()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~Ref() {
    if (cell_ && cell_->drop()) destroy(cell_);
  }
  T* get() const noexcept { return cell_; }
  T* operator->() const noexcept { return cell_; }
  T& operator*() const noexcept { return *cell_; }
  explicit operator bool() const noexcept { return cell_ != nullptr; }
  T* leak() noexcept { return std::exchange(cell_, nullptr); }

 private:
  T* cell_ = nullptr;
};

template <class T, class... Args>
Ref<T> make(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

// A function of C++ that templates can call. It may keep no reference to the Evaluation or the Arguments.
using Function = std::function<Value(Evaluation&, const Arguments&)>;

class Value {
 public:
  Value() noexcept : tag_(Tag::none) { bits_.integer = 0; }  // None
  Value(std::nullptr_t) noexcept : Value() {}
  Value(bool value) noexcept : tag_(Tag::boolean) { bits_.integer = value; }
  Value(int value) noexcept : tag_(Tag::integer) { bits_.integer = value; }
  Value(int64_t value) noexcept : tag_(Tag::integer) { bits_.integer = value; }
  Value(size_t value);
  Value(double value) noexcept : tag_(Tag::real) { bits_.real = value; }
  Value(const char* text) : Value(std::string(text)) {}
  template <class T>
  Value(T*) = delete;  // a pointer is no bool
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(std::string text);
  explicit Value(const Json& json);       // objects become dicts, arrays lists
  Value(BigInt value);                    // held as a plain integer where it fits
  static Value markup(std::string text);  // text already escaped for HTML, as the filters `escape`, `safe` give
  static Value list(std::vector<Value> items = {});
  static Value tuple(std::vector<Value> items = {});
  static Value set(std::vector<Value> items = {});  // repeated items are dropped; unhashable ones throw
  static Value dict(Dict members);
  static Value dict();
  static Value object(Ref<Object> object);
  static Value function(std::string name, Function function);
  // An absent thing. `message` is the whole message of the error that its use throws ("'x' is undefined").
  static Value undefined(std::string message, UndefinedMode mode = UndefinedMode::standard);

  Value(const Value& other) noexcept : tag_(other.tag_), bits_(other.bits_) {
    if (counted()) bits_.cell->retain();
  }
  Value(Value&& other) noexcept : tag_(other.tag_), bits_(other.bits_) { other.tag_ = Tag::none; }
  Value& operator=(const Value& other) noexcept { return *this = Value(other); }
  Value& operator=(Value&& other) noexcept {
    std::swap(tag_, other.tag_);
    std::swap(bits_, other.bits_);
    return *this;
  }
  ~Value() {
    if (counted() && bits_.cell->drop()) destroy(bits_.cell);
  }

  Kind kind() const noexcept;
  bool is_undefined() const noexcept { return tag_ == Tag::undefined; }
  bool is_none() const noexcept { return tag_ == Tag::none; }
  bool is_bool() const noexcept { return tag_ == Tag::boolean; }
  bool is_int() const noexcept { return tag_ == Tag::integer || tag_ == Tag::big; }  // not bool
  bool is_small_int() const noexcept { return tag_ == Tag::integer; }                // fits int64
  bool is_real() const noexcept { return tag_ == Tag::real; }
  bool is_number() const noexcept { return is_int() || is_real() || is_bool(); }
  bool is_string() const noexcept { return tag_ == Tag::string; }
  bool is_markup() const noexcept;
  bool is_list() const noexcept { return tag_ == Tag::list; }
  bool is_tuple() const noexcept { return tag_ == Tag::tuple; }
  bool is_dict() const noexcept { return tag_ == Tag::dict; }
  bool is_set() const noexcept { return tag_ == Tag::set; }
  bool is_object() const noexcept { return tag_ == Tag::object; }
  // The same thing, not an equal one (Python's `is`).
  bool same(const Value& other) const noexcept;

  // Typed access; Error{template_type} naming the expected and the found type. `to_*` of Json's kinds see `to_json`.
  bool as_bool() const;
  int64_t as_int() const;  // an integer or bool that fits 64 bits
  double as_real() const;  // any number
  const std::string& as_string() const;
  BigInt as_big() const;                    // an integer or bool
  const std::vector<Value>& items() const;  // of a list or tuple
  std::vector<Value>& list_items();         // of a list, for changing; Error if frozen
  const Dict& as_dict() const;
  Dict& as_dict();                     // for changing; Error if frozen
  const Dict& as_set() const;          // a set's items are the keys
  Object* as_object() const noexcept;  // nullptr if it is none
  template <class T>
  T* as() const noexcept;  // the object as a T (see object.h), or nullptr
  const std::string& undefined_message() const;

  // Python's str(), repr(), bool(), type().__name__. Strict undefined throws in the first and third.
  std::string str() const;
  std::string repr() const;
  void append_str(std::string& out) const;
  bool truth() const;
  std::string type_name() const;

  // Python's ==, hash() and <. less throws Error{template_type} for types without an order.
  bool equals(const Value& other) const;
  size_t hash() const;  // throws for unhashable kinds
  bool less(const Value& other) const;

  // Plain data only (none, bool, numbers, text, lists, tuples, dicts with scalar keys); Error{template_type} otherwise.
  Json to_json() const;
  // Makes this value and all below it unchangeable, for sharing between evaluations. Returns itself.
  Value freeze() const;

 private:
  friend struct Raw;
  enum class Tag : uint8_t {
    none,
    boolean,
    integer,
    real,  // held here
    undefined,
    big,
    string,
    list,
    tuple,
    dict,
    set,
    object,  // a counted cell; order is used by counted()
    missing,
    unresolved  // states of a variable's slot, never seen outside
  };
  bool counted() const noexcept { return tag_ >= Tag::undefined && tag_ <= Tag::object; }
  Tag tag_;
  union {
    int64_t integer;
    double real;
    Cell* cell;
  } bits_;
};

// A dict: insertion order, keys compared as Python does (1 == 1.0 == True). Not safe for changes from several threads.
class Dict {
 public:
  struct Entry {
    Value key, value;
    size_t hash;
  };
  Dict() = default;
  Dict(std::initializer_list<std::pair<const char*, Value>> members);
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  const Value* find(const char* key) const { return find(std::string_view(key)); }
  const Value* find(const std::string& key) const { return find(std::string_view(key)); }
  void set(Value key, Value value);  // keeps the place of a key that is there
  bool erase(const Value& key);
  void clear();
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }
  Entry& entry(size_t index) { return entries_[index]; }
  std::vector<Entry> take_entries();  // leaves it empty

 private:
  size_t locate(const Value& key, size_t hash) const;  // index into entries_, or npos
  void rebuild();
  std::vector<Entry> entries_;
  std::vector<uint32_t> buckets_;  // open addressing; used once there are more than eight entries
};

// Python's literal_eval, as native rendering uses it: numbers, text, lists, tuples, dicts, sets, True/False/None.
std::optional<Value> parse_python_literal(std::string_view text);

}  // namespace weir::tmpl
