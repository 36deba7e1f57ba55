#include <gmock/gmock.h>

#include "template/environment.h"
#include "template/host.h"
#include "template/python_itertools.h"
#include "template/python_re.h"

namespace weir::tmpl {
namespace {

std::string shown(const std::string& expression) {
  static Environment* environment = [] {
    auto* made = new Environment();
    made->add_global("re", re_module());
    made->add_global("itertools", itertools_module());
    return made;
  }();
  TableHost host;
  return render_text(*environment, "test", "{{ " + expression + " }}", host);
}

TEST(PythonRe, SubReplacesWithGroupsNamesAndFunctions) {
  EXPECT_EQ(shown("re.sub('[ -]+', '_', 'a - b c')"), "a_b_c");
  EXPECT_EQ(shown("re.sub('(a)(b)', '\\\\2\\\\1', 'abab')"), "baba");
  EXPECT_EQ(shown("re.sub('(?P<x>a)', '<\\\\g<x>>', 'aba', 1)"), "<a>ba");
  EXPECT_EQ(shown("re.sub('x*', '-', 'abc')"), "-a-b-c-");
  EXPECT_EQ(shown("re.sub('Ä', 'a', 'äÄ', flags=re.IGNORECASE)"), "aa");
}

TEST(PythonRe, MatchesTellTheirGroupsAndPlacesInCharacters) {
  EXPECT_EQ(shown("re.match('b', 'ab')"), "None");
  EXPECT_EQ(shown("re.search('(b)(c)?', 'äb').groups()"), "('b', None)");
  EXPECT_EQ(shown("re.search('b', 'äb').start()"), "1");
  EXPECT_EQ(shown("re.search('(?P<n>\\\\d+)', 'a42').group('n')"), "42");
  EXPECT_EQ(shown("re.fullmatch('a+', 'aab') is none"), "True");
  EXPECT_EQ(shown("re.match('(a)', 'a')[1]"), "a");
}

TEST(PythonRe, FindallSplitCompileEscape) {
  EXPECT_EQ(shown("re.findall('a(b)', 'abab')"), "['b', 'b']");
  EXPECT_EQ(shown("re.findall('(a)(b)', 'ab')"), "[('a', 'b')]");
  EXPECT_EQ(shown("re.findall('\\\\w+', 'one two')"), "['one', 'two']");
  EXPECT_EQ(shown("re.split('(,)', 'a,b')"), "['a', ',', 'b']");
  EXPECT_EQ(shown("re.split(',', 'a,b,c', 1)"), "['a', 'b,c']");
  EXPECT_EQ(shown("re.compile('a').sub('b', 'aa')"), "bb");
  EXPECT_EQ(shown("re.escape('a.b')"), "a\\.b");
}

TEST(PythonRe, FlagsStandInFrontOrAreGiven) {
  EXPECT_EQ(shown("re.findall('(?i)a', 'aA')"), "['a', 'A']");
  EXPECT_EQ(shown("re.search('(?ix) b  # a comment\\n [ ]c', 'aB c').group()"), "B c");
  EXPECT_EQ(shown("re.findall('^a', 'a\\na', re.MULTILINE) | length"), "2");
}

TEST(PythonRe, ALookaheadAtTheEndIsNotPartOfTheMatch) {
  EXPECT_EQ(shown("re.findall('(a)(?=b)', 'abac')"), "['a']");
  EXPECT_EQ(shown("re.search('(?P<x>[(])a+(?=\\)|$)', '(aa)').group('x')"), "(");
  EXPECT_EQ(shown("re.sub('a(?=b)', '-', 'ab aa')"), "-b aa");
}

TEST(PythonRe, WhatRe2DoesNotKnowIsAnErrorWithThePattern) {
  try {
    shown("re.search('a(?!b)', 'ab')");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::template_call);
    EXPECT_THAT(error.message(), ::testing::HasSubstr("a(?!b)"));
  }
}

TEST(PythonItertools, GivesWhatPythonGives) {
  EXPECT_EQ(shown("itertools.chain([1], 'ab') | list"), "[1, 'a', 'b']");
  EXPECT_EQ(shown("itertools.chain.from_iterable([[1], [2]]) | list"), "[1, 2]");
  EXPECT_EQ(shown("itertools.product([1, 2], 'a') | list"), "[(1, 'a'), (2, 'a')]");
  EXPECT_EQ(shown("itertools.product([0, 1], repeat=2) | list"), "[(0, 0), (0, 1), (1, 0), (1, 1)]");
  EXPECT_EQ(shown("itertools.permutations([1, 2, 3], 2) | list"), "[(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]");
  EXPECT_EQ(shown("itertools.combinations('abc', 2) | list"), "[('a', 'b'), ('a', 'c'), ('b', 'c')]");
  EXPECT_EQ(shown("itertools.zip_longest([1, 2], [3], fillvalue=0) | list"), "[(1, 3), (2, 0)]");
  EXPECT_EQ(shown("itertools.islice([1, 2, 3, 4], 1, none, 2) | list"), "[2, 4]");
  EXPECT_EQ(shown("itertools.accumulate([1, 2, 3]) | list"), "[1, 3, 6]");
}

}  // namespace
}  // namespace weir::tmpl
