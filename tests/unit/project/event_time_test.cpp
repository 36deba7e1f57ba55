#include "project/event_time.h"

#include <gmock/gmock.h>

#include "base/time.h"
#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

int64_t us(const char* text) { return *parse_iso_us(text); }

struct Case {
  const char *time, *size;
  int offset;
  const char *truncated, *ceiling, *offset_batch, *id, *offset_time;
};

// As dbt-core 1.11.16 computes them: MicrobatchBuilder, and event_time.offset_timestamp for the last column.
constexpr Case by_dbt[] = {
    {"2024-01-01T00:00:00+00:00", "hour", 14, "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2024-01-01T14:00:00+00:00", "20240101T00", "2024-01-01T14:00:00+00:00"},
    {"2024-02-29T23:59:59+00:00", "hour", -13, "2024-02-29T23:00:00+00:00", "2024-03-01T00:00:00+00:00",
     "2024-02-29T10:00:00+00:00", "20240229T23", "2024-02-29T10:59:59+00:00"},
    {"2023-12-31T12:00:00+00:00", "hour", -13, "2023-12-31T12:00:00+00:00", "2023-12-31T12:00:00+00:00",
     "2023-12-30T23:00:00+00:00", "20231231T12", "2023-12-30T23:00:00+00:00"},
    {"2024-03-31T05:30:00+00:00", "hour", 2, "2024-03-31T05:00:00+00:00", "2024-03-31T06:00:00+00:00",
     "2024-03-31T07:00:00+00:00", "20240331T05", "2024-03-31T07:30:00+00:00"},
    {"2021-10-03T02:43:15+00:00", "hour", -13, "2021-10-03T02:00:00+00:00", "2021-10-03T03:00:00+00:00",
     "2021-10-02T13:00:00+00:00", "20211003T02", "2021-10-02T13:43:15+00:00"},
    {"2020-04-13T16:07:47+00:00", "hour", -1, "2020-04-13T16:00:00+00:00", "2020-04-13T17:00:00+00:00",
     "2020-04-13T15:00:00+00:00", "20200413T16", "2020-04-13T15:07:47+00:00"},
    {"2022-05-11T16:10:24+00:00", "hour", 2, "2022-05-11T16:00:00+00:00", "2022-05-11T17:00:00+00:00",
     "2022-05-11T18:00:00+00:00", "20220511T16", "2022-05-11T18:10:24+00:00"},
    {"2024-01-01T00:00:00+00:00", "day", -2, "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2023-12-30T00:00:00+00:00", "20240101", "2023-12-30T00:00:00+00:00"},
    {"2024-02-29T23:59:59+00:00", "day", -13, "2024-02-29T00:00:00+00:00", "2024-03-01T00:00:00+00:00",
     "2024-02-16T00:00:00+00:00", "20240229", "2024-02-16T23:59:59+00:00"},
    {"2023-12-31T12:00:00+00:00", "day", -13, "2023-12-31T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2023-12-18T00:00:00+00:00", "20231231", "2023-12-18T12:00:00+00:00"},
    {"2024-03-31T05:30:00+00:00", "day", 1, "2024-03-31T00:00:00+00:00", "2024-04-01T00:00:00+00:00",
     "2024-04-01T00:00:00+00:00", "20240331", "2024-04-01T05:30:00+00:00"},
    {"2019-06-30T04:42:47+00:00", "day", 1, "2019-06-30T00:00:00+00:00", "2019-07-01T00:00:00+00:00",
     "2019-07-01T00:00:00+00:00", "20190630", "2019-07-01T04:42:47+00:00"},
    {"2026-09-27T08:27:05+00:00", "day", -13, "2026-09-27T00:00:00+00:00", "2026-09-28T00:00:00+00:00",
     "2026-09-14T00:00:00+00:00", "20260927", "2026-09-14T08:27:05+00:00"},
    {"2023-04-26T13:09:03+00:00", "day", -2, "2023-04-26T00:00:00+00:00", "2023-04-27T00:00:00+00:00",
     "2023-04-24T00:00:00+00:00", "20230426", "2023-04-24T13:09:03+00:00"},
    {"2024-01-01T00:00:00+00:00", "month", -13, "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2022-12-01T00:00:00+00:00", "202401", "2022-12-01T00:00:00+00:00"},
    {"2024-02-29T23:59:59+00:00", "month", 2, "2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00",
     "2024-04-01T00:00:00+00:00", "202402", "2024-04-29T23:59:59+00:00"},
    {"2023-12-31T12:00:00+00:00", "month", -13, "2023-12-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2022-11-01T00:00:00+00:00", "202312", "2022-11-30T12:00:00+00:00"},
    {"2024-03-31T05:30:00+00:00", "month", -2, "2024-03-01T00:00:00+00:00", "2024-04-01T00:00:00+00:00",
     "2024-01-01T00:00:00+00:00", "202403", "2024-01-31T05:30:00+00:00"},
    {"2019-10-09T20:03:09+00:00", "month", 14, "2019-10-01T00:00:00+00:00", "2019-11-01T00:00:00+00:00",
     "2020-12-01T00:00:00+00:00", "201910", "2020-12-09T20:03:09+00:00"},
    {"2023-09-09T01:03:40+00:00", "month", 14, "2023-09-01T00:00:00+00:00", "2023-10-01T00:00:00+00:00",
     "2024-11-01T00:00:00+00:00", "202309", "2024-11-09T01:03:40+00:00"},
    {"2022-08-11T22:26:42+00:00", "month", 2, "2022-08-01T00:00:00+00:00", "2022-09-01T00:00:00+00:00",
     "2022-10-01T00:00:00+00:00", "202208", "2022-10-11T22:26:42+00:00"},
    {"2024-01-01T00:00:00+00:00", "year", 1, "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2025-01-01T00:00:00+00:00", "2024", "2025-01-01T00:00:00+00:00"},
    {"2024-02-29T23:59:59+00:00", "year", -13, "2024-01-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00",
     "2011-01-01T00:00:00+00:00", "2024", "2011-02-28T23:59:59+00:00"},
    {"2023-12-31T12:00:00+00:00", "year", -2, "2023-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2021-01-01T00:00:00+00:00", "2023", "2021-12-31T12:00:00+00:00"},
    {"2024-03-31T05:30:00+00:00", "year", -13, "2024-01-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00",
     "2011-01-01T00:00:00+00:00", "2024", "2011-03-31T05:30:00+00:00"},
    {"2019-07-12T04:46:07+00:00", "year", 2, "2019-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00",
     "2021-01-01T00:00:00+00:00", "2019", "2021-07-12T04:46:07+00:00"},
    {"2023-11-28T23:54:52+00:00", "year", -2, "2023-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2021-01-01T00:00:00+00:00", "2023", "2021-11-28T23:54:52+00:00"},
    {"2023-12-25T05:07:59+00:00", "year", -1, "2023-01-01T00:00:00+00:00", "2024-01-01T00:00:00+00:00",
     "2022-01-01T00:00:00+00:00", "2023", "2022-12-25T05:07:59+00:00"},
};

