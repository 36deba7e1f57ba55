#include "cli/statements.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

std::vector<std::string> texts(std::string_view text) {
  std::vector<std::string> result;
  for (const auto& statement : split_statements(text).complete) result.push_back(statement.text);
  return result;
}

TEST(split_statements, semicolons_in_quotes_and_comments_end_nothing) {
  EXPECT_EQ(texts("select ';' ; select 2;"), (std::vector<std::string>{"select ';'", "select 2"}));
  EXPECT_EQ(texts("select 1 -- a; b\n, 2;"), (std::vector<std::string>{"select 1 -- a; b\n, 2"}));
  EXPECT_EQ(texts("select /* ; */ 1;"), (std::vector<std::string>{"select /* ; */ 1"}));
  EXPECT_EQ(texts("select $$;$$, $x$ ; $x$;"), (std::vector<std::string>{"select $$;$$, $x$ ; $x$"}));
  EXPECT_EQ(texts("select \"a;b\", 'it''s;';"), (std::vector<std::string>{"select \"a;b\", 'it''s;'"}));
  EXPECT_TRUE(texts(";;  ; -- nothing\n;").empty());
}

TEST(split_statements, what_is_unfinished_waits) {
  EXPECT_EQ(split_statements("select 1; select").rest, "select");
  EXPECT_FALSE(split_statements("select 1; select").rest_is_blank);
  EXPECT_TRUE(split_statements("select 1;  -- done\n").rest_is_blank);
  EXPECT_FALSE(split_statements("select 'open;").rest_is_blank);
  EXPECT_FALSE(split_statements("/* open;").rest_is_blank);
}

TEST(split_statements, knows_the_line) {
  const auto statements = split_statements("select 1;\n\n-- two\nselect\n2;");
  ASSERT_EQ(statements.complete.size(), 2u);
  EXPECT_EQ(statements.complete[1].line, 4);
}

TEST(kind_of, tells_questions_from_changes) {
  EXPECT_EQ(kind_of("  -- why\n SELECT 1"), StatementKind::query);
  EXPECT_EQ(kind_of("(select 1)"), StatementKind::query);
  EXPECT_EQ(kind_of("from t"), StatementKind::query);
  EXPECT_EQ(kind_of("with x as (select 1) select * from x"), StatementKind::query);
  EXPECT_EQ(kind_of("with x as (select 'insert') select 'delete'"), StatementKind::query);
  EXPECT_EQ(kind_of("with x as (select 1) insert into t select * from x"), StatementKind::change);
  EXPECT_EQ(kind_of("describe t"), StatementKind::look);
  EXPECT_EQ(kind_of("set threads = 1"), StatementKind::look);
  EXPECT_EQ(kind_of("/* select */ delete from t"), StatementKind::change);
  EXPECT_EQ(kind_of("copy t to 'x'"), StatementKind::change);
  EXPECT_EQ(kind_of("selct 1"), StatementKind::unknown);
}

}  // namespace
}  // namespace weir::cli
