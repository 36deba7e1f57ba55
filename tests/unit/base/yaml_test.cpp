#include "base/yaml.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::string json_of(std::string_view text) { return Yaml::parse(text, "a.yml").to_json().dump(); }

Error yaml_error_of(std::string_view text) {
  try {
    ADD_FAILURE() << "accepted as " << json_of(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_yaml);
    EXPECT_TRUE(error.span().has_value());
    return error;
  }
  return Error(ErrorCode::internal, "no error");
}

TEST(Yaml, Structure) {
  EXPECT_EQ(json_of("a: 1\nb:\n  - x\n  - {y: 2, z: [3]}\nc:\n"), R"({"a":1,"b":["x",{"y":2,"z":[3]}],"c":null})");
  EXPECT_EQ(json_of(""), "null");
  EXPECT_EQ(json_of("# only a comment\n"), "null");
  EXPECT_EQ(json_of("--- x\n"), "\"x\"");
  EXPECT_EQ(json_of("\xEF\xBB\xBF"
                    "a: b"),
            R"({"a":"b"})");
  EXPECT_EQ(json_of("a: |\n  x\n   y\nb: >-\n  x\n  y\n"), R"({"a":"x\n y\n","b":"x y"})");
}

TEST(Yaml, QuotedIsText) {
  EXPECT_EQ(json_of("[\"1\", 'no', \"null\", !!str 1, ! 2, '']"), R"(["1","no","null","1","2",""])");
  EXPECT_EQ(json_of("a: \"{{ ref('x') }}\""), R"({"a":"{{ ref('x') }}"})");
}

TEST(Yaml, StandardTagsThatFitAreFine) {
  EXPECT_EQ(json_of("[!!int 3, !!float 3.5, !!bool yes, !!null ~, !!map {}, !!seq []]"), "[3,3.5,true,null,{},[]]");
  yaml_error_of("!!int x");
  yaml_error_of("!!float 3");
  yaml_error_of("!!python/object:os.system x");
  yaml_error_of("!!binary aGk=");
  yaml_error_of("!mine [1]");
}

TEST(Yaml, KeysAreTextsAsWritten) {
  const Yaml doc = Yaml::parse("on: 1\n0x10: 2\n'a b': 3\n", "a.yml");
  EXPECT_EQ(doc.to_json().dump(), R"({"on":1,"0x10":2,"a b":3})");
  ASSERT_NE(doc.find("a b"), nullptr);
  EXPECT_EQ(doc.find_key("a b")->span.line, 3);
  EXPECT_EQ(doc.find("absent"), nullptr);
}

TEST(Yaml, PositionsPointAtNodes) {
  const Yaml doc = Yaml::parse("models:\n  - name: ä\n    tests: [unique, {accepted: 1}]\n", "m.yml");
  const Yaml& model = doc.find("models")->items.at(0);
  EXPECT_EQ(model.span.line, 2);
  EXPECT_EQ(model.span.column, 5);
  const Yaml& test = model.find("tests")->items.at(1);
  EXPECT_EQ(test.span.file, "m.yml");
  EXPECT_EQ(test.span.line, 3);
  EXPECT_EQ(test.span.column, 21);
  EXPECT_EQ(test.span.line_text, "    tests: [unique, {accepted: 1}]");
  EXPECT_EQ(model.find("name")->text, "ä");
}

TEST(Yaml, AnchorsAndMergeKeys) {
  EXPECT_EQ(json_of("a: &x {k: 1}\nb: *x\n"), R"({"a":{"k":1},"b":{"k":1}})");
  EXPECT_EQ(json_of("base: &b {x: 1, y: 2}\nd:\n  y: 3\n  <<: *b\n  z: 4\n"),
            R"({"base":{"x":1,"y":2},"d":{"x":1,"y":3,"z":4}})");
  EXPECT_EQ(json_of("- &a {x: 1}\n- &b {x: 2, y: 2}\n- <<: [*a, *b]\n"), R"([{"x":1},{"x":2,"y":2},{"x":1,"y":2}])");
  EXPECT_EQ(json_of("'<<': {x: 1}"), R"({"<<":{"x":1}})");
  EXPECT_EQ(json_of("<<: {}\na: 1"), R"({"a":1})");
  yaml_error_of("<<: 1");
  yaml_error_of("<<: [1]");
  yaml_error_of("a: *nowhere");
  yaml_error_of("a: &a [*a]");
}

TEST(Yaml, AliasBombsAreRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 1; k < 10; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_NE(yaml_error_of(bomb).message().find("aliases expand"), std::string::npos);
}

TEST(Yaml, DuplicateKeysAreRefused) {
  const Error error = yaml_error_of("a: 1\nb: 2\na: 3\n");
  EXPECT_NE(error.message().find("\"a\" occurs twice"), std::string::npos);
  EXPECT_EQ(error.span()->line, 3);
  yaml_error_of("{a: 1, 'a': 2}");
}

TEST(Yaml, OfKeysThatMayOccurTwiceTheLastValueCounts) {
  std::vector<Yaml> repeated;
  const Yaml yaml = Yaml::parse("a: {x: 1, y: 2, x: 3}\nb: 2\na: {<<: {x: 8}, x: 4}\n", "a.yml", &repeated);
  EXPECT_EQ(yaml.to_json().dump(), R"({"b":2,"a":{"x":4}})");
  ASSERT_EQ(repeated.size(), 2U);  // not x of the merge
  EXPECT_EQ(repeated[0].text, "x");
  EXPECT_EQ(repeated[0].span.column, 17);
  EXPECT_EQ(repeated[1].span.line, 3);
}

TEST(Yaml, NestingIsLimited) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(Yaml::parse(nested(100), "a.yml").items.size(), 1U);
  yaml_error_of(nested(101));
  yaml_error_of(std::string(100'000, '['));
  yaml_error_of(std::string(100'000, '{'));
}

TEST(Yaml, CharactersThatYamlForbids) {
  EXPECT_EQ(yaml_error_of("a: b\nc: \x04 d\n").span()->line, 2);
  yaml_error_of(std::string_view("a: \0b", 5));
  yaml_error_of("a: \x7f");
  EXPECT_EQ(yaml_error_of("a: b\n  c\xff\n").span()->column, 4);
  yaml_error_of(
      "\xff\xfe"
      "a");
  EXPECT_EQ(json_of("a: \"\\x04\""), R"({"a":"\u0004"})");
}

TEST(Yaml, ErrorsNameThePlace) {
  const Error error = yaml_error_of("a:\n  b: c: d\n");
  EXPECT_EQ(error.span()->line, 2);
  EXPECT_EQ(error.span()->line_text, "  b: c: d");
  const Error braces = yaml_error_of("models:\n  database: {{ target.name }}\n");
  EXPECT_EQ(braces.span()->line, 2);
  EXPECT_NE(braces.hint().find("quotes"), std::string::npos);
  yaml_error_of("a: [1, 2");
  yaml_error_of("a: 'x");
  yaml_error_of("- a\nb: c");
  yaml_error_of("a: b\n---\nc: d\n");
  yaml_error_of("a: =");
}

TEST(Yaml, AsString) {
  const Yaml doc = Yaml::parse("a: 1.10\nb: []\nc:\n", "a.yml");
  EXPECT_EQ(doc.find("a")->as_string(), "1.10");
  EXPECT_THROW(doc.find("b")->as_string(), Error);
  EXPECT_THROW(doc.find("c")->as_string(), Error);
}

}  // namespace
}  // namespace weir
