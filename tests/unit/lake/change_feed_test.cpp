// Which files tell what happened between two versions, and which ranges are refused.
#include "lake/change_feed.h"

#include "lake_fixture.h"

namespace weir::lake {
namespace {

const std::map<std::string, std::string> feed_on = {{"delta.enableChangeDataFeed", "true"}};

DeletionVector feed_vector(const std::string& name) { return {"u", name, 1, 10, 1}; }

Add add_with_vector(const std::string& path, const std::optional<DeletionVector>& vector) {
  Add add = plain_add(path);
  add.deletion_vector = vector;
  return add;
}

class ChangeFeedTest : public TableTest {
 protected:
  void SetUp() override { create(feed_on); }
  ChangeFeed feed(VersionSpec from, VersionSpec to = {}) { return read_change_feed(open(), from, to, parquet); }
  static VersionSpec at(int64_t ms) { return {std::nullopt, ms}; }
  static VersionSpec v(int64_t version) { return {version, std::nullopt}; }
  // "2 delete a -before within +after"
  std::vector<std::string> told(VersionSpec from, VersionSpec to = {}) {
    std::vector<std::string> lines;
    for (const auto& file : feed(from, to).files) {
      auto line =
          fmt::format("{} {} {}", file.version, file.change_type.empty() ? "told" : file.change_type, file.file.path);
      if (file.file.deletion_vector) line += " without " + file.file.deletion_vector->path_or_inline_dv;
      if (file.within) line += " within " + file.within->path_or_inline_dv;
      lines.push_back(line);
    }
    return lines;
  }
  ErrorCode refused(VersionSpec from, VersionSpec to, std::string* message) {
    return code_of([&] { feed(from, to); }, message);
  }
};
using Lines = std::vector<std::string>;

TEST_F(ChangeFeedTest, added_files_are_inserts_and_removed_ones_deletes) {
  commit(1, {plain_add("a"), plain_add("b")});
  commit(2, {remove_of(plain_add("a"), 1), plain_add("c")});
  EXPECT_EQ(told(v(0)), (Lines{"1 insert a", "1 insert b", "2 delete a", "2 insert c"}));
  EXPECT_EQ(told(v(1), v(1)), (Lines{"1 insert a", "1 insert b"}));
  EXPECT_EQ(told(v(0), v(0)), Lines());
}

TEST_F(ChangeFeedTest, a_commit_with_change_files_is_told_by_them_alone) {
  commit(1, {plain_add("a")});
  commit(2, {Cdc{"_change_data/x", {{"part", "p"}}, 7}, remove_of(plain_add("a"), 1), plain_add("b")});
  EXPECT_EQ(told(v(2)), (Lines{"2 told _change_data/x"}));
  auto file = feed(v(2)).files.at(0).file;
  EXPECT_EQ(file.partition_values, (PartitionValues{{"part", "p"}}));
  EXPECT_EQ(file.size_bytes, 7);
}

TEST_F(ChangeFeedTest, files_without_data_change_change_nothing) {
  commit(1, {plain_add("a")});
  Add moved = plain_add("b");
  moved.data_change = false;
  commit(2, {remove_of(plain_add("a"), 1, false), moved});
  EXPECT_EQ(told(v(2)), Lines());
}

TEST_F(ChangeFeedTest, a_file_that_stays_changes_by_what_its_vectors_differ_in) {
  commit(1, {plain_add("a")});
  auto change = [&](int64_t version, std::optional<DeletionVector> before, std::optional<DeletionVector> after) {
    commit(version, {remove_of(add_with_vector("a", before), 1), add_with_vector("a", after)});
  };
  change(2, std::nullopt, feed_vector("one"));
  change(3, feed_vector("one"), feed_vector("two"));
  change(4, feed_vector("two"), std::nullopt);
  EXPECT_EQ(told(v(2)), (Lines{"2 delete a within one", "3 delete a without one within two",
                               "3 insert a without two within one", "4 insert a within two"}));
}

TEST_F(ChangeFeedTest, rows_that_a_vector_hides_are_no_changes) {
  commit(1, {add_with_vector("a", feed_vector("one"))});
  commit(2, {remove_of(add_with_vector("a", feed_vector("one")), 1)});
  EXPECT_EQ(told(v(1)), (Lines{"1 insert a without one", "2 delete a without one"}));
}

TEST_F(ChangeFeedTest, a_merge_that_says_it_changed_no_row_changed_none) {
  commit(1, {plain_add("a")});
  auto merge = [&](int64_t version, const std::string& updated) {
    commit_text(version, R"({"commitInfo":{"operation":"MERGE","operationMetrics":{"numTargetRowsInserted":"0",)"
                         R"("numTargetRowsDeleted":"0","numTargetRowsUpdated":")" +
                             updated + "\"}}}\n" + to_json_line(plain_add(fmt::format("f{}", version))) + "\n");
  };
  merge(2, "0");
  merge(3, "1");
  EXPECT_EQ(told(v(2)), (Lines{"3 insert f3"}));
}

TEST_F(ChangeFeedTest, times_are_the_commits_own_or_the_stores_made_to_rise) {
  int64_t second = clock.now_ms();
  commit(1, {plain_add("a")});
  clock.advance(-3'600'000);
  commit(2, {plain_add("b")});
  commit_text(3, R"({"commitInfo":{"inCommitTimestamp":42}})"
                 "\n" +
                     to_json_line(plain_add("c")) + "\n");
  auto files = feed(v(1)).files;
  EXPECT_EQ(files.at(0).time_ms, second);
  EXPECT_EQ(files.at(1).time_ms, second + 1);
  EXPECT_EQ(files.at(2).time_ms, 42);
}

TEST_F(ChangeFeedTest, times_mean_the_first_version_not_earlier_and_the_last_not_later) {
  int64_t first = clock.now_ms();
  for (int i = 1; i <= 3; ++i) commit(i, {plain_add(fmt::format("f{}", i))});  // a minute apart
  int64_t second = first + 60'000, third = first + 120'000;
  EXPECT_EQ(told(at(second), at(third)), (Lines{"2 insert f2", "3 insert f3"}));
  EXPECT_EQ(told(at(first + 1), at(third - 1)), (Lines{"2 insert f2"}));
  EXPECT_EQ(told(at(0), at(first)), (Lines{"1 insert f1"}));
  EXPECT_EQ(told(at(second), v(2)), (Lines{"2 insert f2"}));
  EXPECT_EQ(told(v(3), at(third + 1'000'000)), (Lines{"3 insert f3"}));
  EXPECT_EQ(told(at(second + 1), at(third - 1)), Lines());
  EXPECT_EQ(feed(at(second + 1), at(third - 1)).end->version(), 2);
  std::string message;
  EXPECT_EQ(refused(at(third), at(second), &message), ErrorCode::change_range);
  EXPECT_EQ(refused(at(third + 1), {}, &message), ErrorCode::no_such_version);
  EXPECT_NE(message.find("the newest is 3"), std::string::npos) << message;
  EXPECT_EQ(refused(v(0), at(5), &message), ErrorCode::no_such_version);
}

TEST_F(ChangeFeedTest, versions_that_are_not_there_are_refused_with_those_that_are) {
  for (int i = 1; i <= 4; ++i) commit(i, {plain_add(fmt::format("f{}", i))});
  std::string message;
  EXPECT_EQ(refused(v(3), v(2), &message), ErrorCode::change_range);
  EXPECT_EQ(refused(v(5), {}, &message), ErrorCode::no_such_version);
  EXPECT_EQ(refused(v(2), v(9), &message), ErrorCode::no_such_version);
  EXPECT_EQ(refused(v(-1), {}, &message), ErrorCode::no_such_version);
  EXPECT_NE(message.find("version -1: its log holds the commits 0 to 4"), std::string::npos) << message;
  auto newest = open();
  store->remove(commit_key(table, 1));
  EXPECT_EQ(code_of([&] { read_change_feed(newest, v(1), {}, parquet); }, &message), ErrorCode::no_such_version);
  EXPECT_NE(message.find("the commits 2 to 4"), std::string::npos) << message;
}

TEST_F(ChangeFeedTest, an_older_newest_version_bounds_the_feed) {
  commit(1, {plain_add("a")});
  auto pinned = open();
  int64_t later = clock.now_ms();
  commit(2, {plain_add("b")});
  EXPECT_EQ(read_change_feed(pinned, v(0), {}, parquet).files.size(), 1U);
  EXPECT_EQ(read_change_feed(pinned, v(0), at(later), parquet).files.size(), 1U);
}

TEST_F(ChangeFeedTest, the_first_version_without_a_feed_is_named) {
  commit(1, {plain_metadata()});
  commit(2, {plain_add("a")});
  commit(3, {plain_metadata(feed_on)});
  commit(4, {plain_add("b")});
  std::string message;
  EXPECT_EQ(refused(v(0), {}, &message), ErrorCode::change_feed_off);
  EXPECT_NE(message.find("version 1:"), std::string::npos) << message;
  EXPECT_EQ(refused(v(2), {}, &message), ErrorCode::change_feed_off);
  EXPECT_NE(message.find("version 2:"), std::string::npos) << message;
  EXPECT_EQ(told(v(3)), (Lines{"4 insert b"}));
  EXPECT_EQ(told(v(0), v(0)), Lines());
}

Metadata metadata_with(const std::string& fields, std::vector<std::string> partition_columns = {}) {
  auto metadata = plain_metadata(feed_on, std::move(partition_columns));
  metadata.schema_string = R"({"type":"struct","fields":[)" + fields + "]}";
  metadata.read_schema();
  EXPECT_FALSE(metadata.schema.fields.empty()) << fields;
  return metadata;
}

std::string column_json(const std::string& name, const std::string& type, bool nullable = true) {
  return fmt::format(R"({{"name":"{}","type":{},"nullable":{},"metadata":{{}}}})", name, type, nullable);
}

TEST_F(ChangeFeedTest, added_columns_fit_and_other_changes_do_not) {
  const std::string id = column_json("id", "\"long\""), inner = R"({"type":"struct","fields":[)";
  const std::string x = column_json("x", "\"long\""), y = column_json("y", "\"long\"");
  auto obstacle = [](const std::string& before, const std::string& after) {
    return schema_obstacle(metadata_with(before), metadata_with(after)).value_or("");
  };
  EXPECT_EQ(obstacle(id, id + "," + x), "");
  EXPECT_EQ(obstacle(id, x + "," + id), "");
  EXPECT_EQ(obstacle(id, column_json("ID", "\"long\"")), "");
  EXPECT_EQ(obstacle(column_json("id", "\"long\"", false), id), "");
  EXPECT_EQ(obstacle(column_json("s", inner + x + "]}"), column_json("s", inner + x + "," + y + "]}")), "");
  EXPECT_EQ(obstacle(id + "," + x, id), "column x was dropped or renamed");
  EXPECT_EQ(obstacle(id, column_json("id", "\"integer\"")), "column id was long and is integer");
  EXPECT_EQ(obstacle(column_json("id", "\"decimal(5,2)\""), column_json("id", "\"decimal(6,2)\"")),
            "column id was decimal(5,2) and is decimal(6,2)");
  EXPECT_EQ(obstacle(id, column_json("id", "\"long\"", false)), "column id could be NULL");
  EXPECT_EQ(obstacle(column_json("s", inner + x + "," + y + "]}"), column_json("s", inner + x + "]}")),
            "column s.y was dropped or renamed");
  EXPECT_EQ(obstacle(column_json("l", R"({"type":"array","elementType":"long","containsNull":true})"),
                     column_json("l", R"({"type":"array","elementType":"long","containsNull":false})")),
            "the elements of column l could be NULL");
  EXPECT_EQ(*schema_obstacle(metadata_with(id + "," + x), metadata_with(id + "," + x, {"x"})),
            "the table was partitioned by other columns");
  auto mapped = [&](const std::string& physical, const std::string& mode) {
    auto metadata = metadata_with(id);
    metadata.configuration["delta.columnMapping.mode"] = mode;
    metadata.schema.fields[0].mapped_name = physical;
    return metadata;
  };
  EXPECT_EQ(schema_obstacle(metadata_with(id), mapped("id", "name")), std::nullopt);
  EXPECT_EQ(*schema_obstacle(mapped("a", "name"), mapped("b", "name")), "column id is another one than before");
  EXPECT_EQ(*schema_obstacle(mapped("id", "name"), mapped("id", "id")), "its columns were not found by their ids");
}

TEST_F(ChangeFeedTest, a_range_over_a_changed_schema_is_refused_naming_the_version) {
  commit(1, {plain_add("a")});
  commit(2, {metadata_with(column_json("id", "\"long\""))});
  commit(3, {metadata_with(column_json("id", "\"long\"") + "," + column_json("n", "\"long\""))});
  commit(4, {plain_add("b")});
  std::string message;
  EXPECT_EQ(refused(v(1), {}, &message), ErrorCode::change_feed_schema);
  EXPECT_NE(message.find("from version 1 on do not fit its schema at version 4: column name"), std::string::npos)
      << message;
  EXPECT_EQ(told(v(1), v(1)), (Lines{"1 insert a"}));
  EXPECT_EQ(told(v(2)), (Lines{"4 insert b"}));
}

TEST_F(ChangeFeedTest, removes_without_partition_values_have_those_of_their_add) {
  commit(1, {plain_metadata(feed_on, {"part"})});
  Add add = plain_add("part=x/a");
  add.partition_values = {{"part", "x"}};
  commit(2, {add});
  Remove old = remove_of(add, 1);
  old.partition_values.reset();
  old.extended_file_metadata = false;
  commit(3, {old});
  EXPECT_EQ(feed(v(3)).files.at(0).file.partition_values, add.partition_values);
  old.path = "part=x/never";
  commit(4, {old});
  EXPECT_EQ(code_of([&] { feed(v(4)); }), ErrorCode::bad_log);
}

}  // namespace
}  // namespace weir::lake
