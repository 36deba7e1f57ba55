#include "template/bigint.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace weir::tmpl {

namespace {

void trim_zeros(std::vector<uint32_t>& limbs) {
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

}  // namespace

BigInt::BigInt(bool negative, Limbs limbs) : negative_(negative), limbs_(std::move(limbs)) {
  trim_zeros(limbs_);
  if (limbs_.empty()) negative_ = false;
}

BigInt::BigInt(int64_t value) : negative_(value < 0) {
  uint64_t magnitude = negative_ ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  while (magnitude) {
    limbs_.push_back(static_cast<uint32_t>(magnitude));
    magnitude >>= 32;
  }
}

BigInt BigInt::from_double(double value) {
  int exponent = 0;
  double fraction = std::frexp(std::fabs(std::trunc(value)), &exponent);  // [0.5, 1) * 2^exponent
  if (exponent <= 0) return BigInt();
  auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  int shift = exponent - 53;
  if (shift <= 0) return BigInt(static_cast<int64_t>(value));
  Limbs limbs(static_cast<size_t>(shift / 32), 0);
  unsigned part = static_cast<unsigned>(shift % 32);
  limbs.push_back(static_cast<uint32_t>(mantissa << part));
  limbs.push_back(static_cast<uint32_t>(mantissa >> (32 - part)));
  limbs.push_back(part ? static_cast<uint32_t>(mantissa >> (64 - part)) : 0);
  return BigInt(value < 0, std::move(limbs));
}

std::optional<BigInt> BigInt::parse(std::string_view digits, int base) {
  if (digits.empty()) return std::nullopt;
  Limbs limbs;
  for (char c : digits) {
    int digit = digit_value(c);
    if (digit >= base) return std::nullopt;
    uint64_t carry = static_cast<uint64_t>(digit);
    for (uint32_t& limb : limbs) {
      carry += static_cast<uint64_t>(limb) * static_cast<uint64_t>(base);
      limb = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry) limbs.push_back(static_cast<uint32_t>(carry));
  }
  return BigInt(false, std::move(limbs));
}

size_t BigInt::bits() const {
  if (limbs_.empty()) return 0;
  return limbs_.size() * 32 - static_cast<size_t>(std::countl_zero(limbs_.back()));
}

std::optional<int64_t> BigInt::small() const {
  if (limbs_.size() > 2) return std::nullopt;
  uint64_t magnitude = 0;
  for (size_t i = limbs_.size(); i-- > 0;) magnitude = (magnitude << 32) | limbs_[i];
  constexpr uint64_t kLimit = uint64_t{1} << 63;
  if (magnitude > kLimit || (magnitude == kLimit && !negative_)) return std::nullopt;
  return negative_ ? static_cast<int64_t>(uint64_t{0} - magnitude) : static_cast<int64_t>(magnitude);
}

double BigInt::real() const {
  size_t length = bits();
  if (length > 1024) return negative_ ? -HUGE_VAL : HUGE_VAL;
  // The top 64 bits, with all lower bits folded into the last one, round like the whole.
  uint64_t top = 0;
  bool rest = false;
  size_t drop = length > 64 ? length - 64 : 0;
  for (size_t i = limbs_.size(); i-- > 0;) {
    uint64_t limb = limbs_[i];
    size_t low = i * 32;
    if (low >= drop) {
      top |= limb << (low - drop);
    } else if (low + 32 > drop) {
      top |= limb >> (drop - low);
      rest = rest || (limb & ((uint64_t{1} << (drop - low)) - 1)) != 0;
    } else {
      rest = rest || limb != 0;
    }
  }
  if (drop && rest) top |= 1;
  double magnitude = std::ldexp(static_cast<double>(top), static_cast<int>(drop));
  return negative_ ? -magnitude : magnitude;
}

std::string BigInt::text(int base) const {
  if (limbs_.empty()) return "0";
  Limbs limbs = limbs_;
  std::string reversed;
  uint32_t chunk = static_cast<uint32_t>(base);
  int chunk_digits = 1;
  while (static_cast<uint64_t>(chunk) * static_cast<uint64_t>(base) <= std::numeric_limits<uint32_t>::max()) {
    chunk *= static_cast<uint32_t>(base);
    ++chunk_digits;
  }
  while (!limbs.empty()) {
    uint32_t rest = divide_small(limbs, chunk);
    for (int i = 0; i < chunk_digits && (rest != 0 || !limbs.empty()); ++i) {
      reversed.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[rest % static_cast<uint32_t>(base)]);
      rest /= static_cast<uint32_t>(base);
    }
  }
  if (negative_) reversed.push_back('-');
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::strong_ordering BigInt::compare(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  for (size_t i = a.size(); i-- > 0;)
    if (a[i] != b[i]) return a[i] <=> b[i];
  return std::strong_ordering::equal;
}

BigInt::Limbs BigInt::add(const Limbs& a, const Limbs& b) {
  Limbs sum;
  uint64_t carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    carry += (i < a.size() ? a[i] : 0);
    carry += (i < b.size() ? b[i] : 0);
    sum.push_back(static_cast<uint32_t>(carry));
    carry >>= 32;
  }
  if (carry) sum.push_back(static_cast<uint32_t>(carry));
  return sum;
}

