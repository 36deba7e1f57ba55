// Two relations compared by the real engine.
#include "checks/compare.h"

#include <gtest/gtest.h>

#include "scene.h"

namespace weir::checks {
namespace {

int64_t differing(const std::string& a, const std::string& b, const std::string& tolerance) {
  run::Scene scene;
  const auto session = scene.engine().session(scene.lake(), {});
  const auto side = [&](const std::string& values) {
    const std::string relation = "(SELECT * FROM (VALUES " + values + ") t(id, x))";
    return ComparedSide{relation, session->describe("SELECT * FROM " + relation)};
  };
  CompareOptions options;
  options.key = {"id"};
  if (!tolerance.empty()) options.tolerance = parse_tolerance(tolerance);
  return compare(*session, side(a), side(b), options).changed;
}

TEST(Compare, InfinityAndNanAreNearToNothingButThemselves) {
  const std::string a = "(1, 1.0::DOUBLE), (2, 'inf'), (3, 'nan'), (4, 'inf'), (5, '-inf'), (6, 'nan')";
  const std::string b = "(1, 'inf'::DOUBLE), (2, 5.0), (3, 7.0), (4, '-inf'), (5, '-inf'), (6, 'nan')";
  for (const char* tolerance : {"", "1e300", "0.1%", "100%", "1e300%"})
    EXPECT_EQ(differing(a, b, tolerance), 4) << tolerance;
}

TEST(Compare, FloatsAreApartAsTheNumbersThatTheyAre) {
  EXPECT_EQ(differing("(1, 3e38::FLOAT)", "(1, -3e38::FLOAT)", "190%"), 1);
  EXPECT_EQ(differing("(1, 3e38::FLOAT)", "(1, -3e38::FLOAT)", "200%"), 0);
  EXPECT_EQ(differing("(1, 1::FLOAT)", "(1, 1.01::FLOAT)", "0.01"), 0);
}

TEST(Compare, AShareOfTheLargerOne) {
  EXPECT_EQ(differing("(1, 1000.0::DOUBLE), (2, -1000)", "(1, 1000.9::DOUBLE), (2, -1001.1)", "0.1%"), 1);
}

}  // namespace
}  // namespace weir::checks
