// The curve by which rows are put in order.
#include "lake/space_curve.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

namespace weir::lake {
namespace {

using Point = std::vector<uint32_t>;

uint64_t place(Point point, int bits) { return place_on_curve(point, bits); }

// All points of a space, by their place on the curve.
std::vector<Point> along(size_t dimensions, int bits) {
  const uint32_t side = 1U << bits;
  size_t count = 1;
  for (size_t i = 0; i < dimensions; ++i) count *= side;
  std::vector<Point> points(count);
  for (size_t number = 0; number < count; ++number) {
    Point point;
    size_t rest = number;
    for (size_t i = 0; i < dimensions; ++i, rest /= side) point.push_back(static_cast<uint32_t>(rest % side));
    const auto at = place(point, bits);
    EXPECT_LT(at, count);
    EXPECT_TRUE(points.at(at).empty()) << "two points at " << at;
    points.at(at) = point;
  }
  return points;
}

TEST(SpaceCurve, of_one_dimension_is_the_coordinate) { EXPECT_EQ(place({5}, 3), 5U); }

TEST(SpaceCurve, visits_each_point_once) {
  for (size_t dimensions = 1; dimensions <= 4; ++dimensions) along(dimensions, 3);
}

TEST(SpaceCurve, goes_to_a_neighbour_with_each_step) {
  for (size_t dimensions = 1; dimensions <= 4; ++dimensions) {
    const auto points = along(dimensions, 3);
    for (size_t i = 1; i < points.size(); ++i) {
      int steps = 0;
      for (size_t d = 0; d < dimensions; ++d)
        steps += std::abs(static_cast<int>(points[i][d]) - static_cast<int>(points[i - 1][d]));
      ASSERT_EQ(steps, 1) << dimensions << " dimensions, step " << i;
    }
  }
}

TEST(SpaceCurve, a_place_fits_into_64_bits_in_any_number_of_dimensions) {
  for (size_t dimensions = 1; dimensions <= max_curve_dimensions; ++dimensions) {
    const int bits = curve_bits(dimensions);
    EXPECT_LE(bits * static_cast<int>(dimensions), 64);
    EXPECT_GE(bits, 8);
    const Point corner(dimensions, (1U << bits) - 1);
    const int used = bits * static_cast<int>(dimensions);
    EXPECT_EQ(used < 64 ? place(corner, bits) >> used : 0U, 0U);
  }
}

}  // namespace
}  // namespace weir::lake
