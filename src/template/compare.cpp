// Python's ==, hash() and order.
#include "template/compare.h"

#include <cmath>

#include "template/cells.h"
#include "template/failure.h"
#include "template/object.h"

namespace weir::tmpl {

namespace {

bool is_exact(double value) { return std::trunc(value) == value && std::fabs(value) < 9.2e18; }

// One operation's way through values: a value that occurs many times inside others can unfold without end.
struct Walk {
  int depth = 0;
  size_t left = 4'000'000;
};

class Step {
 public:
  explicit Step(Walk& walk) : walk_(walk) {
    check_value_depth(walk.depth);
    if (walk.left == 0) limit_error("values are too large to compare");
    --walk.left;
    ++walk.depth;
  }
  ~Step() { --walk_.depth; }

 private:
  Walk& walk_;
};

bool equal_values(const Value& a, const Value& b, Walk& walk);

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b, Walk& walk) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!a[i].same(b[i]) && !equal_values(a[i], b[i], walk)) return false;
  return true;
}

bool equal_dicts(const Dict& a, const Dict& b, bool values, Walk& walk) {
  if (a.size() != b.size()) return false;
  for (const auto& entry : a.entries()) {
    const Value* other = b.find(entry.key);
    if (!other || (values && !entry.value.same(*other) && !equal_values(entry.value, *other, walk))) return false;
  }
  return true;
}

bool equal_values(const Value& a, const Value& b, Walk& walk) {
  Step step(walk);
  if (a.is_undefined() || b.is_undefined()) {
    if (a.is_undefined()) check_not_strict(a);
    if (b.is_undefined()) check_not_strict(b);
    return a.is_undefined() && b.is_undefined() && Raw::undefined(a).mode == Raw::undefined(b).mode;
  }
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.is_object() || b.is_object()) {
    if (a.is_object() && b.is_object()) return a.as_object()->equals(*b.as_object());
    auto plain = a.is_object() ? a.as_object()->equal_to_plain(b) : b.as_object()->equal_to_plain(a);
    return plain.value_or(false);
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::none:
      return true;
    case Kind::string:
      return Raw::string(a).text == Raw::string(b).text;
    case Kind::list:
    case Kind::tuple:
      return equal_items(a.items(), b.items(), walk);
    case Kind::dict:
      return equal_dicts(Raw::dict(a).dict, Raw::dict(b).dict, true, walk);
    case Kind::set:
      return equal_dicts(Raw::set(a).dict, Raw::set(b).dict, false, walk);
    default:
      return false;
  }
}

size_t mix(size_t seed, size_t hash) { return seed ^ (hash + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2)); }

size_t hash_number(const Value& value) {
  if (value.is_real()) {
    double real = Raw::real(value);
    if (is_exact(real)) return std::hash<int64_t>{}(static_cast<int64_t>(real));
    if (!std::isfinite(real) || std::trunc(real) != real) return std::hash<double>{}(real);
    return std::hash<std::string>{}(BigInt::from_double(real).text(16));
  }
  if (Raw::tag(value) == Raw::Tag::big) return std::hash<std::string>{}(Raw::big(value).text(16));
  return std::hash<int64_t>{}(Raw::integer(value));
}

size_t hash_value(const Value& value, Walk& walk) {
  Step step(walk);
  switch (value.kind()) {
    case Kind::none:
      return 0x5f3759df;
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
      return hash_number(value);
    case Kind::string:
      return std::hash<std::string_view>{}(Raw::string(value).text);
    case Kind::tuple: {
      size_t hash = 0x345678;
      for (const Value& item : value.items()) hash = mix(hash, hash_value(item, walk));
      return hash;
    }
    case Kind::undefined:
      check_not_strict(value);
      return 0x7ab1e;
    case Kind::object:
      if (auto hash = value.as_object()->hash()) return *hash;
      break;
    default:
      break;
  }
  type_error("unhashable type: '" + value.type_name() + "'");
}

