// Integers of any size, for what does not fit 64 bits. Sign and magnitude; schoolbook arithmetic, which is enough for
// the few dozen digits that templates meet. Values are immutable.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::tmpl {

class BigInt {
 public:
  BigInt() = default;
  BigInt(int64_t value);
  static BigInt from_double(double value);  // of a finite number, truncated
  // Digits of `base` (2..36), no sign, no separators; nullopt if there is another character or none.
  static std::optional<BigInt> parse(std::string_view digits, int base);

  bool negative() const { return negative_; }
  bool zero() const { return limbs_.empty(); }
  bool odd() const { return !limbs_.empty() && (limbs_[0] & 1) != 0; }
  size_t bits() const;                   // of the magnitude
  std::optional<int64_t> small() const;  // the value, if it fits
  double real() const;                   // rounded to nearest even; infinity if too large
  std::string text(int base = 10) const;

  BigInt operator-() const;
  BigInt operator+(const BigInt& other) const;
  BigInt operator-(const BigInt& other) const;
  BigInt operator*(const BigInt& other) const;
  // Quotient rounded down and the remainder with the divisor's sign, as Python; the divisor is not zero.
  std::pair<BigInt, BigInt> divide(const BigInt& divisor) const;
  BigInt power(uint64_t exponent) const;
  std::strong_ordering operator<=>(const BigInt& other) const;
  bool operator==(const BigInt& other) const = default;

 private:
  using Limbs = std::vector<uint32_t>;  // least significant first, no leading zero
  BigInt(bool negative, Limbs limbs);
  static std::strong_ordering compare(const Limbs& a, const Limbs& b);
  static Limbs add(const Limbs& a, const Limbs& b);
  static Limbs subtract(const Limbs& a, const Limbs& b);  // a >= b
  static std::pair<Limbs, Limbs> divide(const Limbs& a, const Limbs& b);
  static uint32_t divide_small(Limbs& a, uint32_t divisor);  // in place; returns the remainder
  bool negative_ = false;
  Limbs limbs_;
};

}  // namespace weir::tmpl
