#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.h"

namespace weir::run {
namespace {

using state::StepStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SeedTest : public ::testing::Test {
 protected:
  std::string types(const std::string& columns) {
    std::string sql;
    for (const std::string& column : {columns}) sql = column;
    std::vector<std::string> rows = scene_.rows("select " + sql + " from lake.main.s limit 1");
    return rows.empty() ? "" : rows[0];
  }
  Scene scene_;
};

TEST_F(SeedTest, TypesAreThoseThatDbtInfers) {
  scene_.put("seeds/s.csv",
             "i,big,f,whole,money,d,t,b,txt,code,nothing\n"
             "1,3000000000,1.5,1.0,\"$1,234\",2013-01-05,2013-01-05 10:11:12,true,x,007,\n"
             "null,,2,2.0,5%,2013-01-06,2013-01-06 00:00:00,FALSE,null,8,null\n");
  RunResult result = scene_.build();
  ASSERT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_EQ(types("typeof(i), typeof(big), typeof(f), typeof(whole), typeof(money)"),
            "INTEGER|BIGINT|DOUBLE|INTEGER|INTEGER");
  EXPECT_EQ(types("typeof(d), typeof(t), typeof(b), typeof(txt), typeof(code), typeof(nothing)"),
            "DATE|TIMESTAMP|BOOLEAN|VARCHAR|INTEGER|INTEGER");
  EXPECT_THAT(scene_.rows("select i, money, b, txt, code from lake.main.s order by code"),
              ElementsAre("1|1234|true|x|7", "|5|false||8"));
}

TEST_F(SeedTest, DeclaredTypesWin) {
  scene_.put("seeds/s.csv", "code,n\n007,1\n");
  scene_.put("seeds/s.yml", "seeds: [{name: s, config: {column_types: {code: varchar, N: 'decimal(9,2)'}}}]");
  ASSERT_EQ(scene_.build().exit_code(), 0);
  EXPECT_EQ(types("code, typeof(n)"), "007|DECIMAL(9,2)");
}

TEST_F(SeedTest, RunsAgainOnlyWhenItsContentChanges) {
  scene_.put("seeds/s.csv", "a\n1\n");
  ASSERT_EQ(scene_.build().count(StepStatus::published), 1u);
  EXPECT_EQ(scene_.build().count(StepStatus::up_to_date), 1u);
  scene_.put("seeds/s.csv", "a\n1\n2\n");
  EXPECT_EQ(scene_.build().count(StepStatus::published), 1u);
  EXPECT_THAT(scene_.rows("select a from lake.main.s order by a"), ElementsAre("1", "2"));
}

TEST_F(SeedTest, RaggedFileIsRefusedWithItsPlace) {
  scene_.put("seeds/s.csv", "a,b\n1,2\n3\n");
  RunResult result = scene_.build();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_THAT(step_of(result, "main.s").message, HasSubstr("3"));
  EXPECT_FALSE(scene_.lake()->table_exists({"main", "s"}));
}

TEST_F(SeedTest, HeaderMistakesAreNamed) {
  scene_.put("seeds/s.csv", "a,A\n1,2\n");
  EXPECT_THAT(step_of(scene_.build(), "main.s").message, HasSubstr("twice"));
  scene_.put("seeds/s.csv", "a,\n1,2\n");
  EXPECT_THAT(step_of(scene_.build(), "main.s").message, HasSubstr("no name"));
}

}  // namespace
}  // namespace weir::run
