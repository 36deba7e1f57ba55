#include "base/time.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Time, Iso) {
  EXPECT_EQ(iso_ms(1767603600123), "2026-01-05T09:00:00.123Z");
  EXPECT_EQ(iso_seconds(1767603600999), "2026-01-05T09:00:00Z");
  EXPECT_EQ(iso_ms(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(iso_us(-1, ' '), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(iso_us(1767603600000001, 'T'), "2026-01-05T09:00:00.000001");
  EXPECT_EQ(iso_us(INT64_MIN, ' '), "-290308-12-21 19:59:05.224192");
  EXPECT_EQ(iso_date(0), "1970-01-01");
  EXPECT_EQ(iso_date(11016), "2000-02-29");
  EXPECT_EQ(iso_date(-719528), "0000-01-01");
  EXPECT_EQ(iso_date(-719529), "-0001-12-31");
  EXPECT_EQ(iso_date(2932896), "9999-12-31");
  EXPECT_EQ(iso_date(2932897), "10000-01-01");
}

TEST(Time, ParseIso) {
  constexpr int64_t base = 1767604364000000;  // 2026-01-05T09:12:44Z
  EXPECT_EQ(parse_iso_us("2026-01-05T09:12:44Z"), base);
  EXPECT_EQ(parse_iso_us("2026-01-05 09:12:44"), base);
  EXPECT_EQ(parse_iso_us("2026-01-05 09:12:44.123456"), base + 123456);
  EXPECT_EQ(parse_iso_us("2026-01-05T09:12:44.1Z"), base + 100000);
  EXPECT_EQ(parse_iso_us("2026-01-05T09:12:44.123456789Z"), base + 123456);
  EXPECT_EQ(parse_iso_us("2026-01-05T11:12:44+02:00"), base);
  EXPECT_EQ(parse_iso_us("2026-01-05T11:12:44+02"), base);
  EXPECT_EQ(parse_iso_us("2026-01-05T03:42:44-0530"), base);
  EXPECT_EQ(parse_iso_us("2026-01-05"), 1767571200000000);
  EXPECT_EQ(parse_iso_us("2026-01-05 09:12"), 1767604320000000);
  EXPECT_EQ(parse_iso_us("1969-12-31T23:59:59.999999Z"), -1);
}

TEST(Time, ParseIsoRefusesWhatIsNoTime) {
  for (const char* bad : {"", "2026", "2026-1-5", "2026-02-29", "2026-13-01", "2026-01-05T24:00:00",
                          "2026-01-05T09:60:00", "2026-01-05T09:00:60", "2026-01-05T09:12:44.", "2026-01-05T09:12:44+2",
                          "2026-01-05T09:12:44Zx", "2026-01-05x", "05.01.2026", "2026-01-05 ", "20260105"})
    EXPECT_EQ(parse_iso_us(bad), std::nullopt) << bad;
  EXPECT_EQ(parse_iso_us("2028-02-29"), 1835395200000000);
}

TEST(Time, TheFormsOfHttp) {
  EXPECT_EQ(parse_http_date_ms("Mon, 05 Jan 2026 09:12:44 GMT"), 1767604364000);
  EXPECT_EQ(parse_http_date_ms("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777000);
  for (const char* bad :
       {"", "Mon, 05 Jan 2026 09:12:44", "Mon, 05 Jax 2026 09:12:44 GMT", "Mon, 5 Jan 2026 09:12:44 GMT",
        "Mon, 05 anF 2026 09:12:44 GMT", "Mon, 31 Feb 2026 09:12:44 GMT", "Mon, 05-Jan-2026 09:12:44 GMT",
        "2026-01-05T09:12:44Z", "Mon, 05 Jan 2026 25:12:44 GMT"})
    EXPECT_EQ(parse_http_date_ms(bad), std::nullopt) << bad;
  EXPECT_EQ(iso_basic(1767604364123), "20260105T091244Z");
}

TEST(Time, Durations) {
  EXPECT_EQ(parse_duration_ms("7 days"), 604800000);
  EXPECT_EQ(parse_duration_ms("12h"), 43200000);
  EXPECT_EQ(parse_duration_ms("30 minutes"), 1800000);
  EXPECT_EQ(parse_duration_ms("interval 1 week"), 604800000);
  EXPECT_EQ(parse_duration_ms("INTERVAL 30 DAYS"), 2592000000);
  EXPECT_EQ(parse_duration_ms("500ms"), 500);
  EXPECT_EQ(parse_duration_ms("1.5 h"), 5400000);
  EXPECT_EQ(parse_duration_ms("1 day 2 hours"), 93600000);
  EXPECT_EQ(parse_duration_ms("interval 1 hour 30 minutes"), 5400000);
  for (const char* bad :
       {"", "7", "days", "7 months", "7 dayz", "interval", "-1 day", "1 day 2", "1..5h", "99999999999999 weeks"})
    EXPECT_EQ(parse_duration_ms(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace weir
