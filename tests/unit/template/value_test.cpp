// Values outside of templates: as hosts make and read them.
#include "template/value.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rendering.h"
#include "template/bigint.h"

namespace weir::tmpl {
namespace {

TEST(Values, ComeFromJsonAndGoBack) {
  Json json = Json::parse(R"({"a": [1, 2.5, null, true, "x"], "b": {"c": 12345678901234567890}})");
  Value value(json);
  EXPECT_EQ(value.repr(), "{'a': [1, 2.5, None, True, 'x'], 'b': {'c': 12345678901234567890}}");
  EXPECT_EQ(value.to_json().dump(), json.dump());
  EXPECT_THROW(Value::object(make<Record>("R")).to_json(), Error);
}

TEST(Values, OfDictsKeepOrderAndPythonsKeys) {
  Dict dict;
  dict.set(1, "int");
  dict.set(true, "bool");
  dict.set(1.0, "real");
  dict.set("1", "text");
  EXPECT_EQ(Value::dict(dict).repr(), "{1: 'real', '1': 'text'}");
  EXPECT_TRUE(dict.erase(1));
  EXPECT_FALSE(dict.erase(1));
  EXPECT_EQ(dict.size(), 1u);
  EXPECT_THROW(dict.set(Value::list(), 1), Error);
}

TEST(Values, OfLargeDictsAreFoundAfterRemovals) {
  Dict dict;
  for (int i = 0; i < 1000; ++i) dict.set("k" + std::to_string(i), i);
  for (int i = 0; i < 1000; i += 3) EXPECT_TRUE(dict.erase("k" + std::to_string(i)));
  for (int i = 0; i < 1000; ++i) {
    const Value* found = dict.find("k" + std::to_string(i));
    ASSERT_EQ(found != nullptr, i % 3 != 0) << i;
    if (found) {
      EXPECT_EQ(found->as_int(), i);
    }
  }
}

TEST(Values, SayWhatTheyAreNot) {
  try {
    Value("x").as_int();
    FAIL() << "text is no integer";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "expected an integer, got 'str'");
  }
  EXPECT_THROW(Value::undefined("'x' is undefined").as_string(), Error);
}

TEST(Values, CompareNumbersExactly) {
  EXPECT_TRUE(Value(int64_t{9007199254740993}).equals(Value(BigInt(9007199254740993))));
  EXPECT_FALSE(Value(int64_t{9007199254740993}).equals(9007199254740992.0));
  EXPECT_TRUE(Value(9007199254740992.0).less(int64_t{9007199254740993}));
  EXPECT_EQ(Value(2.0).hash(), Value(2).hash());
  EXPECT_TRUE(Value(BigInt(2).power(70)).equals(std::ldexp(1.0, 70)));
  EXPECT_EQ(Value(BigInt(2).power(70)).hash(), Value(std::ldexp(1.0, 70)).hash());
}

TEST(BigInts, ComputeAsPythonDoes) {
  auto big = [](const char* text) {
    bool negative = text[0] == '-';
    BigInt value = *BigInt::parse(text + (negative ? 1 : 0), 10);
    return negative ? -value : value;
  };
  EXPECT_EQ((big("123456789012345678901234567890") * big("-987654321098765432109876543210")).text(),
            "-121932631137021795226185032733622923332237463801111263526900");
  auto [quotient, rest] = big("-123456789012345678901234567890").divide(big("98765432109876543210"));
  EXPECT_EQ(quotient.text(), "-1249999989");
  EXPECT_EQ(rest.text(), "38580246902623456800");
  EXPECT_EQ((quotient * big("98765432109876543210") + rest).text(), "-123456789012345678901234567890");
  EXPECT_EQ(big("255").text(16), "ff");
  EXPECT_EQ(*big("-9223372036854775808").small(), INT64_MIN);
  EXPECT_FALSE(big("9223372036854775808").small());
  EXPECT_EQ(big("18446744073709551617").real(), 18446744073709551616.0);
  EXPECT_EQ(BigInt::from_double(1e20).text(), "100000000000000000000");
  EXPECT_EQ(BigInt::from_double(-12345.9).text(), "-12345");
}

TEST(Environment, TakesFiltersTestsAndGlobals) {
  Environment environment;
  environment.add_filter("twice", [](Evaluation&, const Arguments& arguments) -> Value {
    return arguments.positional[0].str() + arguments.positional[0].str();
  });
  environment.add_test("short", [](Evaluation& evaluation, const Arguments& arguments) -> Value {
    return evaluation.length(arguments.positional[0]) < 3;
  });
  environment.add_global("limits", Value::list({1, 2}));
  TableHost host;
  EXPECT_EQ(
      environment
          .compile("t", "{{ 'a' | twice }}{{ 'a' is short }}{{ ['ab', 'abc'] | select('short') | list }}{{ limits }}")
          ->render(host),
      "aaTrue['ab'][1, 2]");
  EXPECT_THROW(environment.compile("t", "{{ limits.append(3) }}")->render(host), Error);
}

TEST(Environment, UndefinedModes) {
  auto with = [](UndefinedMode mode) {
    EnvironmentOptions options;
    options.undefined = mode;
    return options;
  };
  EXPECT_EQ(render("[{{ x }}]", {}, with(UndefinedMode::standard)), "[]");
  EXPECT_EQ(render("[{{ x.y.z }}]", {}, with(UndefinedMode::chainable)), "[]");
  EXPECT_EQ(failure("[{{ x.y }}]", {}, with(UndefinedMode::standard)).message(), "'x' is undefined");
  EXPECT_EQ(failure("[{{ x }}]", {}, with(UndefinedMode::strict)).code(), ErrorCode::template_undefined);
  EXPECT_EQ(render("{{ x is defined }}{{ x | default(1) }}", {}, with(UndefinedMode::strict)), "False1");
}

// The name stands in arguments that are made anew for each iteration: it must live as long as it is looked up.
TEST(Filters, MapByAttributeWithADefault) {
  Dict names{{"rows", Value::list({Value::dict({{"a_name_too_long_to_be_kept_inside", 1}}), Value::dict()})}};
  EXPECT_EQ(render("{{ rows | map(attribute='a_name_too_long_to_be_kept_inside', default=7) | list }}", names),
            "[1, 7]");
  EXPECT_EQ(render("{{ rows | map(attribute='b', default=0) | sum }}", names), "0");
}

}  // namespace
}  // namespace weir::tmpl
