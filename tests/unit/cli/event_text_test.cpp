#include "cli/event_text.h"

#include <gtest/gtest.h>

#include "cli/text_width.h"

namespace weir::cli {
namespace {

Event event(std::string name, Json fields) { return Event{std::move(name), 1767604364000, std::move(fields)}; }

Json published() {
  return Json::object()
      .set("asset", "raw.trips")
      .set("kind", "ingest")
      .set("version", 1)
      .set("rows", 1204329)
      .set("quarantined", 2)
      .set("files", 12)
      .set("bytes", 12900000)
      .set("source_bytes", 38100000)
      .set("ms", 1398);
}

TEST(plain_line, one_line_per_event) {
  EXPECT_EQ(plain_line(event("asset.published", published())),
            "2026-01-05T09:12:44Z raw.trips published v1 rows=1204329 quarantined=2 files=12 bytes=12900000 ms=1398");
  EXPECT_EQ(plain_line(event("asset.skipped", Json::object().set("asset", "main.a").set("because_of", "main.b"))),
            "2026-01-05T09:12:44Z main.a skipped because_of=main.b");
  EXPECT_EQ(plain_line(event("asset.progress", published())), std::nullopt);
  EXPECT_EQ(plain_line(event("asset.up_to_date", published())), std::nullopt);
}

TEST(plain_line, values_with_spaces_can_be_taken_apart) {
  const auto line =
      plain_line(event("asset.failed", Json::object().set("asset", "main.a").set("message", "two words\nand more")));
  EXPECT_EQ(line, "2026-01-05T09:12:44Z main.a failed message=\"two words\"");
}

TEST(json_line, keeps_every_field) {
  EXPECT_EQ(json_line(event("asset.note", Json::object().set("asset", "a").set("message", "x"))),
            "{\"time\":\"2026-01-05T09:12:44.000Z\",\"event\":\"asset.note\",\"asset\":\"a\",\"message\":\"x\"}");
}

TEST(finished_text, fits_the_window) {
  const auto wide = finished_text(event("asset.published", published()), 12, 140, {});
  EXPECT_EQ(
      wide,
      " ✓ raw.trips     ingest         1,204,329 rows   12 files   2 quarantined   38.1 MB → 12.9 MB   v1   1.4 s\n");
  for (size_t columns : {60u, 40u, 20u}) {
    const auto text = finished_text(event("asset.published", published()), 12, columns, {});
    EXPECT_LE(text_width(text->substr(0, text->size() - 1)), columns - 1);
    EXPECT_NE(text->find("raw.trips"), std::string::npos);
  }
}

TEST(finished_text, says_where_to_look) {
  const auto text = finished_text(event("asset.held_back", Json::object()
                                                               .set("asset", "main.fares")
                                                               .set("check", "accepted_range(fare)")
                                                               .set("message", "17 rows below 0")
                                                               .set("version", 4)),
                                  10, 140, {});
  EXPECT_EQ(text,
            " ✗ main.fares  check failed before publishing: accepted_range(fare) 17 rows below 0; v4 stays public\n"
            "     weir show --failures main.fares      weir logs main.fares\n");
}

TEST(running_text, shows_what_is_known) {
  RunningAsset running;
  running.asset = "main.daily";
  running.kind = "table";
  running.fraction = 0.62;
  running.rows_per_s = 1100000;
  running.checks = 3;
  EXPECT_EQ(running_text(running, 10, {}), "main.daily  table        62 %  1.1 M rows/s  3 checks waiting");
  EXPECT_EQ(rate_text(840), "840 rows/s");
}

}  // namespace
}  // namespace weir::cli
