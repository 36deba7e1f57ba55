#include "engine/cast_names.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::engine {
namespace {

const std::vector<ColumnInfo> types{{"a", "DOUBLE"}, {"An X", "decimal(10, 2)"}};

TEST(CastNames, ExpressionsAndQueriesAlike) {
  EXPECT_EQ(cast_names("a + t.a -- of both", types), "(CAST(a AS \"DOUBLE\") + t.a)");
  EXPECT_EQ(cast_names("\"an x\" * 2", types), "(CAST(\"an x\" AS DECIMAL(10, 2)) * 2)");
  EXPECT_EQ(cast_names("select A from u where exists (select 1 from v where b = a)", types),
            "SELECT CAST(A AS \"DOUBLE\") FROM u WHERE EXISTS(SELECT 1 FROM v WHERE (b = CAST(a AS \"DOUBLE\")))");
  EXPECT_EQ(cast_names("with c as (select a as b) select b from c", types),
            "WITH c AS (SELECT CAST(a AS \"DOUBLE\") AS b)SELECT b FROM c");
  EXPECT_EQ(cast_names("sum(a) over (order by a)", types),
            "sum(CAST(a AS \"DOUBLE\")) OVER (ORDER BY CAST(a AS \"DOUBLE\"))");
}

TEST(CastNames, WhatALambdaCallsSoIsAnotherName) {
  EXPECT_EQ(cast_names("list_transform([a], lambda a: a + 1)", types).find("lambda a: (a + 1)") != std::string::npos,
            true);
}

TEST(CastNames, MistakesAreSyntax) {
  const auto code_of = [](const std::string& sql, const std::vector<ColumnInfo>& given) {
    try {
      cast_names(sql, given);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  EXPECT_EQ(code_of("a +", types), ErrorCode::sql_syntax);
  EXPECT_EQ(code_of("a", {{"a", "no type at all"}}), ErrorCode::sql_syntax);
}

}  // namespace
}  // namespace weir::engine
