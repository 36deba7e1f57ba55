#include "lake_fixture.h"

namespace weir::engine {

TEST_F(LakeTest, CreatesWritesAndReads) {
  run("CREATE TABLE t AS SELECT i AS id, 'row ' || i AS name FROM range(10) r(i)");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "10");
  EXPECT_EQ(rows("SELECT * FROM t WHERE id = 3"), (Table{{"3", "row 3"}}));
  run("INSERT INTO t VALUES (10, 'x')");
  EXPECT_EQ(version("t"), 1);
  EXPECT_EQ(one("SELECT sum(id) FROM lake.main.t"), "55");
  run("DELETE FROM t WHERE id < 5");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "6");
  run("UPDATE t SET name = 'y' WHERE id = 7");
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"),
            (Table{{"5", "row 5"}, {"6", "row 6"}, {"7", "y"}, {"8", "row 8"}, {"9", "row 9"}, {"10", "x"}}));
  run("MERGE INTO t USING (VALUES (5, 'five'), (77, 'new')) s(id, name) ON t.id = s.id WHEN MATCHED THEN UPDATE SET "
      "name = s.name "
      "WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.name)");
  EXPECT_EQ(rows("SELECT * FROM t WHERE id IN (5, 77) ORDER BY id"), (Table{{"5", "five"}, {"77", "new"}}));
}

}  // namespace weir::engine
