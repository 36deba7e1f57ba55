// Arithmetic of Python's bool, int and float.
#include <cmath>

#include "template/cells.h"
#include "template/failure.h"
#include "template/operators.h"

namespace weir::tmpl {

namespace {

// Integers beyond it are refused: their arithmetic would take long, and Python does not print them either.
constexpr size_t kMaxBits = 32768;

Value checked(BigInt value) {
  if (value.bits() > kMaxBits) limit_error("an integer of more than 32768 bits");
  return Value(std::move(value));
}

[[noreturn]] void zero_division(const char* message) { value_error(message); }

double to_real(const Value& value) {
  double real = value.as_real();
  if (std::isinf(real) && !value.is_real()) value_error("int too large to convert to float");
  return real;
}

// a / b for integers, correctly rounded: a quotient of at least 64 significant bits, with a sticky last bit.
double divide_exactly(const BigInt& a, const BigInt& b) {
  if (a.zero()) return 0;
  int64_t spread = static_cast<int64_t>(a.bits()) - static_cast<int64_t>(b.bits());
  int64_t shift = 66 - spread;
  BigInt scaled = shift > 0 ? a * BigInt(2).power(static_cast<uint64_t>(shift)) : a;
  BigInt divisor = shift < 0 ? b * BigInt(2).power(static_cast<uint64_t>(-shift)) : b;
  bool negative = scaled.negative() != divisor.negative();
  auto [quotient, rest] = (scaled.negative() ? -scaled : scaled).divide(divisor.negative() ? -divisor : divisor);
  if (!rest.zero() && !quotient.odd()) quotient = quotient + BigInt(1);
  double result = std::ldexp(quotient.real(), static_cast<int>(-shift));
  if (std::isinf(result)) value_error("integer division result too large for a float");
  return negative ? -result : result;
}

Value int_power(const BigInt& base, const BigInt& exponent) {
  if (exponent.negative()) {
    if (base.zero()) zero_division("0.0 cannot be raised to a negative power");
    return std::pow(base.real(), exponent.real());
  }
  if (base.bits() <= 1) {  // -1, 0, 1
    if (exponent.zero()) return 1;
    return base.negative() && !exponent.odd() ? Value(1) : Value(base);
  }
  auto times = exponent.small();
  if (!times || static_cast<uint64_t>(*times) * base.bits() > 2 * kMaxBits || *times > static_cast<int64_t>(kMaxBits))
    limit_error("an integer of more than 32768 bits");
  return checked(base.power(static_cast<uint64_t>(*times)));
}

Value int_binary(BinaryOp op, const BigInt& a, const BigInt& b) {
  switch (op) {
    case BinaryOp::add:
      return checked(a + b);
    case BinaryOp::subtract:
      return checked(a - b);
    case BinaryOp::multiply:
      return checked(a * b);
    case BinaryOp::divide:
      if (b.zero()) zero_division("division by zero");
      return divide_exactly(a, b);
    case BinaryOp::floor_divide:
      if (b.zero()) zero_division("integer division or modulo by zero");
      return Value(a.divide(b).first);
    case BinaryOp::modulo:
      if (b.zero()) zero_division("integer modulo by zero");
      return Value(a.divide(b).second);
    case BinaryOp::power:
      break;
  }
  return int_power(a, b);
}

// The common case without big integers; nullopt if the result does not fit.
std::optional<Value> small_binary(BinaryOp op, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (op) {
    case BinaryOp::add:
      if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
      return Value(result);
    case BinaryOp::subtract:
      if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
      return Value(result);
    case BinaryOp::multiply:
      if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
      return Value(result);
    case BinaryOp::divide: {
      constexpr int64_t kExact = int64_t{1} << 53;
      if (b == 0 || a > kExact || a < -kExact || b > kExact || b < -kExact) return std::nullopt;
      return Value(static_cast<double>(a) / static_cast<double>(b));
    }
    case BinaryOp::floor_divide:
    case BinaryOp::modulo: {
      if (b == 0 || (a == INT64_MIN && b == -1)) return std::nullopt;
      int64_t quotient = a / b, rest = a % b;
      if (rest != 0 && (rest < 0) != (b < 0)) {
        --quotient;
        rest += b;
      }
      return Value(op == BinaryOp::modulo ? rest : quotient);
    }
    case BinaryOp::power:
      break;
  }
  return std::nullopt;
}

double real_modulo(double a, double b) {
  double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (b < 0) != (rest < 0) ? rest + b : rest;
}

double real_floor_divide(double a, double b) {
  double rest = std::fmod(a, b), quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1.0;
  if (quotient == 0) return std::copysign(0.0, a / b);
  double whole = std::floor(quotient);
  return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

double real_power(double a, double b) {
  if (a == 0 && b < 0) zero_division("0.0 cannot be raised to a negative power");
  if (a < 0 && std::isfinite(a) && std::isfinite(b) && std::trunc(b) != b)
    value_error("a negative number to a fractional power has no real result");
  double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) value_error("(34, 'Numerical result out of range')");
  return result;
}

Value real_binary(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::add:
      return a + b;
    case BinaryOp::subtract:
      return a - b;
    case BinaryOp::multiply:
      return a * b;
    case BinaryOp::divide:
      if (b == 0) zero_division("float division by zero");
      return a / b;
    case BinaryOp::floor_divide:
      if (b == 0) zero_division("float floor division by zero");
      return real_floor_divide(a, b);
    case BinaryOp::modulo:
      if (b == 0) zero_division("float modulo");
      return real_modulo(a, b);
    case BinaryOp::power:
      break;
  }
  return real_power(a, b);
}

}  // namespace

Value number_binary(BinaryOp op, const Value& a, const Value& b) {
  if (a.is_real() || b.is_real()) return real_binary(op, to_real(a), to_real(b));
  if (Raw::tag(a) != Raw::Tag::big && Raw::tag(b) != Raw::Tag::big)
    if (auto result = small_binary(op, Raw::integer(a), Raw::integer(b))) return *result;
  return int_binary(op, a.as_big(), b.as_big());
}

}  // namespace weir::tmpl
