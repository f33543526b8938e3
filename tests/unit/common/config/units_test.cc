#include "common/config/units.h"

#include <chrono>
#include <cmath>
#include <optional>

#include <gtest/gtest.h>

namespace wattfleet::config {
namespace {

using std::chrono::milliseconds;

TEST(ParseDurationTest, ReadsEachUnitAndTheirSums) {
  EXPECT_EQ(ParseDuration("500ms"), milliseconds(500));
  EXPECT_EQ(ParseDuration("90s"), milliseconds(90'000));
  EXPECT_EQ(ParseDuration("10m"), milliseconds(600'000));
  EXPECT_EQ(ParseDuration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(ParseDuration("1d"), milliseconds(86'400'000));
  EXPECT_EQ(ParseDuration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(ParseDuration("1m5ms"), milliseconds(60'005));
}

TEST(ParseDurationTest, RefusesWhatIsNotADuration) {
  for (const char* text : {"", "90", "s", "-5s", "1.5s", "5 s", "5x", "30m1h", "5s5s",
                           "99999999999999999999s", "9223372036854775807d"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(FormatDurationTest, IsReadBackAsTheSameValue) {
  for (const std::int64_t ms : {0L, 1L, 999L, 1000L, 1500L, 60'000L, 90'000L, 7'200'000L}) {
    EXPECT_EQ(ParseDuration(FormatDuration(milliseconds(ms))), milliseconds(ms)) << ms;
  }
  EXPECT_EQ(FormatDuration(milliseconds(600'000)), "10m");
}

TEST(ParseSizeTest, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(ParseSize("64MiB"), 64LL << 20);
  EXPECT_EQ(ParseSize("8GiB"), 8LL << 30);
  EXPECT_EQ(ParseSize("512 KiB"), 512LL << 10);
  EXPECT_EQ(ParseSize("1GB"), 1'000'000'000);
  EXPECT_EQ(ParseSize("4096"), 4096);
}

TEST(ParseSizeTest, RefusesWhatIsNotASize) {
  for (const char* text : {"", "MiB", "-1MiB", "1.5GiB", "1gib", "9223372036854775807TiB"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

TEST(ParseIntegerTest, TakesWholeNumbersHoweverWritten) {
  EXPECT_EQ(ParseInteger("2000"), 2000);
  EXPECT_EQ(ParseInteger("-1"), -1);
  EXPECT_EQ(ParseInteger("1e6"), 1'000'000);
  for (const char* text : {"", "2000x", "1.5", "1e300", "nan", "99999999999999999999"}) {
    EXPECT_EQ(ParseInteger(text), std::nullopt) << text;
  }
}

TEST(FormatNumberTest, IsReadBackAsTheSameValue) {
  for (const double value : {0.0, 0.6, 8.03e9, 1.0 / 3.0, -5e-324, 1e300}) {
    EXPECT_EQ(ParseNumber(FormatNumber(value)), value);
  }
  EXPECT_EQ(ParseNumber("inf"), std::nullopt);
  EXPECT_EQ(ParseNumber("nan"), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::config
