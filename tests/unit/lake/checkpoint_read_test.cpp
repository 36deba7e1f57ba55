// Checkpoints of other writers: in parts, damaged, of the second version.
#include "lake/checkpoint_read.h"

#include "lake_fixture.h"

namespace weir::lake {
namespace {

using Paths = std::vector<std::string>;
using namespace std::string_literals;

// Writes a checkpoint of given rows in parts.
class PartsTest : public TableTest {
 protected:
  void put_part(const std::string& name, const std::function<void(format::ArrowBuilder&)>& fill) {
    using namespace format;
    ArrowBuilder rows(arrow_struct(
        "",
        {arrow_struct("add", {arrow_text("path"), arrow_map("partitionValues", arrow_text("key"), arrow_text("value")),
                              arrow_int64("size"), arrow_int64("modificationTime")}),
         arrow_struct("protocol", {arrow_int32("minReaderVersion"), arrow_int32("minWriterVersion")}),
         arrow_struct("metaData", {arrow_text("id"), arrow_text("schemaString")}),
         arrow_struct("sidecar", {arrow_text("path")})}));
    fill(rows);
    std::vector<Batch> batches;
    BatchSchema schema = arrow_schema(rows.type());
    batches.push_back(rows.finish_batch());
    BatchList stream(std::move(schema), std::move(batches));
    parquet.write(*store, log_key(name), stream);
  }
  static void end(format::ArrowBuilder& rows, size_t column) {
    for (size_t i = 0; i < 4; ++i)
      if (i != column) rows.field(i).append_null();
    rows.end_row();
  }
  static void file(format::ArrowBuilder& rows, const std::string& path) {
    rows.field(0).field(0).append_text(path);
    rows.field(0).field(1).keys().append_text("part");
    rows.field(0).field(1).values().append_text("");
    rows.field(0).field(1).end_row();
    rows.field(0).field(2).append_int(10);
    rows.field(0).field(3).append_int(1);
    rows.field(0).end_row();
    end(rows, 0);
  }
  static void protocol(format::ArrowBuilder& rows) {
    rows.field(1).field(0).append_int(1);
    rows.field(1).field(1).append_int(2);
    rows.field(1).end_row();
    end(rows, 1);
  }
  static void metadata(format::ArrowBuilder& rows) {
    rows.field(2).field(0).append_text("id");
    rows.field(2).field(1).append_text(plain_schema);
    rows.field(2).end_row();
    end(rows, 2);
  }
};

TEST_F(PartsTest, a_multipart_checkpoint_is_read_whole_or_not_at_all) {
  put_part("00000000000000000004.checkpoint.0000000001.0000000002.parquet", [](auto& rows) {
    protocol(rows);
    file(rows, "a");
  });
  EXPECT_EQ(Snapshot::open_if_exists(table, parquet), nullptr);
  put_part("00000000000000000004.checkpoint.0000000002.0000000002.parquet", [](auto& rows) {
    metadata(rows);
    file(rows, "b");
    file(rows, "a");
  });
  auto snapshot = open();
  EXPECT_EQ(snapshot->version(), 4);
  EXPECT_EQ(paths(*snapshot), (Paths{"a", "b"})) << "a file that both parts hold is there once";
  EXPECT_EQ(snapshot->files()[0].partition_values.at("part"), std::nullopt);
  store->put(log_key("00000000000000000004.checkpoint.0000000001.0000000002.parquet"), "damaged");
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::bad_checkpoint);
}

TEST_F(PartsTest, a_checkpoint_without_protocol_or_metadata_is_an_error_even_beside_good_commits) {
  create();
  put_part("00000000000000000000.checkpoint.parquet", [](auto& rows) { metadata(rows); });
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::bad_checkpoint);
  put_part("00000000000000000000.checkpoint.parquet", [](auto& rows) { protocol(rows); });
  EXPECT_EQ(code_of([&] { open(); }), ErrorCode::bad_checkpoint);
}

