#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/publish/publisher.h"
#include "scene.h"

namespace weir::run {
namespace {

using state::StepStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class IngestTest : public ::testing::Test {
 protected:
  void source(const std::string& ingest, const std::string& more = "") const {
    scene_.put("models/s.yml",
               "sources:\n- name: raw\n  schema: raw\n  tables:\n  - name: trips\n    config: {meta: {weir: {ingest: " +
                   ingest + "}}}\n" + more);
  }
  StepResult trips(const Scene::Asked& asked = {}) {
    result_ = scene_.run(asked);
    return step_of(result_, "raw.trips");
  }
  std::vector<std::string> table(const std::string& columns = "id, v") {
    return scene_.rows("select " + columns + " from lake.raw.trips order by id, _file");
  }
  std::vector<std::string> quarantine() {
    return scene_.rows("select _file, _line, decode(_raw) from lake.raw.trips__quarantine order by 1, 2");
  }
  void write_gzip(const std::string& name, const std::string& query) {
    scene_.rows("copy (" + query + ") to '" + (scene_.root() / name).string() + "' (format csv, compression gzip)");
  }
  void touch(const std::string& name) const {
    auto path = scene_.root() / name;
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(5));
  }
  Scene scene_;
  RunResult result_;
};

TEST_F(IngestTest, EachFileOnce) {
  source("{files: data/*.csv}");
  scene_.put("data/1.csv", "id,v\n1,a\n2,b\n");
  scene_.put("data/2.csv", "id,v\n3,c\n");
  StepResult first = trips();
  ASSERT_EQ(first.status, StepStatus::published) << summary(result_);
  EXPECT_EQ(first.rows, 3);
  EXPECT_EQ(first.files, 2);
  EXPECT_THAT(table("id, v, _file"), ElementsAre("1|a|data/1.csv", "2|b|data/1.csv", "3|c|data/2.csv"));
  EXPECT_THAT(quarantine(), IsEmpty());

  EXPECT_EQ(trips().status, StepStatus::up_to_date) << summary(result_);
  scene_.put("data/3.csv", "id,v\n4,d\n");
  StepResult third = trips();
  EXPECT_EQ(third.status, StepStatus::published) << summary(result_);
  EXPECT_EQ(third.files, 1);
  EXPECT_EQ(third.rows, 1);
  EXPECT_THAT(table("id"), ElementsAre("1", "2", "3", "4"));
}

TEST_F(IngestTest, TypesOfTheFirstLoadArePinned) {
  source("{files: data/*.csv, quarantine: {max_ratio: 1}}");
  scene_.put("data/1.csv", "id,v,day\n1,a,2013-01-01\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  scene_.put("data/2.csv", "id,v,day\nx,b,2013-01-02\n");
  StepResult second = trips();
  ASSERT_EQ(second.status, StepStatus::published) << summary(result_);
  EXPECT_EQ(second.quarantined, 1);
  EXPECT_THAT(scene_.rows("select typeof(id), typeof(day) from lake.raw.trips limit 1"), ElementsAre("BIGINT|DATE"));
  EXPECT_THAT(quarantine(), ElementsAre("data/2.csv|2|x,b,2013-01-02"));
}

TEST_F(IngestTest, TooManyBadRowsPublishNothing) {
  source("{files: data/*.csv, columns: {id: bigint, v: varchar}}");
  scene_.put("data/1.csv", "id,v\n1,a\nx,b\n");
  StepResult step = trips();
  EXPECT_EQ(step.status, StepStatus::failed);
  ASSERT_TRUE(step.error);
  EXPECT_EQ(step.error->code(), ErrorCode::quarantine_ratio) << step.message;
  EXPECT_THAT(step.message, HasSubstr("1 of 2 rows do not fit"));
  EXPECT_THAT(step.message, HasSubstr("data/1.csv:3: "));
  EXPECT_FALSE(scene_.lake()->table_exists({"raw", "trips"}));
}

TEST_F(IngestTest, ChangedFileFollowsThePolicy) {
  source("{files: data/*.csv}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  scene_.put("data/2.csv", "id,v\n2,b\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  scene_.put("data/1.csv", "id,v\n1,A\n9,z\n");
  StepResult refused = trips();
  ASSERT_TRUE(refused.error) << summary(result_);
  EXPECT_EQ(refused.error->code(), ErrorCode::file_changed);

  source("{files: data/*.csv, on_changed_file: reload}");
  StepResult reloaded = trips();
  ASSERT_EQ(reloaded.status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table(), ElementsAre("1|A", "2|b", "9|z"));

  scene_.put("data/2.csv", "id,v\n2,B\n3,c\n");
  source("{files: data/*.csv, on_changed_file: append}");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table(), UnorderedElementsAre("1|A", "2|b", "2|B", "3|c", "9|z"));  // two rows of one file have id 2
}

TEST_F(IngestTest, TouchedFileIsNotLoadedAgain) {
  source("{files: data/*.csv}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  touch("data/1.csv");
  EXPECT_EQ(trips().status, StepStatus::up_to_date) << summary(result_);
}

TEST_F(IngestTest, VanishedFileKeepsItsRows) {
  source("{files: data/*.csv}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  scene_.put("data/2.csv", "id,v\n2,b\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  scene_.remove("data/1.csv");
  EXPECT_EQ(trips().status, StepStatus::up_to_date) << summary(result_);
  EXPECT_THAT(table(), ElementsAre("1|a", "2|b"));
}

TEST_F(IngestTest, NewColumnsEvolveOrAreRefused) {
  source("{files: data/*.csv}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  scene_.put("data/2.csv", "v,id,tip\nb,2,1.5\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table("id, v, tip"), ElementsAre("1|a|", "2|b|1.5"));
  source("{files: data/*.csv, schema_contract: freeze}");
  scene_.put("data/3.csv", "id,v,tip,toll\n3,c,1,2\n");
  StepResult frozen = trips();
  ASSERT_TRUE(frozen.error) << summary(result_);
  EXPECT_EQ(frozen.error->code(), ErrorCode::schema_frozen);
  EXPECT_THAT(table("id"), ElementsAre("1", "2"));
}

TEST_F(IngestTest, UnreadableFileIsOneQuarantineRowUntilItChanges) {
  source("{files: 'data/*', on_changed_file: error}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  scene_.put("data/2.csv.gz", "this is no gzip at all");
  StepResult first = trips();
  ASSERT_EQ(first.status, StepStatus::published) << summary(result_);
  EXPECT_EQ(first.quarantined, 1);
  EXPECT_EQ(first.rows, 1);
  EXPECT_THAT(scene_.rows("select _file, _line from lake.raw.trips__quarantine"), ElementsAre("data/2.csv.gz|"));
  EXPECT_EQ(trips().status, StepStatus::up_to_date) << summary(result_);

  write_gzip("data/2.csv.gz", "select 2 as id, 'b' as v");
  StepResult again = trips();
  ASSERT_EQ(again.status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table(), ElementsAre("1|a", "2|b"));
  EXPECT_THAT(quarantine(), IsEmpty()) << "the row of the broken file is gone with its cause";
}

TEST_F(IngestTest, GzipThatEndsTooEarlyIsNotTakenForTheWhole) {
  write_gzip("whole.csv.gz", "select range as id, 'value ' || (range * 7919 % 10007) as v from range(200000)");
  std::string bytes = read_file(scene_.root() / "whole.csv.gz");
  source("{files: 'data/*'}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  scene_.put("data/2.csv.gz", bytes.substr(0, bytes.size() / 2));
  StepResult step = trips();
  ASSERT_EQ(step.status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table("id, v"), ElementsAre("1|a")) << "half a file must not be loaded silently";
  EXPECT_EQ(step.quarantined, 1);
}

TEST_F(IngestTest, ZstdThatEndsTooEarlyIsQuarantinedToo) {
  scene_.rows("copy (select range as id, md5(range::varchar) as v from range(20000)) to '" +
              (scene_.root() / "whole.zst").string() + "' (format csv, compression zstd)");
  std::string bytes = read_file(scene_.root() / "whole.zst");
  source("{files: 'data/*'}");
  scene_.put("data/1.csv.zst", bytes);
  scene_.put("data/2.csv.zst", bytes.substr(0, bytes.size() / 2));
  StepResult step = trips();
  ASSERT_EQ(step.status, StepStatus::published) << summary(result_);
  EXPECT_EQ(step.rows, 20000);
  EXPECT_EQ(step.quarantined, 1);
}

TEST_F(IngestTest, AnOpenQuoteThatSwallowsLinesQuarantinesTheFile) {
  std::string text = "id,v\n2,b\n3,\"c\n";
  for (int i = 4; i < 5000; ++i) text += std::to_string(i) + ",x\n";
  source("{files: 'data/*', on_changed_file: error}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  scene_.put("data/2.csv", text);
  StepResult step = trips();
  ASSERT_EQ(step.status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table(), ElementsAre("1|a")) << "none of its rows: which lines are rows cannot be told";
  EXPECT_THAT(scene_.rows("select _file, _reason like '%:3: a quote opens and is not closed%' "
                          "from lake.raw.trips__quarantine"),
              ElementsAre("data/2.csv|true"));
}

TEST_F(IngestTest, HostileNamesAreLoadedUnderTheirOwnName) {
  source("{files: data/*.csv}");
  std::vector<std::string> names = {"a b.csv",      "50%.csv", "ünï.csv", "line\nbreak.csv",
                                    "quote'\".csv", "[1].csv", "#x.csv"};
  for (const std::string& name : names) scene_.put("data/" + name, "id,v\n1,a\n");
  StepResult step = trips();
  ASSERT_EQ(step.status, StepStatus::published) << summary(result_);
  std::vector<std::string> files = scene_.rows("select distinct _file from lake.raw.trips");
  for (const std::string& name : names) EXPECT_THAT(files, ::testing::Contains("data/" + name));
  EXPECT_THAT(files, SizeIs(names.size()));
  EXPECT_EQ(trips().status, StepStatus::up_to_date) << summary(result_);
}

TEST_F(IngestTest, HiveFoldersBecomeColumns) {
  source("{files: 'data/**/*.csv'}");
  scene_.put("data/y=2013/m=1/1.csv", "id,v\n1,a\n");
  scene_.put("data/y=2014/m=__HIVE_DEFAULT_PARTITION__/1.csv", "id,v\n2,b\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table("id, v, y, m"), ElementsAre("1|a|2013|1", "2|b|2014|"));
}

TEST_F(IngestTest, ReplaceAndMerge) {
  source("{files: data/*.csv, write_disposition: replace}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  scene_.put("data/2.csv", "id,v\n2,b\n");
  scene_.remove("data/1.csv");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table(), ElementsAre("2|b"));
  EXPECT_EQ(trips().status, StepStatus::up_to_date) << summary(result_);

  source("{files: data/*.csv, write_disposition: merge, primary_key: id}");
  scene_.put("data/3.csv", "id,v\n2,B\n3,c\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table(), ElementsAre("2|B", "3|c"));
  scene_.put("data/4.csv", "id,v\n5,x\n5,y\n");
  StepResult twice = trips();
  ASSERT_TRUE(twice.error) << summary(result_);
  EXPECT_EQ(twice.error->code(), ErrorCode::merge_duplicates);
  EXPECT_THAT(table(), ElementsAre("2|B", "3|c"));
}

TEST_F(IngestTest, ChecksOfTheSourceGateItAndReadNothingWhereStatisticsTell) {
  source("{files: data/*.csv}",
         "    data_tests: [{dbt_expectations.expect_table_row_count_to_be_between: {min_value: 1, max_value: 3}}]\n"
         "    columns: [{name: id, data_tests: [not_null, {dbt_utils.accepted_range: {min_value: 0}}]}, {name: v, "
         "data_tests: [not_null]}]\n");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  StepResult first = trips();
  ASSERT_EQ(first.status, StepStatus::published) << summary(result_);
  ASSERT_THAT(first.checks, SizeIs(4));
  for (const checks::CheckResult& check : first.checks) EXPECT_EQ(check.decided_by, "statistics") << check.name;
  scene_.put("data/2.csv", "id,v\n-2,b\n");
  StepResult held = trips();
  EXPECT_EQ(held.status, StepStatus::held_back) << summary(result_);
  EXPECT_THAT(table(), ElementsAre("1|a"));
  scene_.put("data/2.csv", "id,v\n2,b\n");
  EXPECT_EQ(trips().status, StepStatus::published)
      << "a file that was never published is not a changed one: " << summary(result_);
}

TEST_F(IngestTest, FullRefreshReadsEverythingAnew) {
  source("{files: data/*.csv}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  scene_.put("data/1.csv", "id,v\nx,a\n");
  Scene::Asked refresh;
  refresh.full_refresh = true;
  EXPECT_EQ(trips(refresh).status, StepStatus::failed) << "a build refreshes models, not what was ingested";
  refresh.verb = plan::Verb::ingest;
  ASSERT_EQ(trips(refresh).status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table("id, v, typeof(id)"), ElementsAre("x|a|VARCHAR"));
  EXPECT_EQ(trips().status, StepStatus::up_to_date) << summary(result_);
}

TEST_F(IngestTest, DownstreamModelsSeeTheNewVersionAtOnce) {
  source("{files: data/*.csv}");
  scene_.put("models/m.sql",
             "{{ config(materialized='table') }} select count(*) as n from {{ source('raw', 'trips') }}");
  scene_.put("data/1.csv", "id,v\n1,a\n");
  ASSERT_EQ(scene_.build().exit_code(), 0);
  scene_.put("data/2.csv", "id,v\n2,a\n");
  RunResult result = scene_.build();
  EXPECT_EQ(step_of(result, "main.m").status, StepStatus::published) << summary(result);
  EXPECT_THAT(scene_.rows("select n from lake.main.m"), ElementsAre("2"));
  result = scene_.build();
  EXPECT_EQ(step_of(result, "main.m").status, StepStatus::up_to_date) << summary(result);
}

TEST_F(IngestTest, ParquetFilesByName) {
  source("{files: data/*.parquet}");
  std::filesystem::create_directories(scene_.root() / "data");
  scene_.rows("copy (select 1 as id, 'a' as v) to '" + (scene_.root() / "data/1.parquet").string() +
              "' (format parquet)");
  scene_.put("data/2.parquet", "PAR1 but not really");
  StepResult first = trips();
  ASSERT_EQ(first.status, StepStatus::published) << summary(result_);
  EXPECT_EQ(first.quarantined, 1);
  scene_.rows("copy (select 'x' as v, 2::bigint as id, 3 as extra) to '" + (scene_.root() / "data/3.parquet").string() +
              "' (format parquet)");
  ASSERT_EQ(trips().status, StepStatus::published) << summary(result_);
  EXPECT_THAT(table("id, v"), ElementsAre("1|a")) << "a BIGINT does not fit the INTEGER column: quarantined";
}

}  // namespace
}  // namespace weir::run
