// The expected values are those of PyYAML 6.0.3's safe_load, written as JSON (infinities and NaN as null, dates as
// text).
#include "base/yaml_scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weir {
namespace {

struct Case {
  const char* text;
  const char* json;
};

constexpr Case cases[] = {
    {"~", "null"},
    {"null", "null"},
    {"Null", "null"},
    {"NULL", "null"},
    {"nULL", "\"nULL\""},
    {"yes", "true"},
    {"Yes", "true"},
    {"YES", "true"},
    {"yEs", "\"yEs\""},
    {"y", "\"y\""},
    {"Y", "\"Y\""},
    {"n", "\"n\""},
    {"no", "false"},
    {"No", "false"},
    {"NO", "false"},
    {"true", "true"},
    {"True", "true"},
    {"TRUE", "true"},
    {"tRue", "\"tRue\""},
    {"false", "false"},
    {"False", "false"},
    {"FALSE", "false"},
    {"on", "true"},
    {"On", "true"},
    {"ON", "true"},
    {"off", "false"},
    {"Off", "false"},
    {"OFF", "false"},
    {"0", "0"},
    {"-0", "0"},
    {"+0", "0"},
    {"00", "0"},
    {"07", "7"},
    {"08", "\"08\""},
    {"-014", "-12"},
    {"014", "12"},
    {"0o14", "\"0o14\""},
    {"0b101", "5"},
    {"0b2", "\"0b2\""},
    {"-0b11", "-3"},
    {"0x1F", "31"},
    {"0X1F", "\"0X1F\""},
    {"0xg", "\"0xg\""},
    {"-0xff", "-255"},
    {"1_000", "1000"},
    {"1__0", "10"},
    {"_1", "\"_1\""},
    {"1_", "1"},
    {"12e3", "\"12e3\""},
    {"1e3", "\"1e3\""},
    {"1.0e3", "\"1.0e3\""},
    {"1.5e+3", "1500.0"},
    {"1.5E-3", "0.0015"},
    {"1.5e3", "\"1.5e3\""},
    {"+1.5", "1.5"},
    {"-.5", "\"-.5\""},
    {"+.5", "\"+.5\""},
    {".5", "0.5"},
    {".5e+1", "5.0"},
    {".", "\".\""},
    {"..", "\"..\""},
    {".e+1", "\".e+1\""},
    {"1.", "1.0"},
    {"1._5", "1.5"},
    {"-1.", "-1.0"},
    {"0.1", "0.1"},
    {"00.1", "0.1"},
    {"1.2.3", "\"1.2.3\""},
    {".inf", "null"},
    {"-.inf", "null"},
    {"+.Inf", "null"},
    {".INF", "null"},
    {".iNf", "\".iNf\""},
    {".nan", "null"},
    {".NaN", "null"},
    {".NAN", "null"},
    {"-.nan", "\"-.nan\""},
    {"inf", "\"inf\""},
    {"nan", "\"nan\""},
    {"1:30", "90"},
    {"01:30", "\"01:30\""},
    {"1:60", "\"1:60\""},
    {"190:20:30", "685230"},
    {"-1:30", "-90"},
    {"1:30:5", "5405"},
    {"1:30.5", "90.5"},
    {"190:20:30.15", "685230.15"},
    {"0:30", "\"0:30\""},
    {"1:300", "\"1:300\""},
    {"1::3", "\"1::3\""},
    {"12:30:45", "45045"},
    {"2026-01-05", "\"2026-01-05\""},
    {"2026-1-5", "\"2026-1-5\""},
    {"2026-01-05T09:00:00Z", "\"2026-01-05T09:00:00Z\""},
    {"1-2", "\"1-2\""},
    {"0x", "\"0x\""},
    {"0b", "\"0b\""},
    {"1_0_0", "100"},
    {"+12", "12"},
    {"-12", "-12"},
    {"+-1", "\"+-1\""},
    {"++1", "\"++1\""},
    {"1e+3", "\"1e+3\""},
    {"1e5", "\"1e5\""},
    {"e5", "\"e5\""},
    {"0.0", "0.0"},
    {"-0.0", "-0.0"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"x", "\"x\""},
    {"<a", "\"<a\""},
    {"1a", "\"1a\""},
    {"a1", "\"a1\""},
    {"$1", "\"$1\""},
    {"1,000", "\"1,000\""},
    {"1.000.000", "\"1.000.000\""},
    {"0_7", "7"},
    {"0_8", "\"0_8\""},
    {"0b1_0", "2"},
    {"0x_f", "15"},
    {"1_000.5", "1000.5"},
    {"1.5_5", "1.55"},
    {".5_5", "0.55"},
    {"._5", "\"._5\""},
};

TEST(YamlScalar, ResolvesAsPyYamlDoes) {
  for (const auto& [text, json] : cases) EXPECT_EQ(resolve_yaml_scalar(text).dump(), json) << text;
}

TEST(YamlScalar, NotFinite) {
  EXPECT_EQ(resolve_yaml_scalar("-.inf").as_double(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(resolve_yaml_scalar(".Inf").as_double(), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(resolve_yaml_scalar(".NaN").as_double()));
}

TEST(YamlScalar, IntegersThatDoNotFitAreErrors) {
  for (const char* bad : {"9223372036854775808", "-9223372036854775809", "0xffffffffffffffffff", "0b_", "0x_",
                          "18446744073709551616:0", "1:00:00:00:00:00:00:00:00:00:00:00:00"})
    EXPECT_THROW(resolve_yaml_scalar(bad), Error) << bad;
  EXPECT_EQ(resolve_yaml_scalar("0x7fffffffffffffff").as_int(), std::numeric_limits<int64_t>::max());
}

}  // namespace
}  // namespace weir
