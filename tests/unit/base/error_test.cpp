#include "base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace weir {
namespace {

TEST(Error, CarriesCodeBlameAndContexts) {
  Error error = Error(ErrorCode::store_io, "cannot write x", "free some space").add_context("model main.orders");
  EXPECT_EQ(error.blame(), Blame::environment);
  EXPECT_STREQ(error.what(), "cannot write x [WEIR-E0201 store-io]");
  EXPECT_EQ(error.hint(), "free some space");
  ASSERT_EQ(error.contexts().size(), 1U);
  EXPECT_EQ(error.contexts()[0].what, "model main.orders");
}

TEST(Error, CodesAreFoundByNumberOrSlug) {
  for (const char* text : {"WEIR-E0201", "E0201", "201", "0201", "store-io", "weir-e0201"}) {
    ASSERT_NE(find_error_code(text), nullptr) << text;
    EXPECT_EQ(find_error_code(text)->code, ErrorCode::store_io) << text;
  }
  for (const char* text : {"", "E", "9999", "201x", "store_io", "-201"})
    EXPECT_EQ(find_error_code(text), nullptr) << text;
}

TEST(Error, EveryCodeIsUniqueAndExplained) {
  std::set<int> numbers;
  std::set<std::string_view> slugs;
  for (const auto& row : all_error_codes()) {
    EXPECT_TRUE(numbers.insert(static_cast<int>(row.code)).second) << row.slug;
    EXPECT_TRUE(slugs.insert(row.slug).second) << row.slug;
    EXPECT_EQ(row.slug.find('_'), std::string_view::npos) << row.slug;
    EXPECT_EQ(&info(row.code), &row);
  }
  EXPECT_GT(numbers.size(), 14U);
}

TEST(Error, TextsAreUtf8WhateverTheyQuote) {
  const Error error(ErrorCode::bad_json, "column \"l\x9f\"", "rename \xff");
  EXPECT_EQ(error.message(), "column \"l\xEF\xBF\xBD\"");
  EXPECT_EQ(error.hint(), "rename \xEF\xBF\xBD");
}

TEST(Error, BrokenRulesAreOurFault) {
  require(true, "one is one");
  try {
    require(false, "one is two");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::internal);
    EXPECT_EQ(error.blame(), Blame::bug);
  }
}

}  // namespace
}  // namespace weir
