#include "common/trace/replay_trace.h"

#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/trace/trace_reader.h"
#include "common/trace/trace_writer.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/common/trace/simulated_books.h"

namespace wattfleet {
namespace {

using ::testing::IsEmpty;
using testing::SimulatedLease;
using testing::SimulateLease;
using ::testing::SizeIs;

std::map<Unit, std::vector<ChannelEnergy>> EnergiesOf(const Replay& replay, std::size_t channels) {
  std::map<Unit, std::vector<ChannelEnergy>> energies;
  for (const ReplayedUnit& unit : replay.units) {
    auto& of_unit = energies[unit.unit];
    of_unit.resize(channels);
    of_unit[unit.energy.channel] = unit.energy;
  }
  return energies;
}

TEST(ReplayTraceTest, TheSameMethodGivesTheSameFiguresToTheBit) {
  std::size_t units = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    const SimulatedLease lease = SimulateLease(seed);
    WF_ASSERT_OK_AND_ASSIGN(const LeaseTrace trace, ReadTrace(lease.packed));
    WF_ASSERT_OK_AND_ASSIGN(const Replay replay, ReplayTrace(trace, ReplayMethod::kAllocV1));

    EXPECT_EQ(EnergiesOf(replay, lease.start.channels.size()), lease.energies);
    EXPECT_EQ(replay.ledger, lease.ledger);
    units += lease.energies.size();
  }
  EXPECT_GT(units, 2'000U);
}

TEST(ReplayTraceTest, LinearInterpolationMovesEnergyAndConservesIt) {
  int moved = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const SimulatedLease lease = SimulateLease(seed);
    WF_ASSERT_OK_AND_ASSIGN(const LeaseTrace trace, ReadTrace(lease.packed));
    WF_ASSERT_OK_AND_ASSIGN(const Replay replay, ReplayTrace(trace, ReplayMethod::kPresenceLinear));

    ASSERT_THAT(replay.ledger, SizeIs(lease.ledger.size()));
    for (std::size_t i = 0; i < replay.ledger.size(); ++i) {
      EXPECT_TRUE(replay.ledger[i].Balances());
      EXPECT_EQ(replay.ledger[i].baseline_uw, std::nullopt);
      moved += replay.ledger[i].idle != lease.ledger[i].idle ? 1 : 0;
    }
    for (const ReplayedUnit& unit : replay.units) {
      EXPECT_EQ(unit.energy.net, std::nullopt);
      EXPECT_NE(unit.energy.flags & kFlagIdleUnknown, 0U);
    }
  }
  EXPECT_GT(moved, 20);
}

TEST(ReplayTraceTest, AllThatALeaseStartedFromSurvivesPacking) {
  const SimulatedLease lease = SimulateLease(5);
  WF_ASSERT_OK_AND_ASSIGN(const LeaseTrace trace, ReadTrace(lease.packed));

  EXPECT_EQ(trace.ledger, lease.start.ledger);
  EXPECT_EQ(trace.opened_ns, lease.start.opened_ns);
  EXPECT_EQ(trace.opened_unix_ms, lease.start.opened_unix_ms);
  EXPECT_FALSE(trace.is_cut);
  ASSERT_THAT(trace.channels, SizeIs(lease.start.channels.size()));
  for (std::size_t i = 0; i < trace.channels.size(); ++i) {
    EXPECT_EQ(trace.channels[i].reducer, lease.start.channels[i].reducer);
    EXPECT_EQ(trace.channels[i].book, lease.start.channels[i].book);
    EXPECT_EQ(trace.channels[i].spec.name, lease.start.channels[i].spec.name);
    EXPECT_EQ(trace.channels[i].spec.unit, lease.start.channels[i].spec.unit);
  }
}

TEST(ReplayTraceTest, ATraceThatOutgrowsItsLimitIsCutAndWhatSettledBeforeIsStillRight) {
  const SimulatedLease whole = SimulateLease(9);
  const SimulatedLease cut = SimulateLease(9, 700);
  WF_ASSERT_OK_AND_ASSIGN(const LeaseTrace trace, ReadTrace(cut.packed));
  WF_ASSERT_OK_AND_ASSIGN(const Replay replay, ReplayTrace(trace, ReplayMethod::kAllocV1));

  EXPECT_TRUE(trace.is_cut);
  EXPECT_LT(cut.packed.size(), whole.packed.size());
  EXPECT_THAT(replay.ledger, IsEmpty());
  ASSERT_FALSE(replay.units.empty());
  EXPECT_LT(replay.units.size(), whole.energies.size() * 4);
  for (const ReplayedUnit& unit : replay.units) {
    EXPECT_EQ(unit.energy, whole.energies.at(unit.unit).at(unit.energy.channel));
  }
}

TEST(ReplayTraceTest, AReadingTakesFewBytes) {
  LeaseTrace start{.ledger = 1};
  start.sources = {{.poll_period = std::chrono::milliseconds(50)}};
  start.channels.resize(8);
  for (TracedChannel& channel : start.channels) {
    channel.book.ledgers = {{.ledger = 1, .opened_ns = 0}};
  }
  TraceWriter writer(start);
  Random random(1);
  constexpr int kReadings = 12'000;  // ten minutes
  for (int i = 0; i < kReadings; ++i) {
    const std::int64_t at = i * 50'000'000LL + static_cast<std::int64_t>(random.Below(100'000));
    writer.AddReading(0,
                      {.before_ns = at,
                       .after_ns = at + 90'000 + static_cast<std::int64_t>(random.Below(10'000))});
    for (std::size_t channel = 0; channel < 8; ++channel) {
      // Milli joules of some 300 W, new at every other reading.
      const auto raw = static_cast<std::uint64_t>(i / 2) * 30'000 + random.Below(600) / 600;
      writer.Add(channel, TracedValue{{.raw = raw, .fault = ReadFault::kNone}});
    }
  }
  const double bytes = static_cast<double>(writer.Pack().size()) / kReadings;
  EXPECT_LT(bytes, 24);  // for all eight channels
}

TEST(ReplayTraceTest, PowerOverTheLeaseComesFromTheReadingsAlone) {
  const SimulatedLease lease = SimulateLease(3);
  WF_ASSERT_OK_AND_ASSIGN(const LeaseTrace trace, ReadTrace(lease.packed));
  for (std::size_t channel = 0; channel < trace.channels.size(); ++channel) {
    const std::vector<EnergyInterval> intervals = IntervalsOf(trace, channel);
    ASSERT_FALSE(intervals.empty());
    for (std::size_t i = 1; i < intervals.size(); ++i) {
      EXPECT_EQ(intervals[i].start_ns, intervals[i - 1].end_ns);
    }
  }
}

TEST(ReplayTraceTest, MethodsAreFoundByName) {
  for (const ReplayMethodRow& row : ReplayMethods()) {
    EXPECT_EQ(ReplayMethodByName(row.name), row.method);
  }
  EXPECT_EQ(ReplayMethodByName("window-delta"), std::nullopt);
}

}  // namespace
}  // namespace wattfleet
