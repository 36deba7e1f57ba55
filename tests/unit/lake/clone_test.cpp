// Shallow clones: what the first commit of a clone says.
#include "lake/clone.h"

#include "lake/clustering.h"
#include "lake/deletion_vector.h"
#include "lake/iceberg/compat.h"
#include "lake/schema_change.h"
#include "lake/table_check.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

class CloneTest : public TableTest {
 protected:
  void SetUp() override {
    store = std::make_shared<store::MemoryStore>("/lake", &clock);
    table = {store, "raw/odd name/"};
  }
  std::shared_ptr<const Snapshot> cloned() { return Snapshot::open(copy_, parquet); }
  CommitOutcome clone() {
    copy_.store = store;
    Transaction transaction(copy_, nullptr, parquet);
    transaction.draft() = plan_clone(*open(), "raw.odd name", store->uri(), clock.now_ms()).draft;
    return transaction.commit(clock.now_ms());
  }
  // A file with a deletion vector of its own in the table's folder.
  Add with_vector(const std::string& path) {
    store->put(table.key(path), std::string(100, 'x'));
    format::RowBitmap rows;
    rows.add(3);
    auto file = write_deletion_vectors({rows}, "", "d5a9a1a2-0a27-4dd1-a4b4-1e0e4ea2ef00");
    store->put(table.key(file.key), file.bytes);
    Add add = plain_add(path, 10);
    add.deletion_vector = file.vectors[0];
    return add;
  }
  TableLocation copy_{nullptr, "main/copy/"};
};

TEST_F(CloneTest, names_the_sources_files_absolutely) {
  commit(0, {Protocol(), plain_metadata({{"team.owner", "sales"}})});
  commit(1, {plain_add("a%20b.parquet", 10), Txn{"weir:raw.t", 4, 1}});
  ASSERT_TRUE(std::holds_alternative<Committed>(clone()));
  const auto snapshot = cloned();
  ASSERT_EQ(snapshot->files().size(), 1U);
  const Add& add = snapshot->files()[0];
  EXPECT_EQ(key_inside(store->uri(), add.path), "raw/odd name/a b.parquet") << add.path;
  EXPECT_EQ(add.stats, open()->files()[0].stats);
  EXPECT_TRUE(add.data_change);
  EXPECT_NE(snapshot->metadata().id, open()->metadata().id);
  EXPECT_EQ(snapshot->property("team.owner"), "sales");
  EXPECT_TRUE(snapshot->txns().empty());
  const auto first = read_commit(copy_, 0);
  EXPECT_EQ(first->operation(), "CLONE");
  const Json& info = first->commit_info()->fields;
  EXPECT_EQ(info.at("operationParameters").at("source").as_string(), "raw.odd name");
  EXPECT_EQ(info.at("operationParameters").at("sourceVersion").as_string(), "1");
  EXPECT_EQ(info.at("operationMetrics").at("sourceNumOfFiles").as_string(), "1");
}

TEST_F(CloneTest, deletion_vectors_are_found_and_a_clone_of_a_clone_too) {
  Metadata metadata = plain_metadata({{"delta.enableDeletionVectors", "true"}});
  commit(0, {lowest_protocol(metadata), metadata});
  commit(1, {with_vector("a")});
  ASSERT_TRUE(std::holds_alternative<Committed>(clone()));
  const auto vector = *cloned()->files()[0].deletion_vector;
  EXPECT_EQ(vector.storage_type, "p");
  EXPECT_EQ(read_deletion_vector(copy_, vector).size(), 1U);
  TableCheck check;
  check_files(*cloned(), check);
  EXPECT_TRUE(check.findings.empty());

  const auto again = plan_clone(*cloned(), "main.copy", store->uri(), 1);
  const Add* add = nullptr;
  for (const auto& action : again.draft.actions)
    if (const auto* found = std::get_if<Add>(&action)) add = found;
  ASSERT_NE(add, nullptr);
  EXPECT_EQ(add->path, cloned()->files()[0].path);
  EXPECT_EQ(add->deletion_vector, vector);
}

