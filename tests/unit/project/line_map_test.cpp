#include "project/line_map.h"

#include <gmock/gmock.h>

#include "project/cte.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;

TEST(LineMap, EqualLinesAndGapsOfOneLength) {
  EXPECT_THAT(match_lines({"{{ config(x) }}", "select", "  a,", "  {{ b }}", "from t"},
                          {"", "select", "  a,", "  bb", "from t"}),
              ElementsAre(0, 1, 2, 3, 4));
}

TEST(LineMap, ALineWithATagIsKnownByItsBeginning) {
  EXPECT_THAT(match_lines({"{{ config(x) }}", "select nothing from {{ ref('a') }}"}, {"select nothing from \"a\""}),
              ElementsAre(1));
  EXPECT_THAT(match_lines({"{% for x in y %}", "union select {{ x }}", "{% endfor %}", "end"},
                          {"", "union select 1", "", "union select 2", "", "end"}),
              ElementsAre(-1, 1, -1, 1, -1, 3));
}

TEST(LineMap, LinesOfALoopAreUnknown) {
  EXPECT_THAT(match_lines({"select", "{% for x in y %}", "{{ x }},", "{% endfor %}", "1"},
                          {"select", "", "a,", "", "b,", "", "1"}),
              ElementsAre(0, -1, -1, -1, -1, -1, 4));
}

TEST(LineMap, ColumnsBeforeAndBehindWhatWasReplaced) {
  const std::string source = "select {{ x }} + bad", output = "select (1 + 2 + 3) + bad";
  EXPECT_EQ(match_column(source, output, 1), 1);
  EXPECT_EQ(match_column(source, output, 10), 8);
  EXPECT_EQ(match_column(source, output, 22), 18);
  EXPECT_EQ(source.substr(17), output.substr(21));
  EXPECT_EQ(match_column(source, source, 12), 12);
}

TEST(Ctes, GoInFrontOrIntoTheList) {
  EXPECT_EQ(inject_ctes("select 1", {}).sql, "select 1");
  EXPECT_EQ(inject_ctes("select * from e", {{"e", "select 1"}}).sql, "with e as (\nselect 1\n) select * from e");
  EXPECT_EQ(inject_ctes("-- with x\n WITH a as (select 1) select 2", {{"e", "q"}, {"f", "r"}}).sql,
            "-- with x\n WITH e as (\nq\n), f as (\nr\n), a as (select 1) select 2");
  EXPECT_EQ(inject_ctes("/* c */ with recursive a as (b) c", {{"e", "q"}}).sql,
            "/* c */ with recursive  e as (\nq\n), a as (b) c");
  EXPECT_EQ(inject_ctes("without", {{"e", "q"}}).sql, "with e as (\nq\n) without");
}

TEST(Ctes, TheTerminatorGoes) {
  EXPECT_EQ(without_terminator("select 1 ;\n ; "), "select 1");
  EXPECT_EQ(without_terminator("select ';'"), "select ';'");
}

}  // namespace
}  // namespace weir::project
