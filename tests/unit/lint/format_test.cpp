// Formatting, held to its promise on random queries and on words thrown together: it says the same as before, and a
// second time changes nothing.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <random>

#include "lint/jinja_reader.h"
#include "lint/linter.h"
#include "lint/same_words.h"

namespace weir::lint {
namespace {

class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  std::string query(int depth) {
    text_.clear();
    if (pick(3) == 0) with(depth);
    select(depth);
    word(pick(2) ? ";" : "");
    return std::move(text_);
  }

  std::string soup(size_t words) {
    static const char* const all[] = {
        "select",    "from",          "where",       "(",       ")",    ",",    "a",    "b.c",    "'x y'",   "1.5",
        "+",         "and",           "case",        "when",    "then", "end",  "join", "on",     "union",   "order",
        "by",        "::int",         "--c\n",       "/* d */", "\n",   "with", "as",   "sum(x)", "=",       "!=",
        "{{ 'y' }}", "{% if true %}", "{% endif %}", "{# n #}", "-",    "not",  "null", "in",     "between", ";",
        "\"q\"",     "over",          "limit"};
    text_.clear();
    for (size_t i = 0; i < words; ++i) word(all[pick(std::size(all))]);
    return std::move(text_);
  }

 private:
  size_t pick(size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random_); }

  void blank() {
    static const char* const blanks[] = {" ",      " ",  " ",          "  ",           "\n",          "\n\n\n",
                                         "\n    ", "\t", " -- note\n", " /* note */ ", "\n-- alone\n"};
    text_ += blanks[pick(std::size(blanks))];
  }
  void word(std::string_view text) {
    if (text.empty()) return;
    blank();
    text_ += text;
  }
  void keyword(std::string text) {
    if (pick(3) == 0)
      for (char& c : text) c = static_cast<char>(std::toupper(c));
    word(text);
  }

  void with(int depth) {
    keyword("with");
    word("t1");
    keyword("as");
    word("(");
    select(depth - 1);
    word(")");
  }
  void expression(int depth) {
    static const char* const simple[] = {"a",       "t.b",  "1",      "'it''s'", "null",   "count(*)",
                                         "\"C d\"", "true", "x::int", "-1",      "f(a, b)"};
    if (depth <= 0 || pick(2) == 0) return word(simple[pick(std::size(simple))]);
    switch (pick(5)) {
      case 0:
        expression(depth - 1);
        word(std::array{"+", "-", "*", "||", "=", "<>", "and", "or", ">="}[pick(9)]);
        return expression(depth - 1);
      case 1:
        keyword("case");
        keyword("when");
        expression(depth - 1);
        keyword("then");
        expression(depth - 1);
        if (pick(2)) {
          keyword("else");
          expression(depth - 1);
        }
        return keyword("end");
      case 2:
        word("(");
        expression(depth - 1);
        return word(")");
      case 3:
        text_ += " sum(";
        expression(depth - 1);
        word(")");
        keyword("over");
        word("(");
        keyword("partition");
        keyword("by");
        expression(0);
        return word(")");
      default:
        word("a");
        keyword("in");
        word("(");
        word("1");
        word(",");
        word("2");
        return word(")");
    }
  }
  void select(int depth) {
    keyword("select");
    if (pick(5) == 0) keyword("distinct");
    for (size_t i = pick(3) + 1; i > 0; --i) {
      expression(depth);
      if (pick(2)) {
        keyword("as");
        word("n" + std::to_string(i));
      }
      if (i > 1) word(",");
    }
    keyword("from");
    if (depth > 0 && pick(4) == 0) {
      word("(");
      select(depth - 1);
      word(")");
      keyword("as");
      word("t");
    } else {
      word("t");
    }
    if (pick(3) == 0) {
      keyword("left");
      keyword("join");
      word("u");
      keyword("on");
      expression(depth - 1);
    }
    if (pick(2) == 0) {
      keyword("where");
      expression(depth);
    }
    if (pick(3) == 0) {
      keyword("group");
      keyword("by");
      word("1");
    }
    if (pick(4) == 0) {
      keyword("union");
      keyword("all");
      select(depth - 1);
    }
  }

  std::mt19937 random_;
  std::string text_;
};

class Formatter {
 public:
  Formatter() {
    config_.set("core", "rules", "layout,CP01");
    std::vector<std::string> unknown;
    rules_ = chosen_rules(config_, unknown);
  }
  Linter::Fixed run(const std::string& sql) const {
    return Linter(config_, rules_).fix(sql, jinja_reader(config_, "soup"));
  }

 private:
  Config config_;
  std::vector<const Rule*> rules_;
};

TEST(Format, RandomQueriesKeepTheirWordsAndASecondTimeChangesNothing) {
  const Formatter formatter;
  int understood = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    const std::string sql = Writer(seed).query(3);
    const auto once = formatter.run(sql);
    ASSERT_TRUE(same_words(sql, once.source, Dialect::duckdb)) << seed << "\n" << sql << "\n---\n" << once.source;
    if (once.obstacle) continue;
    ++understood;
    const auto twice = formatter.run(once.source);
    EXPECT_TRUE(same_words(once.source, twice.source, Dialect::duckdb));
    EXPECT_EQ(twice.source, once.source) << "seed " << seed;
  }
  EXPECT_GT(understood, 350);
}

TEST(Format, WordsThrownTogetherAreReadAndKept) {
  const Formatter formatter;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    const std::string sql = Writer(seed).soup(1 + seed % 60);
    const auto fixed = formatter.run(sql);
    ASSERT_TRUE(same_words(sql, fixed.source, Dialect::duckdb)) << seed << "\n" << sql << "\n---\n" << fixed.source;
  }
}

TEST(Format, SameWordsSeesWhatChanged) {
  EXPECT_TRUE(same_words("select a,b", "SELECT\n  a, b", Dialect::duckdb));
  EXPECT_FALSE(same_words("select a", "select b", Dialect::duckdb));
  EXPECT_FALSE(same_words("select \"A\"", "select \"a\"", Dialect::duckdb));
  EXPECT_FALSE(same_words("select a -- x", "select a", Dialect::duckdb));
  EXPECT_FALSE(same_words("select a - -b", "select a --b", Dialect::duckdb));
  EXPECT_TRUE(same_words("select {{ x }}", "select {{x}}", Dialect::duckdb));
}

}  // namespace
}  // namespace weir::lint