TEST(EventTime, IsReckonedInBatchesAsDbtDoes) {
  for (const Case& one : by_dbt) {
    SCOPED_TRACE(std::string(one.time) + " " + one.size);
    const int64_t at = us(one.time);
    const BatchSize size = *parse_batch_size(one.size);
    EXPECT_EQ(time_iso(truncate_time(at, size)), one.truncated);
    EXPECT_EQ(time_iso(ceil_time(at, size)), one.ceiling);
    EXPECT_EQ(time_iso(offset_batch(at, size, one.offset)), one.offset_batch);
    EXPECT_EQ(batch_id(at, size), one.id);
    const TimeWindow sample = parse_sample(std::to_string(-one.offset) + " " + one.size, at);
    EXPECT_EQ(time_iso(sample.start_us), one.offset_time);
    EXPECT_EQ(sample.end_us, at);
  }
}

std::vector<std::string> texts(const std::vector<TimeWindow>& windows) {
  std::vector<std::string> out;
  for (const TimeWindow& window : windows) out.push_back(time_text(window.start_us) + " " + time_text(window.end_us));
  return out;
}

TEST(EventTime, TheLastBatchEndsWhereAllDo) {
  EXPECT_THAT(texts(batches_between(us("2024-01-01"), us("2024-02-10"), BatchSize::month)),
              ElementsAre("2024-01-01 00:00:00+00:00 2024-02-01 00:00:00+00:00",
                          "2024-02-01 00:00:00+00:00 2024-02-10 00:00:00+00:00"));
  EXPECT_EQ(batches_between(us("2024-01-01"), us("2024-01-01"), BatchSize::day).size(), 1u);
}