TEST_F(PartsTest, the_files_of_a_second_version_may_be_kept_in_sidecars) {
  const std::string uuid = "0ae05c14-1f54-4f9c-9a3c-1f2a6c4c6e10";
  put_part("_sidecars/one.parquet", [](auto& rows) { file(rows, "a"); });
  put_part("_sidecars/two.parquet", [](auto& rows) { file(rows, "b"); });
  auto fill = [&](auto& rows) {
    protocol(rows);
    metadata(rows);
    file(rows, "c");
    for (std::string path : {"one.parquet"s, "tw%6F.parquet"s}) {
      rows.field(3).field(0).append_text(path);
      rows.field(3).end_row();
      end(rows, 3);
    }
  };
  put_part("00000000000000000003.checkpoint." + uuid + ".parquet", fill);
  EXPECT_EQ(open()->version(), 3);
  EXPECT_EQ(paths(*open()), (Paths{"c", "a", "b"}));

  store->remove(log_key("00000000000000000003.checkpoint." + uuid + ".parquet"));
  put_part("00000000000000000003.checkpoint.parquet", fill);
  EXPECT_EQ(paths(*open()), (Paths{"c", "a", "b"})) << "under a classic name";
  store->remove(log_key("_sidecars/one.parquet"));
  EXPECT_EQ(code_of([&] { open()->files(); }), ErrorCode::bad_checkpoint);
  put_part("00000000000000000003.checkpoint.parquet", [](auto& rows) {
    protocol(rows);
    metadata(rows);
    rows.field(3).field(0).append_text("/elsewhere/one.parquet");
    rows.field(3).end_row();
    end(rows, 3);
  });
  EXPECT_EQ(code_of([&] { open()->files(); }), ErrorCode::bad_checkpoint) << "outside of the table";
}

TEST_F(PartsTest, a_checkpoint_of_the_second_version_may_be_json) {
  const std::string name = "00000000000000000001.checkpoint.0ae05c14-1f54-4f9c-9a3c-1f2a6c4c6e10.json";
  create();
  commit(1, {plain_add("a")});
  commit(2, {plain_add("b")});
  put_part("_sidecars/one.parquet", [](auto& rows) { file(rows, "a"); });
  std::string text = R"({"checkpointMetadata":{"version":1}})"
                     "\n" +
                     write_commit({Protocol(), plain_metadata()}) +
                     R"({"sidecar":{"path":"one.parquet","sizeInBytes":1,"modificationTime":1}})"
                     "\n";
  store->put(log_key(name), text);
  store->remove(commit_key(table, 0));
  store->remove(commit_key(table, 1));
  EXPECT_EQ(paths(*open()), (Paths{"a", "b"}));
  store->put(log_key(name), text.substr(0, text.size() / 2));
  std::string message;
  EXPECT_EQ(code_of([&] { open(); }, &message), ErrorCode::bad_checkpoint);
  EXPECT_NE(message.find(name), std::string::npos) << message;
}

TEST_F(PartsTest, a_damaged_checkpoint_of_the_second_version_is_gone_round) {
  create();
  commit(1, {plain_add("a")});
  store->put(log_key("00000000000000000001.checkpoint.0ae05c14-1f54-4f9c-9a3c-1f2a6c4c6e10.json"), "{");
  put_part("00000000000000000001.checkpoint.1ae05c14-1f54-4f9c-9a3c-1f2a6c4c6e10.parquet", [](auto& rows) {
    protocol(rows);
    metadata(rows);
    file(rows, "a");
  });
  store->remove(commit_key(table, 0));
  EXPECT_EQ(paths(*open()), (Paths{"a"})) << "two of one version: the other one serves";
}

TEST_F(PartsTest, a_column_of_a_wrong_type_is_damage) {
  using namespace format;
  create();
  commit(1, {plain_add("a")});
  ArrowBuilder rows(arrow_struct("", {arrow_text("protocol"), arrow_text("add")}));
  rows.field(0).append_text("x");
  rows.field(1).append_text("x");
  rows.end_row();
  std::vector<Batch> batches;
  BatchSchema schema = arrow_schema(rows.type());
  batches.push_back(rows.finish_batch());
  BatchList stream(std::move(schema), std::move(batches));
  parquet.write(*store, checkpoint_key(table, 1), stream);
  EXPECT_EQ(paths(*open()), Paths{"a"}) << "gone around by the commits";
  store->remove(commit_key(table, 0));
  std::string message;
  EXPECT_EQ(code_of([&] { open(); }, &message), ErrorCode::bad_checkpoint);
  EXPECT_NE(message.find("must be a struct"), std::string::npos) << message;
}

}  // namespace
}  // namespace weir::lake
