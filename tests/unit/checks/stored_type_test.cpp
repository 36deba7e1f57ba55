#include "checks/stored_type.h"

#include <gtest/gtest.h>

namespace weir::checks {
namespace {

TEST(StoredType, PlainTypes) {
  EXPECT_EQ(stored_type("INTEGER"), "INTEGER");
  EXPECT_EQ(stored_type("UTINYINT"), "SMALLINT");
  EXPECT_EQ(stored_type("UBIGINT"), "DECIMAL(20,0)");
  EXPECT_EQ(stored_type("HUGEINT"), "DECIMAL(38,0)");
  EXPECT_EQ(stored_type("DECIMAL(9,2)"), "DECIMAL(9,2)");
  EXPECT_EQ(stored_type("UUID"), "VARCHAR");
  EXPECT_EQ(stored_type("ENUM('a, b', 'it''s (c)')"), "VARCHAR");
  EXPECT_EQ(stored_type("TIME"), "VARCHAR");
  EXPECT_EQ(stored_type("TIMESTAMP WITH TIME ZONE"), "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(stored_type("TIMESTAMP_NS"), "TIMESTAMP");
}

TEST(StoredType, WhatTheLakeRefusesStays) {
  EXPECT_EQ(stored_type("INTERVAL"), "INTERVAL");
  EXPECT_EQ(stored_type("TIME WITH TIME ZONE"), "TIME WITH TIME ZONE");
}

TEST(StoredType, NestedTypes) {
  EXPECT_EQ(stored_type("UINTEGER[]"), "BIGINT[]");
  EXPECT_EQ(stored_type("FLOAT[3][2]"), "FLOAT[][]");
  EXPECT_EQ(stored_type("MAP(UUID, UTINYINT[])"), "MAP(VARCHAR, SMALLINT[])");
  EXPECT_EQ(stored_type("STRUCT(a UINTEGER, \"TIME\" TIME, \"it \"\" is\" STRUCT(b JSON)[])[]"),
            "STRUCT(a BIGINT, \"TIME\" VARCHAR, \"it \"\" is\" STRUCT(b VARCHAR)[])[]");
}

TEST(StoredType, WhatIsNotUnderstoodStays) {
  EXPECT_EQ(stored_type("STRUCT(a UINTEGER"), "STRUCT(a UINTEGER");
  EXPECT_EQ(stored_type(""), "");
}

TEST(FileType, KeepsWhatParquetKeeps) {
  EXPECT_EQ(file_type("UINTEGER"), "UINTEGER");
  EXPECT_EQ(file_type("INTEGER[3]"), "INTEGER[3]");
  EXPECT_EQ(file_type("HUGEINT[]"), "VARCHAR[]");
  EXPECT_EQ(file_type("UNION(a INTEGER, b VARCHAR)"), "VARCHAR");
  EXPECT_EQ(file_type("TIME WITH TIME ZONE"), "VARCHAR");
  EXPECT_EQ(file_type("STRUCT(a INTERVAL)"), "STRUCT(a VARCHAR)");
}

TEST(CarriedType, KeepsWhatIsItselfWhenItIsCastBack) {
  EXPECT_EQ(carried_type("ENUM('a''b HUGEINT', 'c')"), "VARCHAR");
  EXPECT_EQ(carried_type("ENUM('a', 'c')[]"), "VARCHAR[]");
  EXPECT_EQ(carried_type("JSON"), "JSON");
  EXPECT_EQ(carried_type("VARIANT"), "VARIANT");
  EXPECT_EQ(carried_type("UNION(a HUGEINT, \"BIT\" INTERVAL)"), "UNION(a VARCHAR, \"BIT\" VARCHAR)");
  EXPECT_EQ(carried_type("MAP(VARCHAR, STRUCT(\"HUGEINT\" TIME WITH TIME ZONE, b TIME_NS[3]))"),
            "MAP(VARCHAR, STRUCT(\"HUGEINT\" VARCHAR, b VARCHAR[3]))");
}

TEST(TypeKinds, Numbers) {
  EXPECT_TRUE(is_numeric_type("DECIMAL(9,2)"));
  EXPECT_TRUE(is_numeric_type("UHUGEINT"));
  EXPECT_FALSE(is_numeric_type("DECIMAL(9,2)[]"));
  EXPECT_FALSE(is_numeric_type("BOOLEAN"));
  EXPECT_TRUE(is_float_type("FLOAT"));
  EXPECT_FALSE(is_float_type("FLOAT[]"));
}

}  // namespace
}  // namespace weir::checks