TEST(EventTime, OfASampleMayBeWrittenOut) {
  const TimeWindow window = parse_sample("{start: '2024-07-01', end: '2024-07-08 18:00:00.5'}", 0);
  EXPECT_THAT(texts({window}), ElementsAre("2024-07-01 00:00:00+00:00 2024-07-08 18:00:00.500000+00:00"));
  for (const char* wrong : {"", "3", "3 weeks", "x days", "3  days", "{start: 2024-01-01}", "{start: a, end: b}"})
    EXPECT_THROW(parse_sample(wrong, 0), Error) << wrong;
}

TempProject::Files microbatch(const std::string& config) {
  return {{"models/src.yml",
           "sources:\n- name: raw\n  tables:\n  - {name: e, config: {event_time: at}, columns: [{name: at, quote: "
           "true}]}\n"},
          {"models/m.sql", "{{ config(materialized='incremental', incremental_strategy='microbatch', " + config +
                               ") }}select '{{ model.batch.id }}' from {{ source('raw', 'e') }}"}};
}

TEST(Microbatch, NarrowsItsInputsToTheBatch) {
  const TempProject temp(microbatch("event_time='at', batch_size='hour', begin='2024-01-01'"));
  const Project project = temp.project();
  RenderState state;
  state.batch = TimeWindow{us("2024-01-01T05:00:00"), us("2024-01-01T06:00:00")};
  EXPECT_EQ(
      rendered(project, "model.shop.m", state),
      "select '20240101T05' from (select * from \"lake\".\"raw\".\"e\" where \"at\" >= '2024-01-01 05:00:00+00:00' "
      "and \"at\" < '2024-01-01 06:00:00+00:00')");
  EXPECT_EQ(rendered(project, "model.shop.m"), "select '' from \"lake\".\"raw\".\"e\"");
}

TEST(Microbatch, ASampleNarrowsTheBatchFurther) {
  TempProject temp(microbatch("event_time='at', batch_size='day', begin='2024-01-01'"));
  temp.flags.inputs.sample = TimeWindow{us("2024-01-01T12:00:00"), us("2024-01-09")};
  const Project project = temp.project();
  RenderState state;
  state.batch = TimeWindow{us("2024-01-01"), us("2024-01-02")};
  EXPECT_THAT(rendered(project, "model.shop.m", state),
              HasSubstr(">= '2024-01-01 12:00:00+00:00' and \"at\" < '2024-01-02 00:00:00+00:00'"));
}

TEST(Microbatch, SaysWhatItsConfigurationLacks) {
  for (const auto& [config, said] : std::vector<std::pair<std::string, std::string>>{
           {"batch_size='day', begin='2024-01-01'", "needs event_time"},
           {"event_time='at', begin='2024-01-01'", "needs batch_size"},
           {"event_time='at', batch_size='day'", "needs begin"},
           {"event_time='at', batch_size='day', begin='soon'", "begin: \"soon\", which is no time"},
           {"event_time='at', batch_size='day', begin='2024-01-01', lookback='2'", "lookback: \"2\""},
           {"event_time='at', batch_size='day', begin='2024-01-01', concurrent_batches='x'", "concurrent_batches"}})
    EXPECT_THAT(TempProject(microbatch(config)).only_error(), HasSubstr(said));
}

}  // namespace
}  // namespace weir::project
