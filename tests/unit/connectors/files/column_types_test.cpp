#include "connectors/files/column_types.h"

#include <gtest/gtest.h>

namespace weir::files {
namespace {

TEST(ColumnTypes, OneSpellingPerType) {
  EXPECT_EQ(canonical_type(" INT8 "), "bigint");
  EXPECT_EQ(canonical_type("Numeric( 10 , 2 )"), "decimal(10,2)");
  EXPECT_EQ(canonical_type("decimal(5)"), "decimal(5,0)");
  EXPECT_EQ(canonical_type("decimal"), "decimal(18,3)");
  EXPECT_EQ(canonical_type("VARCHAR(20)"), "varchar");
  EXPECT_EQ(canonical_type("timestamp  with\ttime zone"), "timestamp with time zone");
  EXPECT_EQ(canonical_type("TIMESTAMPTZ"), "timestamp with time zone");
  EXPECT_EQ(canonical_type("struct(a int)"), "struct(a int)");
}

TEST(ColumnTypes, WideningFitsAndNarrowingDoesNot) {
  EXPECT_TRUE(fits_without_loss("INTEGER", "BIGINT"));
  EXPECT_FALSE(fits_without_loss("BIGINT", "INTEGER"));
  EXPECT_TRUE(fits_without_loss("UINTEGER", "BIGINT"));
  EXPECT_FALSE(fits_without_loss("UINTEGER", "INTEGER"));
  EXPECT_TRUE(fits_without_loss("INTEGER", "DOUBLE"));
  EXPECT_FALSE(fits_without_loss("BIGINT", "DOUBLE"));
  EXPECT_TRUE(fits_without_loss("FLOAT", "DOUBLE"));
  EXPECT_FALSE(fits_without_loss("DOUBLE", "FLOAT"));
  EXPECT_TRUE(fits_without_loss("DATE", "TIMESTAMP"));
  EXPECT_FALSE(fits_without_loss("TIMESTAMP", "DATE"));
  EXPECT_FALSE(fits_without_loss("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"));
  EXPECT_TRUE(fits_without_loss("UUID", "VARCHAR"));
  EXPECT_FALSE(fits_without_loss("VARCHAR", "BIGINT"));
}

TEST(ColumnTypes, DecimalsNeedRoomOnBothSidesOfThePoint) {
  EXPECT_TRUE(fits_without_loss("DECIMAL(5,2)", "DECIMAL(7,2)"));
  EXPECT_TRUE(fits_without_loss("DECIMAL(5,2)", "DECIMAL(7,4)"));
  EXPECT_FALSE(fits_without_loss("DECIMAL(5,2)", "DECIMAL(6,4)"));
  EXPECT_FALSE(fits_without_loss("DECIMAL(5,2)", "DECIMAL(9,1)"));
  EXPECT_TRUE(fits_without_loss("INTEGER", "DECIMAL(12,2)"));
  EXPECT_FALSE(fits_without_loss("INTEGER", "DECIMAL(11,2)"));
}

TEST(ColumnTypes, PathValuesGetTheNarrowestTypeOfAll) {
  EXPECT_EQ(type_of_path_values({"2013", "01"}), "BIGINT");
  EXPECT_EQ(type_of_path_values({"2013-01-05"}), "DATE");
  EXPECT_EQ(type_of_path_values({"2013-01-05", "2013"}), "VARCHAR");
  EXPECT_EQ(type_of_path_values({"2013-13-05"}), "VARCHAR");
  EXPECT_EQ(type_of_path_values({}), "VARCHAR");
}

}  // namespace
}  // namespace weir::files