BigInt::Limbs BigInt::subtract(const Limbs& a, const Limbs& b) {
  Limbs difference;
  int64_t borrow = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t limb = static_cast<int64_t>(a[i]) - borrow - (i < b.size() ? static_cast<int64_t>(b[i]) : 0);
    borrow = limb < 0 ? 1 : 0;
    difference.push_back(static_cast<uint32_t>(limb + (borrow << 32)));
  }
  trim_zeros(difference);
  return difference;
}

uint32_t BigInt::divide_small(Limbs& a, uint32_t divisor) {
  uint64_t rest = 0;
  for (size_t i = a.size(); i-- > 0;) {
    rest = (rest << 32) | a[i];
    a[i] = static_cast<uint32_t>(rest / divisor);
    rest %= divisor;
  }
  trim_zeros(a);
  return static_cast<uint32_t>(rest);
}

// Long division, bit by bit from the top: magnitudes here have a few hundred bits at most in practice.
std::pair<BigInt::Limbs, BigInt::Limbs> BigInt::divide(const Limbs& a, const Limbs& b) {
  if (compare(a, b) < 0) return {{}, a};
  if (b.size() == 1) {
    Limbs quotient = a;
    uint32_t rest = divide_small(quotient, b[0]);
    return {std::move(quotient), rest ? Limbs{rest} : Limbs{}};
  }
  Limbs quotient(a.size(), 0), rest;
  for (size_t bit = a.size() * 32; bit-- > 0;) {
    uint32_t carry = (a[bit / 32] >> (bit % 32)) & 1;
    for (uint32_t& limb : rest) {
      uint32_t next = limb >> 31;
      limb = (limb << 1) | carry;
      carry = next;
    }
    if (carry) rest.push_back(carry);
    if (compare(rest, b) >= 0) {
      rest = subtract(rest, b);
      quotient[bit / 32] |= uint32_t{1} << (bit % 32);
    }
  }
  trim_zeros(quotient);
  return {std::move(quotient), std::move(rest)};
}

BigInt BigInt::operator-() const { return BigInt(!negative_, limbs_); }

BigInt BigInt::operator+(const BigInt& other) const {
  if (negative_ == other.negative_) return BigInt(negative_, add(limbs_, other.limbs_));
  if (compare(limbs_, other.limbs_) >= 0) return BigInt(negative_, subtract(limbs_, other.limbs_));
  return BigInt(other.negative_, subtract(other.limbs_, limbs_));
}

BigInt BigInt::operator-(const BigInt& other) const { return *this + (-other); }

BigInt BigInt::operator*(const BigInt& other) const {
  Limbs product(limbs_.size() + other.limbs_.size(), 0);
  for (size_t i = 0; i < limbs_.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < other.limbs_.size(); ++j) {
      carry += product[i + j] + static_cast<uint64_t>(limbs_[i]) * other.limbs_[j];
      product[i + j] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    product[i + other.limbs_.size()] = static_cast<uint32_t>(carry);
  }
  return BigInt(negative_ != other.negative_, std::move(product));
}

std::pair<BigInt, BigInt> BigInt::divide(const BigInt& divisor) const {
  auto [quotient, rest] = divide(limbs_, divisor.limbs_);
  BigInt q(negative_ != divisor.negative_, std::move(quotient)), r(negative_, std::move(rest));
  if (!r.zero() && negative_ != divisor.negative_) {
    q = q - BigInt(1);
    r = r + divisor;
  }
  return {std::move(q), std::move(r)};
}

BigInt BigInt::power(uint64_t exponent) const {
  BigInt result(1), base = *this;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1) result = result * base;
    if (exponent > 1) base = base * base;
  }
  return result;
}

std::strong_ordering BigInt::operator<=>(const BigInt& other) const {
  if (negative_ != other.negative_) return negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  return negative_ ? compare(other.limbs_, limbs_) : compare(limbs_, other.limbs_);
}

}  // namespace weir::tmpl
