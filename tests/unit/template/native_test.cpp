// Rendering that keeps types, and Python's literals.
#include <gtest/gtest.h>

#include "rendering.h"

namespace weir::tmpl {
namespace {

TEST(Native, OneExpressionKeepsItsType) {
  EXPECT_EQ(native("{{ 3 }}").as_int(), 3);
  EXPECT_TRUE(native("{{ x }}", {{"x", true}}).as_bool());
  EXPECT_EQ(native("{{ [1, 'a'] }}").repr(), "[1, 'a']");
  EXPECT_TRUE(native("{{ none }}").is_none());
  EXPECT_EQ(native("{% set y = 2 %}{{ y * 1.5 }}").as_real(), 3.0);
}

TEST(Native, TextStaysText) {
  EXPECT_EQ(native("{{ '3' }}").as_string(), "3");
  EXPECT_EQ(native("{{ 3 }} ").as_string(), "3 ");
  EXPECT_EQ(native("{{ 1 }}{{ 2 }}").as_string(), "12");
  EXPECT_EQ(native("plain").as_string(), "plain");
  EXPECT_EQ(native("").as_string(), "");
}

TEST(Native, UndefinedComesBackAsUndefined) { EXPECT_TRUE(native("{{ nope }}").is_undefined()); }

std::string literal(const char* text) {
  auto value = parse_python_literal(text);
  return value ? value->repr() : "no literal";
}

TEST(PythonLiterals, AreRead) {
  EXPECT_EQ(literal("1"), "1");
  EXPECT_EQ(literal(" -2.50"), "-2.5");
  EXPECT_EQ(literal("1_000"), "1000");
  EXPECT_EQ(literal("0x1F"), "31");
  EXPECT_EQ(literal(".5"), "0.5");
  EXPECT_EQ(literal("1e-3"), "0.001");
  EXPECT_EQ(literal("12345678901234567890123"), "12345678901234567890123");
  EXPECT_EQ(literal("True"), "True");
  EXPECT_EQ(literal("None"), "None");
  EXPECT_EQ(literal("'it\\'s' \"x\\n\""), "\"it'sx\\n\"");
  EXPECT_EQ(literal("'''a\nb'''"), "'a\\nb'");
  EXPECT_EQ(literal("[1, [2, ], ()]"), "[1, [2], ()]");
  EXPECT_EQ(literal("(1,)"), "(1,)");
  EXPECT_EQ(literal("(1)"), "1");
  EXPECT_EQ(literal("1, 2"), "(1, 2)");
  EXPECT_EQ(literal("{'a': {1}, 2: None,}"), "{'a': {1}, 2: None}");
}

TEST(PythonLiterals, RefuseAllElse) {
  for (const char* text :
       {"",   "x",        "true", "null", "1 2", "[1",         "1 +",   "007",   "nan",  "inf",      "1j",
        "'a", "{[1]: 2}", "a.b",  "f()",  "[,]", "2020-01-01", "1.2.3", "Truex", "-'a'", "{1: 2, 3}"})
    EXPECT_EQ(literal(text), "no literal") << text;
}

}  // namespace
}  // namespace weir::tmpl
