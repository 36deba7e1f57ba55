#include "lake/space_curve.h"

#include <algorithm>

namespace weir::lake {

namespace {

constexpr int max_bits = 10;
constexpr int key_bits = 64;

// The highest bit of each coordinate, the first dimension's in front, then the next bit of each.
uint64_t interleave(std::span<const uint32_t> point, int bits) {
  uint64_t place = 0;
  for (int bit = bits - 1; bit >= 0; --bit)
    for (uint32_t coordinate : point) place = place << 1 | (coordinate >> bit & 1);
  return place;
}

// Turns coordinates into those whose interleaved bits are the place on Hilbert's curve (J. Skilling, "Programming the
// Hilbert curve", AIP Conf. Proc. 707, 2004): from the largest cube to the smallest, each is mirrored or has two axes
// exchanged as the curve passes through it; at last the Gray code is undone.
void untwist(std::span<uint32_t> point, int bits) {
  const uint32_t top = 1U << (bits - 1);
  for (uint32_t side = top; side > 1; side >>= 1) {
    const uint32_t inside = side - 1;
    for (uint32_t& coordinate : point) {
      if (coordinate & side) {
        point[0] ^= inside;
      } else {
        const uint32_t different = (point[0] ^ coordinate) & inside;
        point[0] ^= different;
        coordinate ^= different;
      }
    }
  }
  for (size_t i = 1; i < point.size(); ++i) point[i] ^= point[i - 1];
  uint32_t odd = 0;
  for (uint32_t side = top; side > 1; side >>= 1)
    if (point.back() & side) odd ^= side - 1;
  for (uint32_t& coordinate : point) coordinate ^= odd;
}

}  // namespace

int curve_bits(size_t dimensions) { return std::min(max_bits, key_bits / static_cast<int>(dimensions)); }

uint64_t place_on_curve(std::span<uint32_t> point, int bits) {
  untwist(point, bits);
  return interleave(point, bits);
}

}  // namespace weir::lake
