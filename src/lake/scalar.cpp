// Scalars of Delta's types (declared in predicate.h).
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "lake/predicate.h"

namespace weir::lake {

namespace {

int sign_of(int value) { return value < 0 ? -1 : value > 0 ? 1 : 0; }

// A decimal text as sign, digits before the point without leading zeros, digits after it without trailing zeros.
struct Decimal {
  bool negative = false;
  std::string_view whole, fraction;
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal decimal;
  decimal.negative = text.starts_with('-');
  if (decimal.negative || text.starts_with('+')) text.remove_prefix(1);
  size_t dot = text.find('.');
  decimal.whole = text.substr(0, dot);
  if (dot != std::string_view::npos) decimal.fraction = text.substr(dot + 1);
  bool digits = decimal.whole.find_first_not_of("0123456789") == std::string_view::npos &&
                decimal.fraction.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || decimal.whole.size() + decimal.fraction.size() == 0) return std::nullopt;
  while (decimal.whole.starts_with('0')) decimal.whole.remove_prefix(1);
  while (decimal.fraction.ends_with('0')) decimal.fraction.remove_suffix(1);
  if (decimal.whole.empty() && decimal.fraction.empty()) decimal.negative = false;
  return decimal;
}

std::optional<int> compare_decimals(std::string_view a_text, std::string_view b_text) {
  auto a = parse_decimal(a_text), b = parse_decimal(b_text);
  if (!a || !b) return std::nullopt;
  if (a->negative != b->negative) return a->negative ? -1 : 1;
  int order = a->whole.size() != b->whole.size() ? (a->whole.size() < b->whole.size() ? -1 : 1)
                                                 : sign_of(a->whole.compare(b->whole));
  if (order == 0) order = sign_of(a->fraction.compare(b->fraction));
  return a->negative ? -order : order;
}

std::optional<std::string> decimal_text(const Scalar& scalar) {
  if (const auto* text = std::get_if<std::string>(&scalar)) return *text;
  if (const auto* integer = std::get_if<int64_t>(&scalar)) return std::to_string(*integer);
  return std::nullopt;
}

std::optional<double> number(const Scalar& scalar) {
  if (const auto* real = std::get_if<double>(&scalar)) return *real;
  // Beyond 2^53 a double no longer tells neighbours apart.
  constexpr int64_t exact = int64_t{1} << 53;
  if (const auto* integer = std::get_if<int64_t>(&scalar); integer && *integer <= exact && *integer >= -exact)
    return static_cast<double>(*integer);
  return std::nullopt;
}

template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

std::optional<int> compare_numbers(const Scalar& a, const Scalar& b) {
  const auto* x = std::get_if<int64_t>(&a);
  const auto* y = std::get_if<int64_t>(&b);
  if (x && y) return order(*x, *y);
  auto left = number(a), right = number(b);
  if (!left || !right) return std::nullopt;
  if (std::isnan(*left) || std::isnan(*right)) return order(std::isnan(*left), std::isnan(*right));
  return order(*left, *right);
}

}  // namespace

std::optional<int> compare_scalars(const Scalar& a, const Scalar& b, const DataType& type) {
  if (type.kind == TypeKind::decimal) {
    auto x = decimal_text(a), y = decimal_text(b);
    return x && y ? compare_decimals(*x, *y) : std::nullopt;
  }
  if (type.kind == TypeKind::string || type.kind == TypeKind::binary) {
    const auto* x = std::get_if<std::string>(&a);
    const auto* y = std::get_if<std::string>(&b);
    return x && y ? std::optional(sign_of(x->compare(*y))) : std::nullopt;
  }
  if (type.kind == TypeKind::boolean) {
    const auto* x = std::get_if<bool>(&a);
    const auto* y = std::get_if<bool>(&b);
    return x && y ? std::optional(order(*x, *y)) : std::nullopt;
  }
  return compare_numbers(a, b);
}

Scalar scalar_from_text(const DataType& type, const std::string& text) {
  switch (type.kind) {
    case TypeKind::string:
    case TypeKind::binary:
      return text;
    case TypeKind::boolean:
      if (iequals(text, "true")) return true;
      return iequals(text, "false") ? Scalar(false) : Scalar();
    case TypeKind::long_:
    case TypeKind::integer:
    case TypeKind::short_:
    case TypeKind::byte: {
      auto value = parse_int(text);
      return value ? Scalar(*value) : Scalar();
    }
    case TypeKind::double_: {
      auto value = parse_double(text);
      return value ? Scalar(*value) : Scalar();
    }
    case TypeKind::float_: {
      // The text is the shortest that gives the float, not the double.
      auto value = parse_double(text);
      return value ? Scalar(static_cast<double>(static_cast<float>(*value))) : Scalar();
    }
    case TypeKind::decimal:
      return parse_decimal(text) ? Scalar(text) : Scalar();
    case TypeKind::date: {
      auto us = parse_iso_us(text);
      constexpr int64_t day_us = 86'400'000'000;
      return us && *us % day_us == 0 ? Scalar(*us / day_us) : Scalar();
    }
    case TypeKind::timestamp:
    case TypeKind::timestamp_ntz: {
      auto us = parse_iso_us(text);
      return us ? Scalar(*us) : Scalar();
    }
    default:
      return {};
  }
}

}  // namespace weir::lake
