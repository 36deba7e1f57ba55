#include "cli/error_text.h"

#include <gtest/gtest.h>

#include "cli/exit_code.h"

namespace weir::cli {
namespace {

Error unknown_column() {
  Error error(ErrorCode::sql_unknown_column, "column \"custmer_id\" does not exist; did you mean \"customer_id\"?");
  Span span;
  span.file = "models/orders.sql";
  span.line = 14;
  span.column = 10;
  span.length = 10;
  span.line_text = "select o.custmer_id, sum(o.amount)";
  error.with_span(span);
  Span macro;
  macro.file = "macros/money.sql";
  macro.line = 3;
  error.add_context("macro cents", macro);
  return error;
}

TEST(error_text, shows_place_caret_and_way) {
  EXPECT_EQ(
      error_text(unknown_column(), {}),
      "error: column \"custmer_id\" does not exist; did you mean \"customer_id\"?   [WEIR-E0312 sql-unknown-column]\n"
      "  models/orders.sql:14:10\n"
      "   14 |  select o.custmer_id, sum(o.amount)\n"
      "      |           ^^^^^^^^^^\n"
      "  from macro cents (macros/money.sql:3)\n");
}

TEST(error_text, caret_stands_below_the_character_not_the_byte) {
  Span span{"a.sql", 1, 10, 1, "sel 'żó' x"};
  EXPECT_EQ(span_text(span, {}), "  a.sql:1:10\n   1 |  sel 'żó' x\n     |         ^\n");
}

TEST(error_text, caret_beyond_the_line_is_left_out) {
  Span span{"a.sql", 1, 90, 1, "select 1"};
  EXPECT_EQ(span_text(span, {}), "  a.sql:1:90\n   1 |  select 1\n");
}

TEST(error_text, long_lines_are_shown_around_the_place) {
  Span span{"a.sql", 1, 5001, 3, std::string(5000, 'a') + "BAD" + std::string(5000, 'b')};
  const std::string text = span_text(span, {});
  EXPECT_LT(text.size(), 500u);
  EXPECT_NE(text.find("BAD"), std::string::npos);
  EXPECT_NE(text.find("^^^"), std::string::npos);
}

TEST(error_text, hint_and_color) {
  Error error(ErrorCode::no_project, "there is no project", "weir init");
  EXPECT_EQ(error_text(error, {}), "error: there is no project   [WEIR-E0301 no-project]\n  hint: weir init\n");
  Style style;
  style.color = true;
  EXPECT_NE(error_text(error, style).find("\x1b[31merror:\x1b[0m"), std::string::npos);
}

TEST(error_json, has_place_and_code) {
  EXPECT_EQ(error_json(unknown_column()).dump(),
            "{\"error\":{\"code\":\"WEIR-E0312\",\"slug\":\"sql-unknown-column\",\"message\":\"column "
            "\\\"custmer_id\\\" does "
            "not exist; did you mean \\\"customer_id\\\"?\",\"file\":\"models/orders.sql\",\"line\":14,\"column\":10,"
            "\"context\":[\"macro cents\"]}}");
}

TEST(exit_code, follows_blame_and_range) {
  EXPECT_EQ(exit_code_of(Error(ErrorCode::usage, "")), exit_usage);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::dependency_cycle, "")), exit_usage);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::head_lost, "")), exit_failed);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::store_io, "")), exit_failed);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::internal, "")), exit_failed);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::state_locked, "")), exit_conflict);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::superseded, "")), exit_conflict);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::cancelled, "")), exit_interrupted);
}

}  // namespace
}  // namespace weir::cli
