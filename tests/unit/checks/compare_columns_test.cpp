#include <gmock/gmock.h>

#include "base/error.h"
#include "checks/compare.h"

namespace weir::checks {
namespace {

using Columns = std::vector<engine::ColumnInfo>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> told(const Columns& a, const Columns& b, bool as_stored = false) {
  constexpr const char* signs[] = {"+", "-", "type ", "place "};
  std::vector<std::string> out;
  for (const auto& change : compare_columns(a, b, as_stored))
    out.push_back(signs[static_cast<size_t>(change.kind)] + change.column + " " + change.before + ">" + change.after);
  return out;
}

TEST(CompareColumns, AddedRemovedTypes) {
  EXPECT_THAT(told({{"id", "INTEGER"}, {"gone", "DATE"}, {"n", "INTEGER"}},
                   {{"ID", "INTEGER"}, {"n", "BIGINT"}, {"new", "VARCHAR"}}),
              ElementsAre("-gone DATE>", "type n INTEGER>BIGINT", "+new >VARCHAR"));
}

TEST(CompareColumns, PlacesAreThoseAmongTheSharedColumns) {
  EXPECT_THAT(told({{"a", "DATE"}, {"gone", "DATE"}, {"b", "DATE"}}, {{"a", "DATE"}, {"b", "DATE"}}),
              ElementsAre("-gone DATE>"));
  EXPECT_THAT(told({{"a", "DATE"}, {"b", "DATE"}}, {{"b", "DATE"}, {"a", "DATE"}}),
              ElementsAre("place a 1>2", "place b 2>1"));
}

TEST(CompareColumns, TypesAsTheLakeStoresThem) {
  const Columns database = {{"u", "UINTEGER"}, {"t", "TIME"}, {"n", "HUGEINT"}};
  const Columns lake = {{"u", "BIGINT"}, {"t", "VARCHAR"}, {"n", "DECIMAL(38,0)"}};
  EXPECT_THAT(told(database, lake, true), IsEmpty());
  EXPECT_EQ(told(database, lake).size(), 3u);
  EXPECT_THAT(told(database, {{"u", "INTEGER"}, {"t", "VARCHAR"}, {"n", "DECIMAL(38,0)"}}, true),
              ElementsAre("type u UINTEGER>INTEGER"));
}

TEST(ParseTolerance, NumbersAndShares) {
  EXPECT_DOUBLE_EQ(parse_tolerance("1e-9").value, 1e-9);
  EXPECT_FALSE(parse_tolerance("0").relative);
  EXPECT_DOUBLE_EQ(parse_tolerance("0.5%").value, 0.005);
  EXPECT_TRUE(parse_tolerance("0.5%").relative);
  for (const char* bad : {"", "%", "-1", "nan", "inf", "a lot"}) EXPECT_THROW(parse_tolerance(bad), Error) << bad;
}

}  // namespace
}  // namespace weir::checks
