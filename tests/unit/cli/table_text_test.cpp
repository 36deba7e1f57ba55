#include "cli/table_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/text.h"
#include "cli/text_width.h"

namespace weir::cli {
namespace {

const std::vector<TableColumn> columns = {{"name", "VARCHAR"}, {"n", "BIGINT"}};
const std::vector<TableRow> rows = {{"ann", "1"}, {std::nullopt, "1200"}, {"", std::nullopt}};

std::string written(const std::string& output, const std::vector<TableColumn>& names,
                    const std::vector<TableRow>& data) {
  char* bytes = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&bytes, &size);
  TableForm form;
  form.output = output;
  const auto writer = table_writer(form, out);
  writer->begin(names);
  for (const auto& row : data) writer->row(row);
  writer->finish();
  std::fclose(out);
  std::string text(bytes, size);
  std::free(bytes);
  return text;
}

TEST(box, numbers_right_and_nulls_visible) {
  EXPECT_EQ(box_text(columns, rows, {}),
            "┌──────┬──────┐\n"
            "│ name │    n │\n"
            "├──────┼──────┤\n"
            "│ ann  │    1 │\n"
            "│ NULL │ 1200 │\n"
            "│      │ NULL │\n"
            "└──────┴──────┘\n");
}

TEST(box, plain_characters_where_the_terminal_has_no_others) {
  TableForm form;
  form.style.unicode = false;
  EXPECT_EQ(box_text({{"a", "INTEGER"}}, {{"1"}}, form), "+---+\n| a |\n+---+\n| 1 |\n+---+\n");
}

TEST(box, control_characters_cannot_break_it) {
  const std::string text = box_text({{"a", "VARCHAR"}}, {{"x\ny\x1b[31m"}}, {});
  EXPECT_NE(text.find("x\\ny\\x1b[31m"), std::string::npos);
}

TEST(box, wide_tables_are_cut_with_a_note) {
  const std::string wide(200, 'x');
  TableForm form;
  form.columns = 40;
  const std::string text = box_text({{"a", "VARCHAR"}, {"b", "VARCHAR"}}, {{wide, wide}}, form);
  for (const auto& line : split(text, '\n')) EXPECT_LE(text_width(line), 40u) << line;
  EXPECT_NE(text.find("…"), std::string::npos);

  std::vector<TableColumn> many;
  TableRow row;
  for (int i = 0; i < 30; ++i) {
    many.push_back({"column_" + std::to_string(i), "VARCHAR"});
    row.emplace_back("value");
  }
  const std::string few = box_text(many, {row}, form);
  EXPECT_NE(few.find("more columns not shown"), std::string::npos);
}

TEST(csv, quotes_what_must_be_and_tells_empty_from_null) {
  EXPECT_EQ(written("csv", columns, {{"a,b", "1"}, {"say \"x\"", "2"}, {"", "3"}, {std::nullopt, "4"}}),
            "name,n\n\"a,b\",1\n\"say \"\"x\"\"\",2\n\"\",3\n,4\n");
}

TEST(json, numbers_stay_numbers) {
  EXPECT_EQ(written("ndjson", {{"s", "VARCHAR"}, {"n", "DECIMAL(18,3)"}, {"b", "BOOLEAN"}, {"f", "DOUBLE"}},
                    {{"1", "12.300", "true", "nan"}, {std::nullopt, std::nullopt, std::nullopt, std::nullopt}}),
            "{\"s\":\"1\",\"n\":12.300,\"b\":true,\"f\":\"nan\"}\n{\"s\":null,\"n\":null,\"b\":null,\"f\":null}\n");
  EXPECT_EQ(written("json", columns, {}), "[]\n");
  EXPECT_EQ(written("json", columns, {{"a", "1"}, {"b", "2"}}),
            "[{\"name\":\"a\",\"n\":1},\n {\"name\":\"b\",\"n\":2}]\n");
}

TEST(markdown, escapes_bars) {
  EXPECT_EQ(written("markdown", columns, {{"a|b", "1"}}), "| name | n |\n|---|---:|\n| a\\|b | 1 |\n");
}

TEST(number, lists_of_numbers_are_none) {
  EXPECT_TRUE(is_number({"a", "DECIMAL(10,2)"}));
  EXPECT_FALSE(is_number({"a", "INTEGER[]"}));
  EXPECT_FALSE(is_number({"a", "VARCHAR"}));
}

}  // namespace
}  // namespace weir::cli
