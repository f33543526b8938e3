#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "common/energy/interval_reducer.h"
#include "common/random/random.h"

namespace wattfleet {
namespace {

using std::chrono::milliseconds;
constexpr std::int64_t kMs = 1'000'000;

ChannelSpec CounterSpec(RawUnit unit = {1'000, 1}) {
  ChannelSpec spec;
  spec.kind = SampleKind::kCounter;
  spec.unit = unit;
  spec.update_period = milliseconds(100);
  return spec;
}

ChannelSpec PowerSpec(SampleKind kind, milliseconds window = {}) {
  ChannelSpec spec;
  spec.kind = kind;
  spec.unit = {1'000, 1};  // milliwatts
  spec.update_period = milliseconds(100);
  spec.window = window;
  return spec;
}

// A reducer with what it has put out.
class Reduction {
 public:
  Reduction(const ChannelSpec& spec, milliseconds poll_period)
      : reducer_(MakeReducer(spec, poll_period)) {}

  void Read(std::int64_t at_ms, std::uint64_t raw, Flags flags = 0) {
    Add(at_ms, {.raw = raw, .fault = ReadFault::kNone}, flags);
  }
  void Fail(std::int64_t at_ms, ReadFault fault) { Add(at_ms, {.fault = fault}, 0); }
  void Add(std::int64_t at_ms, ChannelValue value, Flags flags) {
    reducer_->Add({at_ms * kMs, at_ms * kMs, value, flags}, intervals);
  }
  Microjoules total() const {
    Microjoules sum = 0;
    for (const EnergyInterval& interval : intervals) {
      sum += interval.energy;
    }
    return sum;
  }
  void ExpectTouching() const {
    for (std::size_t i = 1; i < intervals.size(); ++i) {
      EXPECT_EQ(intervals[i].start_ns, intervals[i - 1].end_ns);
      EXPECT_GE(intervals[i].energy, 0);
    }
  }

  std::vector<EnergyInterval> intervals;

 private:
  std::unique_ptr<IntervalReducer> reducer_;
};

TEST(CounterReducerTest, PutsTheKnotMidwayBetweenTheLastOldAndTheFirstNewValue) {
  Reduction reduction(CounterSpec(), milliseconds(20));
  const std::uint64_t values[] = {5, 5, 12, 12, 12, 12, 12, 19};
  for (std::int64_t i = 0; i < 8; ++i) {
    reduction.Read(20 * i, values[i]);
  }

  ASSERT_EQ(reduction.intervals.size(), 1U);
  EXPECT_EQ(reduction.intervals[0], (EnergyInterval{30 * kMs, 130 * kMs, 7'000, 0, true}));
}

TEST(CounterReducerTest, FollowsACounterThatChangesAtEveryRead) {
  ChannelSpec spec = CounterSpec({1, 1});
  spec.update_period = milliseconds(1);
  Reduction reduction(spec, milliseconds(50));
  for (std::int64_t i = 0; i < 4; ++i) {
    reduction.Read(50 * i, static_cast<std::uint64_t>(1'000 * i));
  }

  ASSERT_EQ(reduction.intervals.size(), 2U);
  EXPECT_EQ(reduction.intervals[0], (EnergyInterval{50 * kMs, 100 * kMs, 1'000, 0, true}));
}

TEST(CounterReducerTest, CarriesTheRemainderSoThatTheSumIsTheCountersDifference) {
  ChannelSpec spec = CounterSpec({15'625, 1'024});  // 2^-16 J
  spec.update_period = milliseconds(1);
  Reduction reduction(spec, milliseconds(20));
  Random random(9);
  std::uint64_t raw = 1'000'000;
  std::uint64_t first = 0;
  for (std::int64_t i = 0; i < 5'000; ++i) {
    reduction.Read(20 * i, raw);
    first = i == 1 ? raw : first;  // the first change is the first knot
    if (i < 4'999) {
      raw += 1 + random.Below(100'000);
    }
  }

  EXPECT_EQ(reduction.total(), static_cast<Microjoules>((raw - first) * 15'625 / 1'024));
  reduction.ExpectTouching();
}

TEST(CounterReducerTest, AWrapGivesTheSameIntervalsAsAWiderCounter) {
  const std::uint64_t modulus = 262'143'328'850 + 61;
  ChannelSpec wide = CounterSpec({1, 1});
  ChannelSpec narrow = wide;
  narrow.modulus = modulus;
  Reduction expected(wide, milliseconds(50));
  Reduction wrapped(narrow, milliseconds(50));
  for (std::int64_t i = 0; i < 100; ++i) {
    const std::uint64_t raw = modulus - 100'000'000 + static_cast<std::uint64_t>(i) * 12'500'000;
    expected.Read(50 * i, raw);
    wrapped.Read(50 * i, raw % modulus);
  }

  EXPECT_EQ(wrapped.intervals, expected.intervals);
}

TEST(CounterReducerTest, AStepBackThatNoDeviceCanHaveDrawnIsAReset) {
  ChannelSpec spec = CounterSpec({1, 1});
  spec.modulus = 262'143'328'850;
  spec.update_period = milliseconds(1);
  Reduction reduction(spec, milliseconds(50));
  for (std::int64_t i = 0; i < 4; ++i) {
    reduction.Read(50 * i, 100'000'000'000 + static_cast<std::uint64_t>(i) * 1'000'000);
  }
  for (std::int64_t i = 4; i < 8; ++i) {
    reduction.Read(50 * i, static_cast<std::uint64_t>(i) * 1'000'000);
  }

  reduction.ExpectTouching();
  ASSERT_EQ(reduction.intervals.size(), 6U);
  EXPECT_EQ(reduction.intervals[2],
            (EnergyInterval{150 * kMs, 200 * kMs, 0, kFlagCounterReset, false}));
  EXPECT_EQ(reduction.intervals[3].flags, kFlagCounterReset);
  EXPECT_FALSE(reduction.intervals[3].measured);
  EXPECT_TRUE(reduction.intervals[4].measured);
  EXPECT_EQ(reduction.total(), 4'000'000);
}

TEST(CounterReducerTest, ACounterWithoutModulusNeverWraps) {
  Reduction reduction(CounterSpec(), milliseconds(20));
  for (std::int64_t i = 0; i < 30; ++i) {
    reduction.Read(20 * i, 1'000'000 + static_cast<std::uint64_t>(i / 5) * 7'000);
  }
  reduction.Read(600, 3);
  reduction.Read(700, 9);

  EXPECT_EQ(reduction.intervals.back().flags & kFlagCounterReset, kFlagCounterReset);
  EXPECT_FALSE(reduction.intervals.back().measured);
}

TEST(CounterReducerTest, ALeapBeyondTheDevicesPowerIsAHoleNotANumber) {
  ChannelSpec spec = CounterSpec({1, 1});
  spec.update_period = milliseconds(1);
  spec.max_watts = 1'000;
  Reduction reduction(spec, milliseconds(50));
  for (std::int64_t i = 0; i < 3; ++i) {
    reduction.Read(50 * i, static_cast<std::uint64_t>(i) * 1'000'000);
  }
  reduction.Read(150, 18'446'744'073'709'551'615ULL);

  EXPECT_EQ(reduction.intervals.back(),
            (EnergyInterval{100 * kMs, 150 * kMs, 0, kFlagImplausible, false}));
}

TEST(CounterReducerTest, FlagsACounterThatStandsStill) {
  Reduction reduction(CounterSpec(), milliseconds(50));
  reduction.Read(0, 1);
  reduction.Read(50, 2);
  for (std::int64_t i = 2; i < 40; ++i) {
    reduction.Read(50 * i, 2);
  }

  ASSERT_FALSE(reduction.intervals.empty());
  for (const EnergyInterval& interval : reduction.intervals) {
    EXPECT_EQ(interval.flags, kFlagCounterStalled);
    EXPECT_EQ(interval.energy, 0);
  }
}

TEST(CounterReducerTest, FlagsACounterThatNeverMoved) {
  Reduction reduction(CounterSpec(), milliseconds(50));
  for (std::int64_t i = 0; i < 40; ++i) {
    reduction.Read(50 * i, 77);
  }

  ASSERT_FALSE(reduction.intervals.empty());
  EXPECT_EQ(reduction.intervals[0].flags, kFlagCounterStalled);
  EXPECT_FALSE(reduction.intervals[0].measured);
}

TEST(CounterReducerTest, AModelledCounterMayStandStill) {
  ChannelSpec spec = CounterSpec({50'000, 1});
  spec.may_stand_still = true;
  Reduction reduction(spec, milliseconds(50));
  for (std::int64_t i = 0; i < 40; ++i) {
    reduction.Read(50 * i, 77);
  }

  ASSERT_FALSE(reduction.intervals.empty());
  for (const EnergyInterval& interval : reduction.intervals) {
    EXPECT_EQ(interval.flags, 0U);
    EXPECT_TRUE(interval.measured);
  }
}

TEST(CounterReducerTest, MissedReadsLeaveTheEnergyWholeAndFlagTheGap) {
  ChannelSpec spec = CounterSpec({1, 1});
  spec.update_period = milliseconds(1);
  Reduction reduction(spec, milliseconds(50));
  reduction.Read(0, 0);
  reduction.Read(50, 1'000'000);
  for (std::int64_t i = 2; i < 12; ++i) {
    reduction.Fail(50 * i, ReadFault::kUnavailable);
  }
  reduction.Read(600, 12'000'000);

  ASSERT_EQ(reduction.intervals.size(), 1U);
  EXPECT_EQ(reduction.intervals[0],
            (EnergyInterval{50 * kMs, 600 * kMs, 11'000'000, kFlagGap, true}));
}

TEST(CounterReducerTest, ALostDeviceIsAHoleUntilTheFirstKnotAfterItsReturn) {
  ChannelSpec spec = CounterSpec({1, 1});
  spec.update_period = milliseconds(1);
  Reduction reduction(spec, milliseconds(50));
  reduction.Read(0, 1'000'000);
  reduction.Read(50, 2'000'000);
  reduction.Fail(100, ReadFault::kLost);
  reduction.Fail(150, ReadFault::kLost);
  reduction.Read(200, 5);
  reduction.Read(250, 1'000'005);
  reduction.Read(300, 2'000'005);

  reduction.ExpectTouching();
  ASSERT_EQ(reduction.intervals.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reduction.intervals[i].flags, kFlagChannelLost);
    EXPECT_FALSE(reduction.intervals[i].measured);
  }
  EXPECT_EQ(reduction.intervals[3], (EnergyInterval{250 * kMs, 300 * kMs, 1'000'000, 0, true}));
}

TEST(CounterReducerTest, SleepOfTheMachineIsAHole) {
  ChannelSpec spec = CounterSpec({1, 1});
  spec.update_period = milliseconds(1);
  Reduction reduction(spec, milliseconds(50));
  reduction.Read(0, 1'000'000);
  reduction.Read(50, 2'000'000);
  reduction.Read(100, 9'000'000, kFlagSuspended);
  reduction.Read(150, 10'000'000);

  ASSERT_EQ(reduction.intervals.size(), 2U);
  EXPECT_EQ(reduction.intervals[0].flags, kFlagSuspended);
  EXPECT_FALSE(reduction.intervals[0].measured);
  EXPECT_FALSE(reduction.intervals[1].measured);
}

TEST(PowerReducerTest, EachInstantStandsForATileAroundTheMomentItWasTaken) {
  // Updates every 100 ms: what is shown is 50 ms old on average.
  Reduction reduction(PowerSpec(SampleKind::kPowerInstant), milliseconds(100));
  reduction.Read(100, 100'000);
  reduction.Read(200, 300'000);
  reduction.Read(300, 400'000);

  ASSERT_EQ(reduction.intervals.size(), 2U);
  EXPECT_EQ(reduction.intervals[0], (EnergyInterval{0, 100 * kMs, 10'000'000, 0, true}));
  EXPECT_EQ(reduction.intervals[1], (EnergyInterval{100 * kMs, 200 * kMs, 30'000'000, 0, true}));
}

TEST(PowerReducerTest, ReadingsFasterThanTheSensorAreOneTile) {
  Reduction reduction(PowerSpec(SampleKind::kPowerInstant), milliseconds(50));
  for (std::int64_t at_ms = 100; at_ms <= 500; at_ms += 50) {
    reduction.Read(at_ms, 200'000);
  }

  ASSERT_EQ(reduction.intervals.size(), 4U);
  EXPECT_EQ(reduction.intervals[3], (EnergyInterval{300 * kMs, 400 * kMs, 20'000'000, 0, true}));
}

TEST(PowerReducerTest, TheWindowsOfALongMeanTileTime) {
  ChannelSpec spec = PowerSpec(SampleKind::kPowerAverage, milliseconds(1'000));
  Reduction reduction(spec, milliseconds(200));
  for (std::int64_t at_ms = 2'000; at_ms <= 5'000; at_ms += 200) {
    reduction.Read(at_ms, 50'000 + static_cast<std::uint64_t>(at_ms));
  }

  // Each window ends half an update before its reading.
  ASSERT_EQ(reduction.intervals.size(), 3U);
  EXPECT_EQ(reduction.intervals[0], (EnergyInterval{950 * kMs, 1'950 * kMs, 52'000'000, 0, true}));
  EXPECT_EQ(reduction.intervals[1],
            (EnergyInterval{1'950 * kMs, 2'950 * kMs, 53'000'000, 0, true}));
  reduction.ExpectTouching();
}

TEST(PowerReducerTest, AMeanOverLessThanItsReadsStandsForTheTimeBetweenThem) {
  Reduction reduction(PowerSpec(SampleKind::kPowerAverage, milliseconds(100)), milliseconds(200));
  reduction.Read(200, 50'000);
  reduction.Read(400, 60'000);
  reduction.Read(600, 60'000);

  ASSERT_EQ(reduction.intervals.size(), 2U);
  EXPECT_EQ(reduction.intervals[0], (EnergyInterval{0, 200 * kMs, 10'000'000, 0, true}));
  EXPECT_EQ(reduction.intervals[1], (EnergyInterval{200 * kMs, 400 * kMs, 12'000'000, 0, true}));
}

TEST(PowerReducerTest, BridgesAGapAndSaysSo) {
  Reduction reduction(PowerSpec(SampleKind::kPowerInstant), milliseconds(100));
  reduction.Read(100, 100'000);
  reduction.Read(1'100, 200'000);

  ASSERT_EQ(reduction.intervals.size(), 2U);
  EXPECT_EQ(reduction.intervals[0], (EnergyInterval{0, 100 * kMs, 10'000'000, 0, true}));
  EXPECT_EQ(reduction.intervals[1],
            (EnergyInterval{100 * kMs, 1'000 * kMs, 135'000'000, kFlagGap, true}));
}

TEST(PowerReducerTest, ALossOrSleepIsAHoleFromTheLastTileOn) {
  for (const bool lost : {true, false}) {
    SCOPED_TRACE(lost);
    const Flags why = lost ? kFlagChannelLost : kFlagSuspended;
    Reduction reduction(PowerSpec(SampleKind::kPowerInstant), milliseconds(100));
    reduction.Read(100, 100'000);
    reduction.Read(200, 100'000);
    if (lost) {
      reduction.Fail(500, ReadFault::kLost);
    } else {
      reduction.Read(500, 100'000, kFlagSuspended);
    }
    reduction.Read(600, 100'000);
    reduction.Read(700, 100'000);

    reduction.ExpectTouching();
    ASSERT_GE(reduction.intervals.size(), 4U);
    EXPECT_EQ(reduction.intervals[1].end_ns, 200 * kMs);
    EXPECT_TRUE(reduction.intervals[1].measured);
    EXPECT_FALSE(reduction.intervals[2].measured);
    EXPECT_EQ(reduction.intervals[2].flags & why, why);
    EXPECT_TRUE(reduction.intervals.back().measured);
  }
}

TEST(PowerReducerTest, PowerBeyondTheDeviceIsAHole) {
  Reduction reduction(PowerSpec(SampleKind::kPowerInstant), milliseconds(100));
  reduction.Read(100, 4'000'000'000'000ULL);
  reduction.Read(200, 18'446'744'073'709'551'615ULL);
  reduction.Read(300, 100'000);

  ASSERT_EQ(reduction.intervals.size(), 2U);
  EXPECT_EQ(reduction.intervals[0].flags, kFlagImplausible);
  EXPECT_FALSE(reduction.intervals[0].measured);
  EXPECT_FALSE(reduction.intervals[1].measured);
}

TEST(IntervalEnergyReducerTest, ClosesNarrowJointsAndFlagsWideOnes) {
  ChannelSpec spec = CounterSpec();
  spec.kind = SampleKind::kIntervalEnergy;
  Reduction reduction(spec, milliseconds(200));
  const auto value = [](std::uint64_t raw) {
    return ChannelValue{.raw = raw, .elapsed = milliseconds(200), .fault = ReadFault::kNone};
  };
  reduction.Add(200, value(10), 0);
  reduction.Add(410, value(20), 0);
  reduction.Add(810, value(30), 0);

  reduction.ExpectTouching();
  ASSERT_EQ(reduction.intervals.size(), 4U);
  EXPECT_EQ(reduction.intervals[0], (EnergyInterval{0, 200 * kMs, 10'000, 0, true}));
  EXPECT_EQ(reduction.intervals[1], (EnergyInterval{200 * kMs, 410 * kMs, 20'000, 0, true}));
  EXPECT_EQ(reduction.intervals[2], (EnergyInterval{410 * kMs, 610 * kMs, 0, kFlagGap, false}));
  EXPECT_EQ(reduction.intervals[3], (EnergyInterval{610 * kMs, 810 * kMs, 30'000, 0, true}));
}

TEST(ReducerTest, WhateverComesInTheIntervalsTouchAndAreNeverNegative) {
  Random random(77);
  for (int round = 0; round < 2'000; ++round) {
    ChannelSpec spec = CounterSpec({static_cast<std::int64_t>(1 + random.Below(1'000)),
                                    static_cast<std::int64_t>(1 + random.Below(1'000))});
    spec.kind = static_cast<SampleKind>(random.Below(4));
    spec.window = milliseconds(random.Below(500));
    spec.update_period = milliseconds(random.Below(200));
    spec.may_stand_still = random.Chance(0.2);
    if (random.Chance(0.5)) {
      spec.modulus = 1 + random.Below(1ULL << (1 + random.Below(60)));
    }
    Reduction reduction(spec, milliseconds(1 + random.Below(200)));
    std::int64_t at_ms = 0;
    for (int i = 0; i < 60; ++i) {
      at_ms += static_cast<std::int64_t>(random.Below(300));
      ChannelValue value;
      value.raw = random.Chance(0.1) ? random.Next64() : random.Below(1ULL << random.Below(40));
      value.elapsed = milliseconds(random.Below(300));
      value.fault = static_cast<ReadFault>(random.Chance(0.8) ? 0 : random.Below(3));
      reduction.Add(at_ms, value, random.Chance(0.05) ? kFlagSuspended : 0);
    }
    reduction.ExpectTouching();
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

}  // namespace
}  // namespace wattfleet
