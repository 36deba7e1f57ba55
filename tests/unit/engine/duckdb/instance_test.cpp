// After an internal error DuckDB closes itself for good; sessions go on with a new instance.
#include "engine/duckdb/instance.h"

#include <duckdb/main/valid_checker.hpp>

#include "engine/duckdb/duck_session.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/parquet_io.h"
#include "lake_fixture.h"

namespace weir::engine::duck {

class BrokenInstance : public LakeTest {
 protected:
  std::shared_ptr<Instance> current() {
    if (!instance || instance->broken()) {
      instance = std::make_shared<Instance>(EngineOptions{1ll << 30, 2, "", 0}, stores);
      ++opened;
    }
    return instance;
  }
  void break_it() { duckdb::ValidChecker::Invalidate(*instance->db().instance, "broken by the test"); }

  std::shared_ptr<StoreRegistry> stores = std::make_shared<StoreRegistry>();
  std::shared_ptr<Instance> instance;
  int opened = 0;
  DuckParquetIo parquet{[this] { return current(); }};
  std::unique_ptr<Session> mine = make_session([this] { return current(); }, lake, stores, parquet, CancelToken());
};

TEST_F(BrokenInstance, IsReopenedForTheNextStatement) {
  mine->execute("CREATE TABLE t AS SELECT 1 AS id");
  break_it();
  EXPECT_EQ(rows(*mine, "SELECT id FROM t"), (Table{{"1"}}));
  EXPECT_EQ(opened, 2);
}

TEST_F(BrokenInstance, LosesTheOpenTransactionButNoFile) {
  mine->execute("CREATE TABLE t AS SELECT 1 AS id");
  mine->begin(uuid_v4());
  mine->execute("INSERT INTO t VALUES (2)");
  EXPECT_EQ(data_files().size(), 2u);
  break_it();
  EXPECT_EQ(error_of(*mine, "INSERT INTO t VALUES (3)").code(), ErrorCode::engine_broken);
  mine->rollback();
  EXPECT_EQ(data_files().size(), 1u);
  EXPECT_EQ(rows(*mine, "SELECT id FROM t"), (Table{{"1"}}));
}

TEST_F(BrokenInstance, OpensOnlyWhenFirstUsed) {
  EXPECT_EQ(opened, 0);
  mine->execute("SELECT 1");
  EXPECT_EQ(opened, 1);
}

// Two threads fail at once: the error that DuckDB happens to report comes back whole, not the first one.
TEST(ErrorParkTest, gives_back_the_error_that_was_reported) {
  ErrorPark park;
  park.put(Error(ErrorCode::store_io, "cannot write a-1.parquet", "Make room."));
  park.put(Error(ErrorCode::store_io, "cannot write a-2.parquet", "Make more room."));
  auto found = park.take("IO Error: cannot write a-2.parquet");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->hint(), "Make more room.");
  EXPECT_FALSE(park.take("IO Error: cannot write a-1.parquet")) << "a statement has one error";
}

}  // namespace weir::engine::duck
