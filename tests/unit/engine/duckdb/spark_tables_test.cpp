// Tables that Spark wrote, changed by weir.
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace {

class SparkTable : public LakeTest {
 protected:
  // Copies a table of the conformance suite into the lake as main.t.
  void take(const std::string& name) {
    const std::filesystem::path folder =
        std::filesystem::path(WEIR_SOURCE_DIR) / "tests/conformance/delta/spark" / name / "delta";
    for (auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      store->put("main/t/" + std::filesystem::relative(entry.path(), folder).generic_string(), read_file(entry.path()));
    }
  }
  // Runs a statement on the table and on a native table with the same rows, and compares.
  void run_beside(const std::string& sql) {
    for (std::string name : {"t", "temp.plain"}) run(replace_all(sql, "{T}", name));
    EXPECT_EQ(rows("(FROM t EXCEPT ALL FROM temp.plain) UNION ALL (FROM temp.plain EXCEPT ALL FROM t)"), Table())
        << sql;
  }
};

TEST_F(SparkTable, rows_deleted_by_vectors_stay_deleted_when_files_are_rewritten) {
  take("dv_basic");
  EXPECT_EQ(one("SELECT count(*) FROM t"), "346");
  EXPECT_EQ(one("SELECT count(id) FROM t WHERE id IS NOT NULL"), "346");
  run("CREATE TEMP TABLE plain AS FROM t");
  run_beside("UPDATE {T} SET v = v + 1 WHERE id % 7 = 0");
  run_beside("DELETE FROM {T} WHERE id % 5 = 1");
  run_beside(
      "MERGE INTO {T} x USING (SELECT i AS id FROM range(0, 400, 3) r(i)) s ON x.id = s.id "
      "WHEN MATCHED AND x.id % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET name = 'merged' "
      "WHEN NOT MATCHED THEN INSERT (id, name, v) VALUES (s.id, 'new', 0)");
  run_beside("INSERT INTO {T} VALUES (1000, 'x', 1)");
  run_beside("DELETE FROM {T}");
}

TEST_F(SparkTable, joins_and_filters_see_mapped_columns_at_every_depth) {
  take("cm_name");
  auto all = rows("SELECT * FROM t");
  ASSERT_FALSE(all.empty());
  auto error = error_of("INSERT INTO t SELECT * FROM t");
  EXPECT_EQ(error.code(), ErrorCode::writer_feature) << error.what();
  EXPECT_EQ(error_of("ALTER TABLE t ADD COLUMN fresh INTEGER").code(), ErrorCode::writer_feature);
  EXPECT_EQ(rows("SELECT * FROM t"), all);
}

}  // namespace

}  // namespace weir::engine
