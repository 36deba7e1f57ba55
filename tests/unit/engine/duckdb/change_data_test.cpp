// Tables with a change data feed: what statements write into it, read back by table_changes.
#include "lake/snapshot.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace {

using ::testing::HasSubstr;

class ChangeDataTest : public LakeTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    run("CREATE TABLE t(id INTEGER, v VARCHAR, p INTEGER)" + std::string(GetParam()));
    run("INSERT INTO t SELECT i, 'v' || i, i % 2 FROM range(10) r(i)");
  }
  // The changes of the newest version.
  Table changes() {
    auto last = std::to_string(version("t"));
    return rows("SELECT _change_type, id, v, p FROM table_changes('main.t', " + last + ") ORDER BY id, _change_type");
  }
};

TEST_P(ChangeDataTest, updates_tell_rows_as_they_were_and_as_they_are) {
  run("UPDATE t SET v = 'new' WHERE id IN (3, 4)");
  EXPECT_EQ(changes(), (Table{{"update_postimage", "3", "new", "1"},
                              {"update_preimage", "3", "v3", "1"},
                              {"update_postimage", "4", "new", "0"},
                              {"update_preimage", "4", "v4", "0"}}));
  EXPECT_EQ(one("SELECT count(*) FROM t"), "10");
  run("UPDATE t SET v = v WHERE id = 1");  // no change: nothing is told, nothing committed
  EXPECT_EQ(version("t"), 2);
}

TEST_P(ChangeDataTest, deletes_tell_the_rows_that_left) {
  run("DELETE FROM t WHERE id = 5");
  EXPECT_EQ(changes(), (Table{{"delete", "5", "v5", "1"}}));
  run("DELETE FROM t WHERE id < 5");
  EXPECT_EQ(changes().size(), 5u);
  run("DELETE FROM t");
  EXPECT_EQ(changes().size(), 4u);
}

TEST_P(ChangeDataTest, merges_tell_each_kind) {
  run("MERGE INTO t USING (VALUES (1, 'a'), (2, NULL), (20, 'c')) s(id, v) ON t.id = s.id "
      "WHEN MATCHED AND s.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v "
      "WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v, 7)");
  EXPECT_EQ(changes(), (Table{{"update_postimage", "1", "a", "1"},
                              {"update_preimage", "1", "v1", "1"},
                              {"delete", "2", "v2", "0"},
                              {"insert", "20", "c", "7"}}));
  EXPECT_EQ(rows("SELECT id, v FROM t WHERE id IN (0, 1, 2, 20) ORDER BY id"),
            (Table{{"0", "v0"}, {"1", "a"}, {"20", "c"}}));
}

TEST_P(ChangeDataTest, a_transaction_tells_all_its_changes_or_is_refused) {
  run("BEGIN");
  run("UPDATE t SET v = 'u' WHERE id = 1");
  run("INSERT INTO t VALUES (30, 'i', 0)");
  run("DELETE FROM t WHERE id = 8");
  run("COMMIT");
  EXPECT_EQ(changes(), (Table{{"update_postimage", "1", "u", "1"},
                              {"update_preimage", "1", "v1", "1"},
                              {"delete", "8", "v8", "0"},
                              {"insert", "30", "i", "0"}}));
  auto files = data_files();
  run("BEGIN");
  run("INSERT INTO t VALUES (31, 'i', 0)");
  EXPECT_THAT(error_of("UPDATE t SET v = 'w' WHERE id = 2").message(), HasSubstr("change data feed"));
  run("ROLLBACK");
  EXPECT_EQ(data_files(), files);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ChangeDataTest,
    ::testing::Values(" WITH ('delta.enableChangeDataFeed' = 'true')",
                      " PARTITIONED BY (p) WITH ('delta.enableChangeDataFeed' = 'true')",
                      " WITH ('delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true')",
                      " PARTITIONED BY (p) WITH ('delta.enableChangeDataFeed' = 'true', "
                      "'delta.columnMapping.mode' = 'name', 'delta.enableDeletionVectors' = 'true')"));

}  // namespace

}  // namespace weir::engine
