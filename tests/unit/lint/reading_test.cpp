// How files are read: texts with prefixes, deep nesting, ends of lines, bytes that nobody types, patterns, TOML.
#include <gtest/gtest.h>

#include "base/error.h"
#include "lint/jinja_reader.h"
#include "lint/linter.h"
#include "lint/same_words.h"
#include "lint/source_form.h"
#include "lint/toml.h"

namespace weir::lint {
namespace {

Config config_with(const std::string& rules, const std::string& ini = {}) {
  Config config;
  config.read_ini("[sqlfluff]\nrules = " + rules + "\n" + ini, "test");
  return config;
}

Linter::Fixed formatted(const std::string& sql, const std::string& ini = {}, const std::string& rules = "layout,CP01") {
  const Config config = config_with(rules, ini);
  std::vector<std::string> unknown;
  return Linter(config, chosen_rules(config, unknown)).fix(sql, jinja_reader(config, "test"));
}

std::vector<std::string> found(const std::string& sql, const std::string& rules, const std::string& ini = {}) {
  const Config config = config_with(rules, ini);
  std::vector<std::string> unknown, out;
  for (const Violation& each : Linter(config, chosen_rules(config, unknown)).lint(sql, jinja_reader(config, "test")))
    out.push_back(each.code + "@" + std::to_string(each.line) + ":" + std::to_string(each.column));
  return out;
}

std::unique_ptr<Tree> tree_of(const std::string& sql, Dialect dialect = Dialect::duckdb) {
  TreeOptions options;
  options.dialect = dialect;
  return read_tree(plain_file(sql), options);
}

bool is_understood(const Tree& tree) { return !holds(*tree.root, K::unparsable); }

TEST(Reading, TextsWithPrefixesAreOneWord) {
  for (const char* text : {R"(E'a\'b')", R"(e'it''s \\')", "X'0aFf'", "b'01'", "N'x'", R"(U&'d\0061')"})
    for (const Dialect dialect : {Dialect::duckdb, Dialect::ansi}) {
      if (dialect == Dialect::ansi && (*text == 'U' || *text == 'N')) continue;  // there two words, as to sqlfluff
      const auto words = lex(text, dialect);
      ASSERT_EQ(words.size(), 1U) << text;
      EXPECT_EQ(words[0].kind, K::single_quote) << text;
    }
  EXPECT_EQ(lex(R"(u&"d\0061")", Dialect::duckdb).size(), 1U);
  EXPECT_EQ(lex("note'x'", Dialect::duckdb).size(), 2U);
  const std::string sql = "select E'a\\'b' as x, X'ab' as y, b'01' as z\nfrom t\nwhere a = e'q' and c=N'r'\n";
  const auto once = formatted(sql);
  EXPECT_FALSE(once.obstacle);
  EXPECT_EQ(once.source,
            "select\n    E'a\\'b' as x,\n    X'ab' as y,\n    b'01' as z\nfrom t\nwhere a = e'q' and c = N'r'\n");
  EXPECT_FALSE(same_words("select E'a'", "select E 'a'", Dialect::duckdb));
  EXPECT_FALSE(same_words("select E'a'", "select e'a'", Dialect::duckdb));
  EXPECT_FALSE(same_words("select U&'a'", "select U & 'a'", Dialect::ansi));
}

std::string repeated(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

struct Shape {
  const char *before, *open, *middle, *close, *after;
};
const Shape shapes[] = {
    {"select ", "(", "1", ")", "\n"},
    {"select ", "(select ", "1", ")", "\n"},
    {"", "(", "select 1", ")", "\n"},
    {"select * from ", "(select * from ", "t", ") as s", "\n"},
    {"select * from ", "(", "a join b on true", ")", "\n"},
    {"select * from ", "(", "select 1", ")", "\n"},
    {"select ", "f(", "x", ")", "\n"},
    {"select ", "f(x -> ", "x", ")", "\n"},
    {"select ", "case when ", "a", " then 1 end", "\n"},
    {"select ", "[", "1", "]", "\n"},
    {"select ", "{'a': ", "1", "}", "\n"},
    {"select 1 where ", "(a and ", "b", ")", "\n"},
    {"select 1 where ", "exists (select 1 where ", "b", ")", "\n"},
    {"select 1 where a in ", "(select a from t where a in ", "(1)", ")", "\n"},
    {"", "with c as (", "select 1", ") select * from c", "\n"},
    {"", "(select 1 union all ", "select 2", ")", "\n"},
    {"values (", "(values (", "1", "))", ")\n"},
    {"grant ", "(", "x", ")", "\n"},
    {"grant ", "(", "x", "", "\n"},
    {"select ", "(", "1", "", "\n"},
    {"select ", "(select ", "1", "", "\n"},
    {"select * from ", "(select * from ", "t", "", "\n"},
    {"select ", "f(x -> ", "x +", ")", "\n"},
};

std::string of_depth(const Shape& shape, int depth) {
  return shape.before + repeated(shape.open, depth) + shape.middle + repeated(shape.close, depth) + shape.after;
}

TEST(Reading, StepsGrowWithTheWordsHoweverDeepTheyAreNested) {
  for (const Shape& shape : shapes)
    for (const Dialect dialect : {Dialect::duckdb, Dialect::ansi}) {
      const std::string half = of_depth(shape, 100), whole = of_depth(shape, 200);
      const size_t few = tree_of(half, dialect)->parse_steps, many = tree_of(whole, dialect)->parse_steps;
      EXPECT_LT(many, few * 5 / 2) << of_depth(shape, 2);
      EXPECT_LT(many, lex(whole, dialect).size() * 40) << of_depth(shape, 2);
    }
}

TEST(Reading, TwoHundredNestedAreUnderstood) {
  for (const Shape& shape : shapes) {
    if (*shape.close == '\0' || std::string(shape.middle) == "x +") continue;
    EXPECT_EQ(is_understood(*tree_of(of_depth(shape, 200))), is_understood(*tree_of(of_depth(shape, 3))))
        << of_depth(shape, 2);
  }
  EXPECT_TRUE(is_understood(*tree_of(of_depth(shapes[1], 200))));
  EXPECT_EQ(found(of_depth(shapes[1], 200), "LT12,CP01,AL03,ST05,RF03"), std::vector<std::string>());
}

TEST(Reading, TooDeepIsToldAndTheNextStatementIsRead) {
  for (const Shape& shape : shapes) {
    const auto tree = tree_of(of_depth(shape, 20000) + ";\nselect 1 + 1\n");
    if (*shape.close == '\0') continue;  // a bracket that is not closed nests nothing
    EXPECT_TRUE(holds(*tree->root, K::nested_too_deep)) << of_depth(shape, 2);
    EXPECT_EQ(crawl(*tree->root, {K::unparsable}).size(), 1U) << of_depth(shape, 2);
  }
  const auto fixed = formatted(of_depth(shapes[0], 20000));
  ASSERT_TRUE(fixed.obstacle);
  EXPECT_EQ(fixed.obstacle->text, "Brackets, queries and expressions are nested too deep to be understood");
}

TEST(Reading, WhatIsNotUnderstoodIsNamedThoughItIsIgnored) {
  // A finding stands in front of what is not understood.
  const std::string sql = "SELECT  a from t;\nselect from where (\n";
  for (const char* ini : {"", "ignore = parsing\n"}) {
    const auto fixed = formatted(sql, ini);
    ASSERT_TRUE(fixed.obstacle);
    EXPECT_EQ(fixed.obstacle->code, "PRS");
    EXPECT_EQ(fixed.obstacle->line, 2U);
    EXPECT_EQ(fixed.source, sql);
  }
  const auto hidden = formatted("select from where ( -- noqa: PRS\n");
  ASSERT_TRUE(hidden.obstacle);
  EXPECT_TRUE(hidden.before.empty());
  const auto broken = formatted("select {{ nothing.here }}\n", "ignore = templating\n");
  ASSERT_TRUE(broken.obstacle);
  EXPECT_EQ(broken.obstacle->code, "TMP");
}

TEST(Reading, MistakesOfTemplatesStandWhereTheyAreInTheFile) {
  for (const char* sql : {"select {{ 1 }}, {{ nothing.here }}\n", "select 1,\n  {{ 1 }}, {{ nothing.here }}\n"}) {
    const auto broken = formatted(sql);
    ASSERT_TRUE(broken.obstacle);
    const std::string text(sql);
    const size_t at = text.find(".here"), line = text.rfind('\n', at) + 1;
    EXPECT_EQ(broken.obstacle->column, at - line + 1);
  }
}

TEST(Reading, ControlCharactersStayAsTheyAre) {
  const std::string sql =
      "select 'a\x01"
      "12\x02"
      "b' as x {% if true %},  {{ \"'\x01\x02'\" }} as y{% endif %}\n";
  const auto fixed = formatted(sql, "", "LT01");
  EXPECT_FALSE(fixed.obstacle) << fixed.obstacle->text;
  EXPECT_EQ(fixed.source,
            "select 'a\x01"
            "12\x02"
            "b' as x {% if true %}, {{ \"'\x01\x02'\" }} as y{% endif %}\n");
  EXPECT_FALSE(
      same_words("select '\x01"
                 "1\x01'",
                 "select '{{ x }}'", Dialect::duckdb));
}

TEST(Reading, EndsOfLinesAndTheMarkOfTheEncodingAreKept) {
  const std::string bom = "\xEF\xBB\xBF";
  const auto crlf = formatted(bom + "SELECT a,\r\n  b\r\nfrom t -- x\r\nwhere c = 'a\r\nb'\r\n");
  EXPECT_FALSE(crlf.obstacle);
  EXPECT_EQ(crlf.source, bom + "SELECT\r\n    a,\r\n    b\r\nFROM t -- x\r\nWHERE c = 'a\r\nb'\r\n");
  EXPECT_EQ(formatted(crlf.source).source, crlf.source);
  const std::string good =
      "select a\r\nfrom t\r\nwhere\r\n    b = 1\r\n    and c = 2 {% if true %}\r\n    {% endif %}\r\n";
  EXPECT_EQ(found(bom + good, "all"), found(SourceForm(good).text(), "all"));
  EXPECT_EQ(found(bom + "select a\r\nfrom t\r\n", "all"), std::vector<std::string>());
  EXPECT_EQ(found(bom + "select a,  b\r\nfrom t\r\n", "LT01"), std::vector<std::string>{"LT01@1:10"});
  for (const std::string source : {"", "a\n", "a\r\n", "a\r\r\n", "a\r\nb\n", "\r\n\r\n", "\xEF\xBB\xBFx"}) {
    const SourceForm form(source);
    EXPECT_EQ(form.restored(form.text()), source);
  }
  Config config;
  config.read_directives(bom + "-- sqlfluff:max_line_length:12\r\nselect 1\r\n", "test");
  EXPECT_EQ(config.number("core", "max_line_length"), 12);
}

TEST(Reading, PatternsTakeTimeAsTheTextAndArePythonsWhereTheyCan) {
  const std::string options = "[sqlfluff:rules:capitalisation.identifiers]\nignore_words_regex = ^(a+)+$\n";
  const std::string name = repeated("a", 50000);
  EXPECT_EQ(found("select " + name + "B from T\n", "CP02", options).size(), 1U);
  EXPECT_EQ(found("select " + name + " from T\n", "CP02", options).size(), 0U);
  const std::string any = "[sqlfluff:rules:convention.blocked_words]\nblocked_regex = (?i)^(x|y)+$\n";
  EXPECT_EQ(found("select " + repeated("xY", 100000) + " from t\n", "CV09", any), std::vector<std::string>{"CV09@1:8"});
  try {
    found("select 1\n", "CV09", "[sqlfluff:rules:convention.blocked_words]\nblocked_regex = (?<!a)b\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_lint_config);
  }
}

std::string text_of(const std::vector<TomlEntry>& entries) {
  std::string out;
  for (const TomlEntry& each : entries) {
    out += std::to_string(each.line) + " ";
    for (const std::string& part : each.path) out += "<" + part + ">";
    for (const std::string& value : each.values) out += " |" + value;
    out += "\n";
  }
  return out;
}

TEST(Reading, TomlOfEveryForm) {
  EXPECT_EQ(text_of(read_toml_entries(
                "# note\r\n[a . \"b.c\"] # note\r\nx = 'it # no' # yes\r\ny.z = \"\\u00e9\\\"#\"\r\n", "t")),
            "3 <a><b.c><x> |it # no\n4 <a><b.c><y><z> |\u00e9\"#\n");
  EXPECT_EQ(text_of(read_toml_entries(
                "l = [ # first\n  'a,]', # why\n\n  \"b\", [1, 2],\n  {q = 1},\n]\n[[t]]\nn = 1_000\n", "t")),
            "1 <l> |a,] |b |1 |2\n8 <t><n> |1000\n");
  EXPECT_EQ(text_of(read_toml_entries(
                "m = '''\nfirst\n# text''''\ni = { a = true, b = { c = 'd' } }\nw = 1979-05-27 07:32:00 # day\n", "t")),
            "1 <m> |first\n# text'\n4 <i><a> |true\n4 <i><b><c> |d\n5 <w> |1979-05-27T07:32:00\n");
  EXPECT_EQ(text_of(read_toml_entries("s = \"\"\"a \\\n   b\"\"\"\nf = -1.5e+3", "t")), "1 <s> |a b\n3 <f> |-1500.0\n");
  for (const char* wrong :
       {"[a", "a", "a = ", "a = 'x", "a = [1", "a = {b = 1", "a = \"\\q\"", "a = 1 b = 2", "= 1", "a = \"\\ud800\""})
    EXPECT_THROW(read_toml_entries(wrong, "t"), Error) << wrong;
  EXPECT_THROW(read_toml_entries("a = " + repeated("[", 100000), "t"), Error);
}

TEST(Reading, OptionsInPyproject) {
  Config config;
  config.read_toml(
      "[tool.black]\nline-length = 100\n\n[tool.sqlfluff.core]\nmax_line_length = 120 # wide\nexclude_rules = [\n  # "
      "those\n"
      "  \"LT01\", # blanks\n  'CP01',\n]\n[tool.sqlfluff.rules.capitalisation.keywords]\n"
      "capitalisation_policy = \"upper\"\nignore_words_regex = 'a#b'\n",
      "pyproject.toml");
  EXPECT_EQ(config.number("core", "max_line_length"), 120);
  EXPECT_EQ(config.list("core", "exclude_rules"), (std::vector<std::string>{"LT01", "CP01"}));
  EXPECT_EQ(config.rule_text("capitalisation.keywords", "capitalisation_policy"), "upper");
  EXPECT_EQ(config.rule_text("capitalisation.keywords", "ignore_words_regex"), "a#b");
  EXPECT_TRUE(config.warnings.empty());
}

}  // namespace
}  // namespace weir::lint
