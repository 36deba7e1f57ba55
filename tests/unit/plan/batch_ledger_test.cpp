#include "plan/batch_ledger.h"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "base/time.h"

namespace weir::plan {
namespace {

using project::BatchSize;
using project::TimeWindow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

int64_t us(const char* text) { return *parse_iso_us(text); }
TimeWindow days(const char* from, const char* to) { return {us(from), us(to)}; }

std::string names(const std::vector<TimeWindow>& batches, BatchSize size = BatchSize::day) {
  std::string out;
  for (const TimeWindow& batch : batches) out += (out.empty() ? "" : " ") + project::batch_name(batch.start_us, size);
  return out;
}

project::Microbatch daily(const char* begin, int lookback = 1) {
  project::Microbatch out;
  out.begin_us = us(begin);
  out.lookback = lookback;
  return out;
}

TEST(BatchLedger, AGapIsFilledAndWhatIsThereIsNot) {
  BatchLedger ledger;
  ledger.add(days("2026-01-01", "2026-01-03"));
  ledger.add(days("2026-01-05", "2026-01-09"));
  const auto config = daily("2026-01-01");
  EXPECT_EQ(names(missing_batches(config, ledger, us("2026-01-09T10:00:00"))), "2026-01-03 2026-01-04");
  // and the newest, which is not over, with one before it
  EXPECT_EQ(names(due_batches(config, ledger, us("2026-01-09T10:00:00"))),
            "2026-01-03 2026-01-04 2026-01-08 2026-01-09");
  EXPECT_EQ(names(due_batches(daily("2025-12-30", 0), ledger, us("2026-01-06T00:00:00"))),
            "2025-12-30 2025-12-31 2026-01-03 2026-01-04 2026-01-05");
}

TEST(BatchLedger, AnotherSizeOfBatchesCountsOnlyWhatIsWhole) {
  BatchLedger ledger;
  ledger.add(days("2026-01-01", "2026-02-15"));
  EXPECT_EQ(names(ledger.missing(us("2026-01-01"), us("2026-04-01"), BatchSize::month), BatchSize::month),
            "2026-02 2026-03");
}

TEST(BatchLedger, ItsCursorGivesItBack) {
  BatchLedger ledger;
  ledger.add(days("2026-01-05", "2026-01-09"));
  ledger.add(days("2026-01-01", "2026-01-03"));
  lake::publish::Manifest head;
  head.cursor_after = ledger.cursor();
  EXPECT_EQ(head.cursor_after.dump(), R"({"batches":[["2026-01-01T00:00:00+00:00","2026-01-03T00:00:00+00:00"],)"
                                      R"(["2026-01-05T00:00:00+00:00","2026-01-09T00:00:00+00:00"]]})");
  EXPECT_EQ(BatchLedger::of(head, daily("2026-01-01"), 0).cursor().dump(), head.cursor_after.dump());
  head.cursor_after = Json::parse(R"({"batches":[["2026-01-01"]]})");
  EXPECT_THROW(BatchLedger::of(head, daily("2026-01-01"), 0), Error);
}

TEST(BatchLedger, AManifestWithoutOneIsTakenToHoldAllButTheNewest) {
  lake::publish::Manifest head;
  head.cursor_after = Json::object();
  head.code = "abc;batches=2026-01-06T00:00:00+00:00";
  const int64_t now_us = us("2026-01-08T10:00:00");
  EXPECT_EQ(names(missing_batches(daily("2026-01-01"), BatchLedger::of(head, daily("2026-01-01"), now_us), now_us)),
            "2026-01-05 2026-01-06 2026-01-07");
  head.code = "abc;batches=asked";
  EXPECT_THAT(missing_batches(daily("2026-01-01"), BatchLedger::of(head, daily("2026-01-01"), now_us), now_us),
              IsEmpty());
}

TEST(BatchLedger, IsASetOfHours) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; round++) {
    BatchLedger ledger;
    std::set<int> model;
    for (int i = 0; i < 12; i++) {
      const int from = static_cast<int>(random() % 50), to = from + static_cast<int>(random() % 8);
      const int64_t hour_us = 3'600'000'000;
      const bool adds = random() % 3 != 0;
      adds ? ledger.add({from * hour_us, to * hour_us}) : ledger.remove({from * hour_us, to * hour_us});
      for (int hour = from; hour < to; hour++)
        if (adds)
          model.insert(hour);
        else
          model.erase(hour);
      std::set<int> missing;
      for (const TimeWindow& batch : ledger.missing(0, 60 * hour_us, BatchSize::hour))
        missing.insert(static_cast<int>(batch.start_us / hour_us));
      for (int hour = 0; hour < 60; hour++)
        ASSERT_NE(missing.contains(hour), model.contains(hour)) << round << ' ' << hour;
    }
  }
}

TEST(BatchLedger, TellsBatches) {
  EXPECT_EQ(batches_text({days("2026-01-05", "2026-01-06")}, BatchSize::day), "2026-01-05");
  EXPECT_EQ(batches_text({days("2026-01-01", "2026-02-01"), days("2026-03-01", "2026-04-01")}, BatchSize::month),
            "2 batches, 2026-01 to 2026-03");
}

}  // namespace
}  // namespace weir::plan
