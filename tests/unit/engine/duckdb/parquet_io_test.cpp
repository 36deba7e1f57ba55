// Parquet objects for lake/: batches in, batches out.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "format/arrow_view.h"
#include "lake_fixture.h"
#include "store/fault_store.h"

namespace weir::engine {

using ::testing::HasSubstr;

class ParquetIoTest : public LakeTest {
 protected:
  void write(const std::string& key, const std::string& sql) {
    auto rows = session->stream(sql);
    size = engine().parquet().write(*store, key, *rows);
  }
  uint64_t size = 0;
};

TEST_F(ParquetIoTest, WritesAndReadsBack) {
  write("x/a=1/f.parquet",
        "SELECT i AS id, 'n' || i AS s, MAP {'k': i::VARCHAR} AS m, {'a': [i]} AS st FROM range(20000) r(i)");
  EXPECT_EQ(store->head("x/a=1/f.parquet")->size, size);
  auto all = engine().parquet().read(*store, "x/a=1/f.parquet");
  ASSERT_EQ(all->schema().column_count(), 4u);  // and no column from the path
  EXPECT_EQ(all->schema().name(2), "m");
  int64_t rows = 0;
  while (auto batch = all->next()) rows += batch->row_count();
  EXPECT_EQ(rows, 20000);
  auto some = engine().parquet().read(*store, "x/a=1/f.parquet", {"S", "missing", "id"});
  ASSERT_EQ(some->schema().column_count(), 2u);
  EXPECT_EQ(some->schema().name(0), "s");
}

TEST_F(ParquetIoTest, SelectsFieldsAndRows) {
  write("f.parquet",
        "SELECT CASE WHEN i % 2 = 0 THEN {'path': 'p' || i, 'more': {'n': i}} END AS add, i AS id FROM range(300000) "
        "r(i)");
  lake::ParquetSelection selection;
  selection.fields = {{"add", "path"}, {"add", "missing"}, {"ADD", "more", "n"}, {"path"}};
  auto rows = engine().parquet().select(*store, "f.parquet", selection);
  ASSERT_EQ(rows->schema().column_count(), 3u);
  EXPECT_EQ(rows->schema().name(0), "0");
  EXPECT_EQ(rows->schema().name(1), "2");
  EXPECT_EQ(rows->schema().name(2), "row");
  int64_t next = 0;
  while (auto batch = rows->next()) next += batch->row_count();
  EXPECT_EQ(next, 300000);
  selection.present = {{"add"}};
  selection.rows = lake::ParquetSelection::Rows{200000, 200005};
  rows = engine().parquet().select(*store, "f.parquet", selection);
  std::vector<int64_t> positions, numbers;
  while (auto batch = rows->next())
    for (int64_t i = 0; i < batch->row_count(); ++i) {
      positions.push_back(format::column_view(rows->schema(), *batch, "row")->integer(i));
      numbers.push_back(format::column_view(rows->schema(), *batch, "2")->integer(i));
    }
  EXPECT_EQ(positions, (std::vector<int64_t>{200000, 200002, 200004}));
  EXPECT_EQ(numbers, positions);
  EXPECT_EQ(engine().parquet().select(*store, "f.parquet", {{{"nothing"}, {"id", "deeper"}}, {}, {}}), nullptr);
}

TEST_F(ParquetIoTest, HandsRowsOverByTheThreadsThatReadThem) {
  write("f.parquet", "SELECT {'path': 'p' || i, 'n': i} AS add FROM range(500000) r(i)");
  std::mutex mutex;
  std::vector<bool> seen(500000);
  size_t together = 0, calls = 0;
  const lake::ParquetSelection selection{{{"add", "missing"}, {"add", "path"}, {"add", "n"}}, {}, {}};
  EXPECT_TRUE(engine().parquet().scan(*store, "f.parquet", selection, [&](const format::ArrowView& rows) {
    const auto &text = *rows.find_field("1"), &number = *rows.find_field("2"), &position = *rows.find_field("row");
    EXPECT_EQ(rows.find_field("0"), nullptr);
    std::lock_guard lock(mutex);
    ++calls;
    for (int64_t row = 0; row < rows.size(); ++row) {
      EXPECT_EQ(position.integer(row), position.integer(0) + row);
      EXPECT_EQ(number.integer(row), position.integer(row));
      EXPECT_EQ(text.text(row), "p" + std::to_string(number.integer(row)));
      EXPECT_FALSE(seen[static_cast<size_t>(number.integer(row))]);
      seen[static_cast<size_t>(number.integer(row))] = true;
    }
    together += static_cast<size_t>(rows.size());
  }));
  EXPECT_EQ(together, seen.size());
  EXPECT_GT(calls, 100u);
  EXPECT_FALSE(engine().parquet().scan(*store, "f.parquet", {{{"nothing"}}, {}, {}}, [](const auto&) { FAIL(); }));
}

TEST_F(ParquetIoTest, WhatTheReceiverOfRowsThrowsComesBack) {
  write("f.parquet", "SELECT i AS id FROM range(500000) r(i)");
  std::atomic<int> calls = 0;
  const auto refuse = [&](const format::ArrowView&) {
    ++calls;
    throw Error(ErrorCode::bad_log, "no rows of this kind", "take others");
  };
  try {
    engine().parquet().scan(*store, "f.parquet", {{{"id"}}, {}, {}}, refuse);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_log);
    EXPECT_EQ(error.message(), "no rows of this kind");
    EXPECT_EQ(error.hint(), "take others");
  }
  EXPECT_LE(calls, 20);  // not once for each batch
}

