// Hilbert's curve, which fills space: one number for a point of several dimensions, so that points whose numbers are
// close are close in each dimension. Z-order interleaves bits too, but leaps between its quarters: a file of rows that
// lie on both sides of a leap spans nearly all values of a column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::lake {

// So that the number of a point fits: for a space of so many dimensions.
constexpr size_t max_curve_dimensions = 8;
int curve_bits(size_t dimensions);  // of each coordinate, 10 at most

// `point` holds a coordinate below 2^bits for each dimension, bits * dimensions <= 64; it is used up.
uint64_t place_on_curve(std::span<uint32_t> point, int bits);

}  // namespace weir::lake
