#include "plan/syntax_tree.h"

#include <gtest/gtest.h>

namespace weir::plan {
namespace {

std::string constant(const std::string& literal) { return "Keyword(key='k', value=Const(value=" + literal + "))"; }

TEST(SyntaxTree, ConstantsAreCompared) {
  EXPECT_TRUE(is_syntax_tree(Json(constant("1"))));
  EXPECT_FALSE(is_syntax_tree(Json("table")));
  EXPECT_FALSE(is_syntax_tree(Json(3)));
  EXPECT_TRUE(same_as_tree("table", constant("'table'"), false));
  EXPECT_FALSE(same_as_tree("view", constant("'table'"), true));
  EXPECT_TRUE(same_as_tree("it's", constant("\"it's\""), false));
  EXPECT_TRUE(same_as_tree(true, constant("True"), false));
  EXPECT_FALSE(same_as_tree(true, constant("False"), true));
  EXPECT_TRUE(same_as_tree(10, constant("10"), false));
  EXPECT_FALSE(same_as_tree(11, constant("10"), true));
  EXPECT_TRUE(same_as_tree(Json(), constant("None"), false));
}

TEST(SyntaxTree, AnythingElseIsAsTheFileIs) {
  const std::string call = "Keyword(key='k', value=Call(node=Name(name='var', ctx='load'), args=[Const(value='a')]))";
  EXPECT_TRUE(same_as_tree("a", call, true));
  EXPECT_FALSE(same_as_tree("a", call, false));
}

}  // namespace
}  // namespace weir::plan