TEST_F(CloneTest, files_that_the_source_lost_are_named_by_a_check) {
  commit(0, {Protocol(), plain_metadata()});
  store->put(table.key("a"), std::string(100, 'x'));
  commit(1, {plain_add("a"), plain_add("b")});
  clone();
  TableCheck check;
  check_files(*cloned(), check);
  ASSERT_EQ(check.findings.size(), 1U);
  EXPECT_EQ(check.findings[0].what, "missing");
  EXPECT_EQ(check.findings[0].file, "raw/odd name/b");
}

TEST_F(CloneTest, of_a_table_whose_files_tell_readers_of_iceberg_row_ids_is_none_of_iceberg) {
  Metadata metadata = plain_metadata({{"delta.universalFormat.enabledFormats", "iceberg"},
                                      {"delta.enableIcebergCompatV3", "true"},
                                      {"delta.enableRowTracking", "true"}});
  iceberg::add_defaults(metadata.configuration);
  map_columns(metadata, false);
  metadata.schema_string = metadata.schema.to_string();
  commit(0, {lowest_protocol(metadata), metadata});
  ASSERT_TRUE(std::holds_alternative<Committed>(clone()));
  EXPECT_EQ(cloned()->property("delta.universalFormat.enabledFormats"), std::nullopt);
  EXPECT_EQ(cloned()->property("delta.enableIcebergCompatV3"), std::nullopt);
  EXPECT_EQ(cloned()->property("delta.enableRowTracking"), "true");
}

TEST_F(CloneTest, row_ids_are_the_clones_own) {
  Metadata metadata = plain_metadata({{"delta.enableRowTracking", "true"},
                                      {"delta.rowTracking.materializedRowIdColumnName", "_row-id-col-1"},
                                      {"delta.rowTracking.materializedRowCommitVersionColumnName", "_version-col-1"}});
  commit(0, {lowest_protocol(metadata), metadata});
  Add add = plain_add("a", 10);
  add.base_row_id = 70;
  add.default_row_commit_version = 1;
  commit(1, {add, DomainMetadata{"delta.rowTracking", R"({"rowIdHighWaterMark":79})", false}});
  clone();
  EXPECT_EQ(cloned()->files()[0].base_row_id, 0);
  EXPECT_EQ(cloned()->files()[0].default_row_commit_version, 0);
  EXPECT_NE(cloned()->property("delta.rowTracking.materializedRowIdColumnName"), "_row-id-col-1");
  EXPECT_EQ(cloned()->domains().at("delta.rowTracking").configuration, R"({"rowIdHighWaterMark":9})");
}

TEST_F(CloneTest, stays_clustered) {
  const Metadata metadata = plain_metadata();
  commit(0, {lowest_protocol(metadata, true), metadata, clustering_of(metadata, {{"id"}})});
  clone();
  EXPECT_EQ(clustering_columns(cloned()->metadata(), cloned()->domains()), (std::vector<ColumnPath>{{"id"}}));
}

TEST_F(CloneTest, files_outside_of_the_lake_are_refused) {
  commit(0, {Protocol(), plain_metadata()});
  commit(1, {plain_add("file:///etc/passwd")});
  EXPECT_EQ(code_of([&] { clone(); }), ErrorCode::path_outside);
  EXPECT_EQ(code_of([&] { plan_clone(*open(), "x", "memory:/other", 1); }), ErrorCode::path_outside);
}

TEST_F(CloneTest, does_not_overwrite) {
  commit(0, {Protocol(), plain_metadata()});
  ASSERT_TRUE(std::holds_alternative<Committed>(clone()));
  EXPECT_TRUE(std::holds_alternative<Conflict>(clone()));
}

}  // namespace
}  // namespace weir::lake