TEST_F(ParquetIoTest, TakingRowsIsNothingForStatementsOfUsers) {
  EXPECT_THAT([&] { session->execute("SELECT weir_take_rows(1, 2)"); },
              testing::Throws<Error>(testing::Property(&Error::message, HasSubstr("own use"))));
}

TEST_F(ParquetIoTest, EmptyStreamsMakeAFile) {
  write("empty.parquet", "SELECT 1 AS id WHERE false");
  auto rows = engine().parquet().read(*store, "empty.parquet");
  EXPECT_EQ(rows->schema().column_count(), 1u);
  EXPECT_FALSE(rows->next());
}

TEST_F(ParquetIoTest, DamageIsNamed) {
  store->put("bad.parquet", "this is not Parquet");
  try {
    engine().parquet().read(*store, "bad.parquet");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_parquet);
    EXPECT_THAT(error.message(), HasSubstr("bad.parquet"));
  }
  write("cut.parquet", "SELECT i AS id, md5(i::VARCHAR) AS s FROM range(100000) r(i)");
  auto bytes = store->read("cut.parquet");
  store->put("cut.parquet", bytes.substr(0, bytes.size() / 2));
  EXPECT_THROW(engine().parquet().read(*store, "cut.parquet"), Error);
  std::fill(bytes.begin() + 4, bytes.begin() + 4000, 'x');
  store->put("torn.parquet", bytes);
  EXPECT_THROW(
      {
        auto rows = engine().parquet().read(*store, "torn.parquet");
        while (rows->next()) {
        }
      },
      Error);
  try {
    engine().parquet().read(*store, "absent.parquet");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::store_not_found);
  }
}

// Gives its first batch, then fails.
class FailsLate final : public format::BatchStream {
 public:
  explicit FailsLate(std::unique_ptr<format::BatchStream> inner) : inner_(std::move(inner)) {}
  const format::BatchSchema& schema() const override { return inner_->schema(); }
  std::optional<format::Batch> next() override {
    if (given_) throw Error(ErrorCode::injected, "the rows ended too early");
    given_ = true;
    return inner_->next();
  }

 private:
  std::unique_ptr<format::BatchStream> inner_;
  bool given_ = false;
};

TEST_F(ParquetIoTest, AFailedWriteLeavesNothing) {
  FailsLate rows(session->stream("SELECT i AS id FROM range(100000) r(i)"));
  try {
    engine().parquet().write(*store, "late.parquet", rows);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::injected);  // as it was thrown
  }
  EXPECT_FALSE(store->head("late.parquet"));
  auto faulty = std::make_shared<store::FaultStore>(std::make_shared<store::MemoryStore>(),
                                                    store::FaultPlan{store::FaultKind::no_space, 1});
  auto more = session->stream("SELECT 1 AS id");
  try {
    engine().parquet().write(*faulty, "full.parquet", *more);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::store_io);
  }
}

}  // namespace weir::engine