std::string_view sign_of(Order order) {
  switch (order) {
    case Order::less:
      return "<";
    case Order::less_equal:
      return "<=";
    case Order::greater:
      return ">";
    case Order::greater_equal:
      break;
  }
  return ">=";
}

bool holds(Order order, std::partial_ordering is) {
  switch (order) {
    case Order::less:
      return is < 0;
    case Order::less_equal:
      return is <= 0;
    case Order::greater:
      return is > 0;
    case Order::greater_equal:
      break;
  }
  return is >= 0;
}

bool subset(const Dict& a, const Dict& b) {
  for (const auto& entry : a.entries())
    if (!b.find(entry.key)) return false;
  return true;
}

bool order_sets(Order order, const Dict& a, const Dict& b) {
  bool strict = order == Order::less || order == Order::greater;
  bool down = order == Order::greater || order == Order::greater_equal;
  const Dict& small = down ? b : a;
  const Dict& large = down ? a : b;
  return subset(small, large) && !(strict && small.size() == large.size());
}

bool order_values(Order order, const Value& a, const Value& b, Walk& walk) {
  Step step(walk);
  if (a.is_undefined()) throw_undefined(a);
  if (b.is_undefined()) throw_undefined(b);
  if (a.is_number() && b.is_number()) return holds(order, compare_numbers(a, b));
  if (a.is_string() && b.is_string()) return holds(order, Raw::string(a).text <=> Raw::string(b).text);
  if ((a.is_list() && b.is_list()) || (a.is_tuple() && b.is_tuple())) {
    const auto& x = a.items();
    const auto& y = b.items();
    for (size_t i = 0; i < x.size() && i < y.size(); ++i)
      if (!x[i].same(y[i]) && !equal_values(x[i], y[i], walk)) return order_values(order, x[i], y[i], walk);
    return holds(order, x.size() <=> y.size());
  }
  if (a.is_set() && b.is_set()) return order_sets(order, a.as_set(), b.as_set());
  if (a.is_object() && b.is_object())
    if (auto is = a.as_object()->order(*b.as_object())) return holds(order, *is);
  type_error("'" + std::string(sign_of(order)) + "' not supported between instances of '" + a.type_name() + "' and '" +
             b.type_name() + "'");
}

}  // namespace

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  bool real_a = a.is_real(), real_b = b.is_real();
  if (real_a && real_b) return Raw::real(a) <=> Raw::real(b);
  if (!real_a && !real_b) {
    if (Raw::tag(a) != Raw::Tag::big && Raw::tag(b) != Raw::Tag::big) return Raw::integer(a) <=> Raw::integer(b);
    return a.as_big() <=> b.as_big();
  }
  double real = real_a ? Raw::real(a) : Raw::real(b);
  const Value& integer = real_a ? b : a;
  std::partial_ordering is = std::partial_ordering::equivalent;  // integer against real
  if (std::isnan(real)) return std::partial_ordering::unordered;
  if (std::isinf(real)) {
    is = 0.0 <=> real;
  } else {
    double whole = std::trunc(real);
    is = integer.as_big() <=> BigInt::from_double(whole);
    if (is == 0) is = whole <=> real;
  }
  return real_a ? 0 <=> is : is;
}

bool ordered(Order order, const Value& a, const Value& b) {
  Walk walk;
  return order_values(order, a, b, walk);
}

bool hashable(const Value& value) {
  if (!value.is_tuple())
    return !value.is_list() && !value.is_dict() && !value.is_set() &&
           !(value.is_object() && !value.as_object()->hash());
  // Tuples in which one list hides deep down are rare enough for the way by the error.
  try {
    value.hash();
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::template_type) throw;
    return false;
  }
}

bool Value::equals(const Value& other) const {
  Walk walk;
  return equal_values(*this, other, walk);
}

size_t Value::hash() const {
  Walk walk;
  return hash_value(*this, walk);
}

bool Value::less(const Value& other) const { return ordered(Order::less, *this, other); }

}  // namespace weir::tmpl
