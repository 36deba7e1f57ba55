#include "engine/statement_note.h"

#include <gtest/gtest.h>

namespace weir::engine {
namespace {

TEST(StatementNote, StandsBeforeTheStatement) {
  const StatementNote note{"two\nlines", false, {}};
  EXPECT_EQ(note.around("select 1"), "/* two\nlines */\nselect 1");
  EXPECT_EQ(note.lines_before(), 2);
}

TEST(StatementNote, StandsBehindItBeforeItsSemicolon) {
  const StatementNote note{"by me", true, {}};
  EXPECT_EQ(note.around("\nselect 1 ;\n"), "\nselect 1 \n/* by me */;");
  EXPECT_EQ(note.around("select 1\n"), "select 1\n/* by me */");
  EXPECT_EQ(note.lines_before(), 0);
}

TEST(StatementNote, WithoutACommentLeavesTheStatementAlone) {
  EXPECT_EQ(StatementNote{}.around("select 1;\n"), "select 1;\n");
  EXPECT_EQ(StatementNote{}.lines_before(), 0);
}

}  // namespace
}  // namespace weir::engine
