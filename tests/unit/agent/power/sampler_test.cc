#include "agent/power/sampler.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "common/time/system_clock.h"
#include "tests/support/scripted_power_source.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using testing::ScriptedPowerSource;
using testing::SimWorld;

std::unique_ptr<PowerSource> Counting(ScriptedPowerSource::Script script,
                                      milliseconds period = milliseconds(50)) {
  return std::make_unique<ScriptedPowerSource>(std::vector<ChannelSpec>(2), period,
                                               std::move(script));
}

void Answer(std::span<ChannelValue> values, std::uint64_t raw) {
  for (ChannelValue& value : values) {
    value = {.raw = raw++, .fault = ReadFault::kNone};
  }
}

std::vector<std::uint64_t> Seen(const Sampler& sampler, std::uint64_t from) {
  std::vector<std::uint64_t> raws;
  sampler.Visit(from, [&raws](const Reading& reading) {
    EXPECT_EQ(reading.values.size(), 2U);
    EXPECT_EQ(reading.values[1].raw, reading.values[0].raw + 1);
    raws.push_back(reading.values[0].raw);
  });
  return raws;
}

TEST(SamplerTest, ShowsReadingsFromTheNumberAskedFor) {
  SimWorld world;
  std::uint64_t next = 0;
  Sampler sampler(Counting([&next](auto values) { Answer(values, next += 10); }), world);
  for (int i = 0; i < 4; ++i) {
    sampler.PollOnce();
  }

  EXPECT_EQ(Seen(sampler, 0), (std::vector<std::uint64_t>{10, 20, 30, 40}));
  EXPECT_EQ(Seen(sampler, 3), (std::vector<std::uint64_t>{40}));
  EXPECT_EQ(sampler.Visit(4, [](const Reading&) { FAIL(); }), 4U);
}

TEST(SamplerTest, KeepsOnlyTheNewestReadings) {
  SimWorld world;
  std::uint64_t next = 0;
  Sampler sampler(Counting([&next](auto values) { Answer(values, ++next); }, milliseconds(500)),
                  world, {.kept = std::chrono::seconds(2)});
  for (int i = 0; i < 1'000; ++i) {
    sampler.PollOnce();
  }

  EXPECT_EQ(Seen(sampler, 0), (std::vector<std::uint64_t>{995, 996, 997, 998, 999, 1'000}));
}

TEST(SamplerTest, StampsTheTimeBeforeAndAfterAReadAndFlagsASlowOne) {
  SimWorld world;
  auto cost = milliseconds(2);
  Sampler sampler(Counting([&](auto values) {
                    world.RunFor(cost);
                    Answer(values, 1);
                  }),
                  world);
  sampler.PollOnce();
  cost = milliseconds(13);
  sampler.PollOnce();

  std::vector<Reading> readings;
  sampler.Visit(0, [&readings](const Reading& reading) { readings.push_back(reading); });
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0].after_ns - readings[0].before_ns, 2'000'000);
  EXPECT_EQ(readings[0].flags, 0U);
  EXPECT_EQ(readings[1].flags, kFlagSlowRead);
}

TEST(SamplerTest, FlagsTheFirstReadingAfterTheMachineSlept) {
  SimWorld world;
  std::chrono::nanoseconds slept{0};
  Sampler sampler(Counting([](auto values) { Answer(values, 1); }), world,
                  {.suspended_time = [&slept] { return slept; }});
  sampler.PollOnce();
  slept += std::chrono::seconds(30);
  for (int i = 0; i < 30; ++i) {
    world.RunFor(milliseconds(50));
    sampler.PollOnce();
  }

  int flagged = 0;
  sampler.Visit(0, [&flagged](const Reading& reading) {
    flagged += reading.flags == kFlagSuspended ? 1 : 0;
  });
  EXPECT_EQ(flagged, 1);
}

// A clock that tests move by hand and that a real thread waits on.
class ManualClock final : public Clock {
 public:
  MonotonicTime MonotonicNow() const override {
    return MonotonicTime(std::chrono::nanoseconds(now_ns.load()));
  }
  WallTime WallNow() const override { return {}; }
  std::atomic<std::int64_t> now_ns{1'000'000'000};
};

TEST(SamplerTest, FlagsReadingsOnBatteryAndTheFirstAfterAChange) {
  SimWorld world;
  std::optional<SupplyState> supply = SupplyState::kMains;
  Sampler sampler(Counting([](auto values) { Answer(values, 1); }, milliseconds(250)), world,
                  {.supply = [&supply] { return supply; }});
  std::vector<Flags> flags;
  const auto poll = [&](std::optional<SupplyState> state) {
    supply = state;
    sampler.PollOnce();
    world.RunFor(milliseconds(250));
    sampler.Visit(flags.size(),
                  [&flags](const Reading& reading) { flags.push_back(reading.flags); });
  };
  for (const auto state :
       {std::optional(SupplyState::kMains), std::optional(SupplyState::kBattery),
        std::optional(SupplyState::kBattery), std::optional<SupplyState>(),
        std::optional(SupplyState::kMains), std::optional(SupplyState::kMains)}) {
    poll(state);
  }

  constexpr Flags kBoth = kFlagOnBattery | kFlagPowerSourceChanged;
  EXPECT_EQ(flags, (std::vector<Flags>{0, kBoth, kFlagOnBattery, kFlagOnBattery,
                                       kFlagPowerSourceChanged, 0}));
}

TEST(SamplerTest, SkipsTheReadsThatASlowOneOverran) {
  ManualClock clock;
  std::atomic<int> reads{0};
  std::vector<std::int64_t> begun;
  {
    Sampler sampler(Counting([&](auto values) {
                      constexpr std::int64_t kCostsMs[] = {170, 50, 0};
                      begun.push_back(clock.now_ns);
                      Answer(values, 1);
                      clock.now_ns += 1'000'000 * kCostsMs[std::min<int>(reads, 2)];
                      ++reads;
                      reads.notify_one();
                    }),
                    clock);
    sampler.Start();
    reads.wait(0);
    clock.now_ns = 1'200'000'000;
    while (reads < 3) {
      reads.wait(reads);
    }
  }

  EXPECT_EQ(begun, (std::vector<std::int64_t>{1'000'000'000, 1'200'000'000, 1'250'000'000}));
}

TEST(SamplerTest, SamplesByItselfUntilDestroyed) {
  const SystemClock clock;
  std::atomic<int> reads{0};
  {
    Sampler sampler(Counting(
                        [&reads](auto values) {
                          Answer(values, 1);
                          ++reads;
                          reads.notify_one();
                        },
                        milliseconds(10)),
                    clock);
    sampler.Start();
    while (reads < 5) {
      reads.wait(reads);
    }
  }

  EXPECT_GE(reads, 5);
}

}  // namespace
}  // namespace wattfleet::agent
